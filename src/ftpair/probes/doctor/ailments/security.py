"""Certificates, versions of TLS, and clear text."""

from ftpair.probes.doctor.ailment import ANOTHER_AT_VIP, Ailment

ROWS = (
    Ailment(
        "certificate-expired",
        "error",
        "the certificate is not valid today",
        "Every client warns or refuses: curl: `(60) certificate has expired`; lftp: `Fatal error: Certificate "
        "verification: Expired`.",
        "Install a renewed certificate and restart the server, if it reads it at its start only.",
        at_vip="Renew the certificate that `tls` of the service names, then `ftpair apply`.",
    ),
    Ailment(
        "certificate-expires-soon",
        "warning",
        "the certificate expires within 30 days",
        "From that day on every client warns or refuses.",
        "Renew it.",
        at_vip="Renew the certificate that `tls` of the service names, then `ftpair apply`.",
    ),
    Ailment(
        "certificate-name",
        "error",
        "the certificate is for another name than clients dial",
        "curl: `(60) no alternative certificate subject name matches`; FileZilla and WinSCP warn; lftp: `certificate "
        "common name doesn't match`.",
        "Install a certificate that carries `public_name`, the same on every server.",
    ),
    Ailment(
        "certificate-chain",
        "error",
        "the chain of certificates leads to no trusted CA",
        "An intermediate certificate is missing, or the CA is your own. curl: `(60) unable to get local issuer "
        "certificate`; browsers hide it by fetching what is missing, FTP clients do not.",
        "Let the server send its certificate and every intermediate one; of a CA of your own tell ftpair by "
        "`server_ca`.",
        at_vip="Put every intermediate certificate behind the service's own in its file, then `ftpair apply`; a CA of "
        "your own is told by `--ca`.",
    ),
    Ailment(
        "certificate-untrusted",
        "error",
        "the certificate is self-signed, or its CA is not trusted",
        "curl: `(60) self-signed certificate`; FileZilla asks whether to trust it, programs refuse.",
        "Install a certificate of a CA that clients trust; of a CA of your own tell ftpair by `server_ca`.",
        at_vip="Give the service a certificate of a CA that clients trust, then `ftpair apply`; a CA of your own is "
        "told by `--ca`.",
    ),
    Ailment(
        "tls-version-old",
        "error",
        "TLS older than the service's oldest version is accepted",
        "An attacker can bring clients down to it; audits fail.",
        'Switch TLS 1.0 and 1.1 off at the server (and 1.2, where `server_minimum_version: "1.3"` is meant).',
        at_vip=ANOTHER_AT_VIP,
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
        at_vip=ANOTHER_AT_VIP,
    ),
    Ailment(
        "clear-text-refused",
        "warning",
        "the server refuses logins without TLS, and `clear_text: allow` is what is wanted",
        "Clients without TLS show `421`, `503`, `530`, `534` or `550` at USER.",
        "Let the server allow them, or write `clear_text: refuse`.",
        at_vip=ANOTHER_AT_VIP,
    ),
)
