"""Every finding that the doctor knows: its id, how bad it is, what clients make of it, and what helps. A table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Ailment:
    """One thing that can be wrong."""

    id: str
    severity: Severity
    means: str
    """What is wrong, in general."""
    why: str
    """What comes of it, with the texts that clients show."""
    remedy: str
    """What helps, whatever make the server is."""


_ROWS = (
    Ailment(
        "unreachable",
        "error",
        "nobody answers at a control port",
        "Clients show `connection refused` or `connection timed out`; through the VIP the server is down and gets "
        "no session.",
        "Start the server, let it listen on this address and port, and open the port in its firewall for the balancer.",
    ),
    Ailment(
        "greeting-refused",
        "error",
        "what comes first is not `220`",
        "Clients show the server's text (`421 Too many connections`) or close at once; health checks call the "
        "server down.",
        "Mend what the text says; a limit of sessions per address must allow for all that come through the balancer.",
    ),
    Ailment(
        "auth-refused",
        "error",
        "`AUTH TLS` is refused on the explicit port",
        "Clients show `AUTH TLS` with `500`, `502`, `504` or `534`; curl: `(64) Requested SSL level failed`.",
        'Switch TLS on at the server and give it a certificate; a service without TLS has `server_tls: "off"`.',
    ),
    Ailment(
        "iis-no-certificate",
        "error",
        "IIS answers `AUTH TLS` by `534 Local policy on server does not allow TLS secure connections`",
        "No client can start TLS: the FTP site has no certificate, or its SSL policy is empty.",
        "Choose a certificate in FTP SSL Settings of the site (`serverCertHash`) and set the policy to Require SSL.",
    ),
    Ailment(
        "implicit-clear",
        "error",
        "the implicit port speaks clear text",
        "TLS must come first there. FileZilla: `GnuTLS error -15: An unexpected TLS packet was received`; OpenSSL: "
        "`wrong version number`.",
        "Switch implicit TLS on for that port, or lead clients to the explicit one.",
    ),
    Ailment(
        "tls-failed",
        "error",
        "the TLS handshake of the control connection fails",
        "FileZilla: `GnuTLS error -12` or `-15`; WinSCP: `Can't establish TLS connection`; OpenSSL names the alert.",
        "Let the server offer TLS 1.2 or 1.3 with a certificate and ciphers of today.",
    ),
    Ailment(
        "login-refused",
        "error",
        "the login is refused",
        "Clients show `530`; curl: `(67) Access denied`. The doctor tries no second time, as refused logins get "
        "addresses banned.",
        "Check user and password (`health.user`, or `--user` and `--password-file`), that the user exists on every "
        "server, and its home.",
    ),
    Ailment(
        "session-lost",
        "error",
        "the control connection ends in the middle of a session",
        "Clients show `connection closed by server` or `421`, and log in again and again.",
        "The server's log says why it ended the session.",
    ),
    Ailment(
        "directory-refused",
        "error",
        "the directory of `--directory` cannot be entered",
        "Clients that begin in that directory show `550`.",
        "Name a directory that the user may enter on every server.",
    ),
    Ailment(
        "prot-refused",
        "error",
        "`PBSZ 0` or `PROT P` is refused",
        "Clients would have to send files in clear text: FileZilla: `GnuTLS error -15`, others end with `521`, "
        "`534` or `536`.",
        "Allow protected data connections on the server.",
    ),
    Ailment(
        "certificate-expired",
        "error",
        "the certificate is not valid today",
        "Every client warns or refuses: curl: `(60) certificate has expired`; lftp: `Fatal error: Certificate "
        "verification: Expired`.",
        "Install a renewed certificate and restart the server, if it reads it at its start only.",
    ),
    Ailment(
        "certificate-expires-soon",
        "warning",
        "the certificate expires within 30 days",
        "From that day on every client warns or refuses.",
        "Renew it.",
    ),
    Ailment(
        "certificate-name",
        "error",
        "the certificate is for another name than clients dial",
        "curl: `(60) no alternative certificate subject name matches`; FileZilla and WinSCP warn; lftp: "
        "`certificate common name doesn't match`.",
        "Install a certificate that carries `public_name`, the same on every server.",
    ),
    Ailment(
        "certificate-chain",
        "error",
        "the chain of certificates leads to no trusted CA",
        "An intermediate certificate is missing, or the CA is your own. curl: `(60) unable to get local issuer "
        "certificate`; "
        "browsers hide it by fetching what is missing, FTP clients do not.",
        "Let the server send its certificate and every intermediate one; of a CA of your own tell ftpair by "
        "`server_ca` (the VIP in FTP mode: `--ca`).",
    ),
    Ailment(
        "certificate-untrusted",
        "error",
        "the certificate is self-signed, or its CA is not trusted",
        "curl: `(60) self-signed certificate`; FileZilla asks whether to trust it, programs refuse.",
        "Install a certificate of a CA that clients trust; of a CA of your own tell ftpair by `server_ca` (the VIP "
        "in FTP mode: `--ca`).",
    ),
    Ailment(
        "tls-version-old",
        "error",
        "TLS older than the service's oldest version is accepted",
        "An attacker can bring clients down to it; audits fail.",
        'Switch TLS 1.0 and 1.1 off at the server (and 1.2, where `server_minimum_version: "1.3"` is meant).',
    ),
    Ailment(
        "tls-versions-differ",
        "warning",
        "the servers speak different versions of TLS",
        "A client that works with one server fails, or resumes no session, with the next.",
        "Give all servers the same versions.",
    ),
    Ailment(
        "clear-text-allowed",
        "error",
        "the server takes logins without TLS, and `clear_text: refuse` is what is wanted",
        "Passwords and files of clients that forget TLS travel readably. ftpair cannot refuse it in TCP mode.",
        "Let the server require TLS on control and data connections; or write `clear_text: allow`.",
    ),
    Ailment(
        "clear-text-refused",
        "warning",
        "the server refuses logins without TLS, and `clear_text: allow` is what is wanted",
        "Clients without TLS show `421`, `503`, `530`, `534` or `550` at USER.",
        "Let the server allow them, or write `clear_text: refuse`.",
    ),
    Ailment(
        "pasv-address",
        "error",
        "`PASV` is answered with another address than the VIP's",
        "Strict clients refuse (Java: `Host attempting data connection is not same as server`; basic-ftp: `PASV "
        "returned another host`), "
        "others dial past the balancer and hang at LIST.",
        "Let the server announce the VIP (`advertised_address`, if NAT stands in front) as its external address.",
    ),
    Ailment(
        "pasv-address-private",
        "error",
        "`PASV` is answered with a private address, and the VIP is a public one",
        "FileZilla: `Server sent passive reply with unroutable address. Using server address instead.`; other "
        "clients time out at LIST.",
        "Let the server announce the VIP (`advertised_address`, if NAT stands in front) as its external address.",
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
        "The balancer does not carry that port, or takes it to another server: login works, then LIST hangs "
        "(`425`, `ECONNREFUSED`, time-outs).",
        "Give the server exactly the range (or slice) that the service has for it, and restart it.",
    ),
    Ailment(
        "passive-port-closed",
        "error",
        "nobody answers at the passive port that was told",
        "Login works, then LIST fails: FileZilla: `The data connection could not be established: ECONNREFUSED` or "
        "`ETIMEDOUT`; curl: `(28)`.",
        "Open the whole passive range in the firewalls of the server and of the balancer (`ftpair firewall SERVICE`).",
    ),
    Ailment(
        "passive-range-ephemeral",
        "warning",
        "the passive range lies in the ports that this machine's kernel gives to outgoing connections",
        "Any connection of the balancer may take a port of the range: then it cannot listen there after a restart, "
        "at random.",
        "Choose other ports, or set `net.ipv4.ip_local_reserved_ports` to the range.",
    ),
    Ailment(
        "pairing-split",
        "error",
        "through the VIP, data connections do not reach the server of their session",
        "LIST hangs or fails: `425`, `Security: Bad IP connecting`, `session reuse required`, `ECONNRESET`; "
        "directly at the server it works.",
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
        "Let control and data connections come to the server from one address: the same `source` and the same "
        "headers for both "
        "(`to_control`, `to_data`); or let the server bear it.",
    ),
    Ailment(
        "session-reuse-demanded",
        "warning",
        "data connections that do not resume the TLS session of their control connection are refused",
        "It guards against port theft, and shuts out clients that cannot resume (Python's ftplib, .NET on Linux, "
        "Java with TLS 1.3, Go): "
        "`522 SSL connection failed; session reuse required`, `425 Unable to build data connection`, `450 TLS "
        "session of data connection has not resumed`.",
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
        "A cut download cannot be told from a whole one. FileZilla: `GnuTLS error -110: The TLS connection was "
        "non-properly terminated`; "
        "in FTP mode ftpair cuts such downloads.",
        "Update the server. In FTP mode: `server_close_notify: ignore` for it.",
    ),
    Ailment(
        "idle-timeout",
        "warning",
        "the server says that it ends idle sessions sooner than `longest_transfer_s`",
        "`421 Timeout`: most servers let that clock stand still while data move, but a client that pauses is "
        "thrown out, though ftpair would keep it.",
        "Raise the server's idle time-out, or lower `longest_transfer_s` to what is meant.",
    ),
    Ailment(
        "idle-lost",
        "error",
        "an idle control connection was gone sooner than `longest_transfer_s`",
        "After a long transfer the `226` never comes: `421 No transfer timeout`, `Server sent FIN packet "
        "unexpectedly`, `Timed out`.",
        "Find who ended it: if it is lost through the VIP only, a firewall or the balancer; else the server's idle "
        "time-out.",
    ),
    Ailment(
        "write-failed",
        "error",
        "the probe file could not be stored, read back and deleted (`--write`)",
        "Uploads of that user fail in the same way: `550`, `553`, `552`, `426`.",
        "Let the user write there, or name another place by `--directory`.",
    ),
    Ailment(
        "clock-skew",
        "warning",
        "a file that was stored just now has another time (`--write`)",
        "Clients that synchronise by time (lftp mirror, WinSCP, rclone) copy everything again, or nothing. MDTM "
        "speaks of UTC (RFC 3659).",
        "Set the server's clock (NTP), and let MDTM tell UTC.",
    ),
    Ailment(
        "files-differ",
        "error",
        "a file of `--file` is not the same on every server",
        "A client sees it or not, old or new, by the server that it got.",
        "Let the servers share their files, or synchronise them.",
    ),
    Ailment(
        "features-differ",
        "warning",
        "the servers' answers to FEAT differ",
        "What a client has learned at one server fails at the next: `500 Unknown command`.",
        "Give all servers the same version, modules and settings.",
    ),
)
AILMENTS = {row.id: row for row in _ROWS}


def table() -> Iterator[str]:
    """Yield the lines of the table of the documentation."""
    yield "| id | | what is wrong | what comes of it | what helps |"
    yield "|---|---|---|---|---|"
    for row in AILMENTS.values():
        yield f"| `{row.id}` | {row.severity} | {row.means} | {row.why} | {row.remedy} |"
