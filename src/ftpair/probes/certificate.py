"""The certificate that a server shows: until when, for whom, and whether that is who was wanted."""

from functools import lru_cache
from ipaddress import ip_address

from cryptography import x509

from ftpair.core.plan import ServerTls
from ftpair.core.status import ServerCertificate
from ftpair.ftp.command import printable
from ftpair.probes import words

MOST_NAMES = 16
"""How many names of a certificate are kept."""


@lru_cache(maxsize=256)
def shown(der: bytes, tls: ServerTls) -> ServerCertificate | None:
    """Return what there is to know of a certificate; None if it cannot be read.

    A name is missed only where none is verified: otherwise TLS itself has refused the certificate.
    """
    certificate = read(der)
    if certificate is None:
        return None
    names = words.names_of(der)
    is_missed = not tls.verify and tls.name and not any(covers(name, tls.name) for name in names)
    kept = tuple(printable(name.encode()) for name in names[:MOST_NAMES])
    return ServerCertificate(certificate.not_valid_after_utc.timestamp(), kept, tls.name if is_missed else "")


def read(der: bytes) -> x509.Certificate | None:
    """Read a certificate (DER); None if it is none."""
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def covers(name: str, wanted: str) -> bool:
    """Return whether a name in a certificate is that of the server that is wanted; `*.` is one label (RFC 6125)."""
    try:
        return ip_address(name) == ip_address(wanted)
    except ValueError:
        pass
    name, wanted = name.lower().rstrip("."), wanted.lower().rstrip(".")
    first, _, rest = wanted.partition(".")
    return name == wanted or bool(first and rest and name == f"*.{rest}")
