"""A certificate chain and its key, examined before anybody works with them: do they fit, valid when, in which order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

_SOON = timedelta(days=30)
_SMALLEST_RSA = 2048
_ORDER = "write the server's own certificate first, then the issuer of each"

Remark = tuple[str, str]
"""A key of the certificate's block (`certificate`, `key`), and a sentence."""
_Read = TypeVar("_Read")


class NotPemError(ValueError):
    """What a file should hold is not in it; the message says so, and the remedy."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What is wrong with a certificate, or soon will be (`warnings`); `not_after` in seconds since the epoch."""

    not_after: float = 0.0
    problems: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()


def examine(chain_pem: bytes, key_pem: bytes, now: float) -> Examined:
    """Return what there is to say about a chain and its key; `now` is in seconds since the epoch."""
    chain, problems = _read(read_certificates, chain_pem, "certificate")
    key, more = _read(read_key, key_pem, "key")
    problems += more
    if chain is None:
        return Examined(problems=tuple(problems))
    moment = datetime.fromtimestamp(now, UTC)
    if key is not None:
        problems += _misfits(chain, key)
    problems += [("certificate", sentence) for sentence in (*_flaws(chain[0], moment), *_disorder(chain))]
    warnings = [("certificate", sentence) for sentence in _worries(chain, moment)]
    return Examined(chain[0].not_valid_after_utc.timestamp(), tuple(problems), tuple(warnings))


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates in PEM text, at least one. Raises NotPemError."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise NotPemError(_not_pem(pem, "certificate", "openssl x509 -inform der")) from None


def read_key(pem: bytes) -> PrivateKeyTypes:
    """Return the private key in PEM text. Raises NotPemError."""
    try:
        return load_pem_private_key(pem, None)
    except TypeError:
        remedy = "write it without a passphrase (openssl pkey -in KEY -out PLAIN), mode 0600"
        raise NotPemError(f"is encrypted: {remedy}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise NotPemError(_not_pem(pem, "private key", "openssl pkey -inform der")) from None


def names_of(chain_pem: bytes) -> tuple[str, ...]:
    """Return the host names that the first certificate is valid for, in small letters."""
    own = read_certificates(chain_pem)[0]
    try:
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))


def fingerprint(chain_pem: bytes) -> str:
    """Return the SHA-256 fingerprint of the first certificate (it is public): its first eight bytes."""
    return read_certificates(chain_pem)[0].fingerprint(SHA256())[:8].hex(":")


def day(seconds: float) -> str:
    """Return the day (UTC) of a moment in seconds since the epoch."""
    return _day(datetime.fromtimestamp(seconds, UTC))


def _read(reader: Callable[[bytes], _Read], pem: bytes, key: str) -> tuple[_Read | None, list[Remark]]:
    try:
        return reader(pem), []
    except NotPemError as error:
        return None, [(key, str(error))]


def _not_pem(pem: bytes, wanted: str, converter: str) -> str:
    if b"-----BEGIN" not in pem:
        return f"holds no {wanted} in PEM form: convert it ({converter} -in FILE -out FILE.pem)"
    first = pem.partition(b"-----BEGIN ")[2].partition(b"-----")[0].decode("ascii", "replace")
    return f"holds no readable {wanted} (its first block is {first[:40]}): write the path of a PEM file with one"


def _misfits(chain: list[x509.Certificate], key: PrivateKeyTypes) -> Iterator[Remark]:
    own = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    keys = [each.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for each in chain]
    if own in keys[1:]:
        yield "certificate", f"has the certificate of the key in place {keys.index(own) + 1}: {_ORDER}"
    elif own != keys[0]:
        yield "key", f"does not fit the certificate ({_subject(chain[0])}): write the key that it was made with"


def _flaws(certificate: x509.Certificate, now: datetime) -> Iterator[str]:
    if certificate.not_valid_after_utc < now:
        expired = _day(certificate.not_valid_after_utc)
        yield f"expired on {expired} ({_subject(certificate)}): renew it, then apply again"
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        yield f"has an RSA key of {key.key_size} bits, which TLS refuses: make one of {_SMALLEST_RSA} bits or more"


def _disorder(chain: list[x509.Certificate]) -> Iterator[str]:
    for place, (certificate, issuer) in enumerate(pairwise(chain), start=1):
        if not is_issued(certificate, issuer):
            yield f"is out of order: certificate {place + 1} did not issue certificate {place}: {_ORDER}"
            return


def is_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether one certificate was signed by the key of another."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _worries(chain: list[x509.Certificate], now: datetime) -> Iterator[str]:
    own, *issuers = chain
    if now <= own.not_valid_after_utc < now + _SOON:
        days = (own.not_valid_after_utc - now).days
        yield f"expires on {_day(own.not_valid_after_utc)}, in {days} {'day' if days == 1 else 'days'}: renew it"
    if own.not_valid_before_utc > now:
        yield f"is valid only from {own.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on: look at the clock of this machine"
    for issuer in issuers:
        if issuer.not_valid_after_utc < now:
            yield f"has an expired issuer ({_subject(issuer)}, {_day(issuer.not_valid_after_utc)}): renew the chain"


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or "no subject"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
