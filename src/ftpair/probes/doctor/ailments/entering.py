"""Coming in: port, greeting, TLS, login, protection."""

from ftpair.probes.doctor.ailment import ANOTHER_AT_VIP, Ailment

ROWS = (
    Ailment(
        "unreachable",
        "error",
        "nobody answers at a control port",
        "Clients show `connection refused` or `connection timed out`; through the VIP the server is down and gets no "
        "session.",
        "Start the server, let it listen on this address and port, and open the port in its firewall for the balancer.",
        at_vip="Let ftpair run with this file (`systemctl status ftpair`, `ftpair apply`), let this node hold the "
        "address, and open the port in the firewalls in front of it.",
    ),
    Ailment(
        "greeting-refused",
        "error",
        "what comes first is not `220`",
        "Clients show the server's text (`421 Too many connections`) or close at once; health checks call the server "
        "down.",
        "Mend what the text says; a limit of sessions per address must allow for all that come through the balancer.",
        at_vip="`ftpair status` says whether a server is up: without one nobody is greeted. Else mend what the text "
        "says, a limit or a ban of ftpair's own.",
    ),
    Ailment(
        "auth-refused",
        "error",
        "`AUTH TLS` is refused on the explicit port",
        "Clients show `AUTH TLS` with `500`, `502`, `504` or `534`; curl: `(64) Requested SSL level failed`.",
        'Switch TLS on at the server and give it a certificate; a service without TLS has `server_tls: "off"`.',
        at_vip=ANOTHER_AT_VIP,
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
        at_vip=ANOTHER_AT_VIP,
    ),
    Ailment(
        "tls-failed",
        "error",
        "the TLS handshake of the control connection fails",
        "FileZilla: `GnuTLS error -12` or `-15`; WinSCP: `Can't establish TLS connection`; OpenSSL names the alert.",
        "Let the server offer TLS 1.2 or 1.3 with a certificate and ciphers of today.",
        at_vip=ANOTHER_AT_VIP,
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
        at_vip="ftpair's log (`journalctl -u ftpair`) says why it ended the session, and which server it was with.",
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
        "Clients would have to send files in clear text: FileZilla: `GnuTLS error -15`, others end with `521`, `534` "
        "or `536`.",
        "Allow protected data connections on the server.",
        at_vip=ANOTHER_AT_VIP,
    ),
)
