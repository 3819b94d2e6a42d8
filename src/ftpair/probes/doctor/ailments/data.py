"""Passive addresses and ports, and data connections."""

from ftpair.probes.doctor.ailment import ANOTHER_AT_VIP, Ailment

ROWS = (
    Ailment(
        "pasv-address",
        "error",
        "`PASV` is answered with another address than the VIP's",
        "Strict clients refuse (Java: `Host attempting data connection is not same as server`; basic-ftp: `PASV "
        "returned another host`), others dial past the balancer and hang at LIST.",
        "Let the server announce the VIP (`advertised_address`, if NAT stands in front) as its external address.",
        at_vip=ANOTHER_AT_VIP,
    ),
    Ailment(
        "pasv-address-private",
        "error",
        "`PASV` is answered with a private address, and the VIP is a public one",
        "FileZilla: `Server sent passive reply with unroutable address. Using server address instead.`; other clients "
        "time out at LIST.",
        "Let the server announce the VIP (`advertised_address`, if NAT stands in front) as its external address.",
        at_vip=ANOTHER_AT_VIP,
    ),
    Ailment(
        "pasv-address-unknown",
        "warning",
        "the service listens on every address, so what `PASV` must answer is not known",
        "Servers that announce the wrong address would not be found.",
        "Write `advertised_address`: the address that clients dial.",
    ),
    Ailment(
        "passive-refused",
        "error",
        "`PASV` is refused",
        "Login works, then LIST fails. `500 OOPS: vsf_sysutil_bind`, `425` and `421` here mean that no port of the "
        "server's range is free.",
        "Free the range from other programs, or widen it on server and service alike.",
        at_vip="Free the service's passive range from other programs, or widen it, then `ftpair apply`.",
    ),
    Ailment(
        "epsv-refused",
        "warning",
        "`EPSV` is refused",
        "Clients try EPSV first and lose time (curl: `Failed EPSV attempt. Disabling EPSV`); over IPv6 there is "
        "nothing else.",
        "Allow EPSV on the server.",
    ),
    Ailment(
        "passive-port-outside",
        "error",
        "a passive port lies outside of the range, or of the server's slice",
        "The balancer does not carry that port, or takes it to another server: login works, then LIST hangs (`425`, "
        "`ECONNREFUSED`, time-outs).",
        "Give the server exactly the range (or slice) that the service has for it, and restart it.",
        at_vip=ANOTHER_AT_VIP,
    ),
    Ailment(
        "passive-port-closed",
        "error",
        "nobody answers at the passive port that was told",
        "Login works, then LIST fails: FileZilla: `The data connection could not be established: ECONNREFUSED` or "
        "`ETIMEDOUT`; curl: `(28)`.",
        "Open the whole passive range in the firewalls of the server and of the balancer (`ftpair firewall SERVICE`).",
        at_vip="Let ftpair listen on the whole range (`ftpair apply`), and open it in the firewalls in front of the "
        "VIP (`ftpair firewall SERVICE`).",
    ),
    Ailment(
        "passive-range-ephemeral",
        "warning",
        "the passive range lies in the ports that this machine's kernel gives to outgoing connections",
        "Any connection of the balancer may take a port of the range: then it cannot listen there after a restart, at "
        "random.",
        "Choose other ports, or set `net.ipv4.ip_local_reserved_ports` to the range.",
    ),
    Ailment(
        "pairing-split",
        "error",
        "through the VIP, data connections do not reach the server of their session",
        "LIST hangs or fails: `425`, `Security: Bad IP connecting`, `session reuse required`, `ECONNRESET`; directly "
        "at the server it works.",
        "Let one ftpair carry control ports and passive range alike (`ftpair apply`); several nodes need `haproxy: "
        "{peers: …}` or `pairing: port`.",
    ),
    Ailment(
        "pairing-slice",
        "error",
        "through the VIP, a server names a passive port of another server's slice",
        "The data connection goes to the owner of the slice, who knows nothing of it: LIST hangs or fails with `425`.",
        "Give every server its own slice, and restart it.",
    ),
    Ailment(
        "data-peer-refused",
        "error",
        "the server refuses data connections from another address than the session's",
        "vsftpd: `425 Security: Bad IP connecting.`; IIS: `501 … Client IP on the control channel didn't match the "
        "client IP on the data channel`.",
        "Let control and data connections come to the server from one address: the same `source` and the same headers "
        "for both (`to_control`, `to_data`); or let the server bear it.",
    ),
    Ailment(
        "session-reuse-demanded",
        "note",
        "data connections that do not resume the TLS session of their control connection are refused",
        "It guards against port theft, and shuts out clients that cannot resume (Python's ftplib, .NET on Linux, Java "
        "with TLS 1.3, Go): `522 SSL connection failed; session reuse required`, `425 Unable to build data "
        "connection`, `450 TLS session of data connection has not resumed`.",
        "Nothing, if your clients can; else let the server do without.",
    ),
    Ailment(
        "data-failed",
        "error",
        "a listing fails",
        "Login works, then the client shows `Failed to retrieve directory listing`, with the server's text.",
        "Mend what the text says; the server's log has more.",
    ),
    Ailment(
        "no-close-notify",
        "warning",
        "TLS data connections end without close_notify",
        "A cut download cannot be told from a whole one. FileZilla: `GnuTLS error -110: The TLS connection was non-"
        "properly terminated`; in FTP mode ftpair cuts such downloads.",
        "Update the server. In FTP mode: `server_close_notify: ignore` for it.",
    ),
)
