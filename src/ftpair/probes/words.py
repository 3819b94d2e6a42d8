"""What went wrong with a probe, in words that an operator can act on. Text from the server is escaped and shortened."""

import errno
import ssl
from collections.abc import Sequence

from cryptography import x509

from ftpair.ftp.command import printable
from ftpair.ftp.reply import Reply

LONGEST_REPLY_SHOWN = 120
MOST_NAMES_SHOWN = 3

# Numbers of OpenSSL's x509_vfy.h.
_MISMATCHES = frozenset({62, 63, 64})
_CERTIFICATE_WORDS = {
    9: "certificate not valid yet",
    10: "certificate expired",
    18: "certificate is self-signed and not trusted",
    19: "certificate is of a CA that is not trusted",
    20: "certificate is of an unknown CA",
    21: "certificate is of an unknown CA",
    23: "certificate revoked",
}
_TLS_WORDS = {
    "WRONG_VERSION_NUMBER": "the answer is not TLS",
    "RECORD_LAYER_FAILURE": "the answer is not TLS",
    "UNSUPPORTED_PROTOCOL": "no version of TLS in common",
    "TLSV1_ALERT_PROTOCOL_VERSION": "no version of TLS in common",
}
_UNREACHABLE = {
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network unreachable",
}


def of_error(error: OSError, awaited: str) -> str:
    """Say what an error of a connection means while the `awaited` thing had not come."""
    match error:
        case ssl.SSLCertVerificationError():
            return _CERTIFICATE_WORDS.get(error.verify_code, f"certificate refused: {error.verify_message}")
        case ssl.SSLError():
            reason = getattr(error, "reason", None) or "no reason given"
            return f"TLS failed: {_TLS_WORDS.get(reason, reason.replace('_', ' ').lower())}"
        case ConnectionRefusedError():
            return "connect refused"
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return f"connection reset, no {awaited}"
        case _:
            words = _UNREACHABLE.get(error.errno or 0, (error.strerror or "unknown error").lower())
            return f"no {awaited}: {words}"


def of_mismatch(error: ssl.SSLCertVerificationError, certificate: bytes, wanted: str) -> str | None:
    """Say for whom a certificate (DER) is, if the error is that it is not for the one who was wanted."""
    if error.verify_code not in _MISMATCHES:
        return None
    return f"certificate is for {for_whom(names_of(certificate) if certificate else [])}, not {wanted}"


def for_whom(names: Sequence[str]) -> str:
    """Show the names in a certificate, the first of many."""
    shown = ", ".join(printable(name.encode()) for name in names[:MOST_NAMES_SHOWN])
    return f"{shown or 'nobody'}{', ...' if len(names) > MOST_NAMES_SHOWN else ''}"


def names_of(certificate: bytes) -> list[str]:
    """Return the names and addresses in a certificate (DER); none if it cannot be read."""
    try:
        extensions = x509.load_der_x509_certificate(certificate).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def of_reply(reply: Reply, secret: str = "") -> str:
    """Show the first line of a reply; a secret that the server echoes is masked."""
    line = reply.raw.splitlines()[0].strip()
    if secret:
        line = line.replace(secret.encode(), b"****")
    return printable(line, LONGEST_REPLY_SHOWN)
