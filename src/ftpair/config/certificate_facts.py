"""What a certificate says of itself, and what it lacks for those who dial: shown to people, worked by by nobody."""

import math
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ftpair.config.certificates import is_issued, read_certificates, read_key
from ftpair.core.certificates import CertificateFacts

_DAY_S = 86400.0
_BITS_OF_EDWARDS = {"Ed25519": 256, "Ed448": 456}


def facts_of(chain_pem: bytes, now: float) -> CertificateFacts:
    """Return what the chain says; `now` is in seconds since the epoch. Raises NotPemError."""
    chain = read_certificates(chain_pem)
    own = chain[0]
    kind, bits = _kind_of(own)
    not_after = own.not_valid_after_utc.timestamp()
    return CertificateFacts(
        subject=own.subject.rfc4514_string(),
        issuer=own.issuer.rfc4514_string(),
        names=tuple(_names_of(own)),
        not_before=own.not_valid_before_utc.timestamp(),
        not_after=not_after,
        days_left=math.floor((not_after - now) / _DAY_S),
        fingerprint=own.fingerprint(SHA256()).hex(":").upper(),
        key=kind,
        bits=bits,
        chain=len(chain),
    )


def uncovered(names: Iterable[str], hosts: Iterable[str]) -> Iterator[str]:
    """Yield the host names and addresses that a certificate of these names is not valid for."""
    known = tuple(names)
    for host in hosts:
        if not any(_covers(name, _plain(host)) for name in known):
            yield host


def missing_issuer(chain_pem: bytes, authorities_pem: bytes) -> str:
    """Return who issued the end of a chain, if he is in neither the chain nor among these CAs; an empty text if he is.

    Raises NotPemError.
    """
    last = read_certificates(chain_pem)[-1]
    if is_issued(last, last) or any(is_issued(last, each) for each in _named(authorities_pem, last.issuer)):
        return ""
    return last.issuer.rfc4514_string() or "nobody by name"


def chain_alone(pem: bytes) -> bytes:
    """Return the certificates of PEM text, and nothing that stood around them: a key, for one. Raises NotPemError."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in read_certificates(pem))


def key_alone(pem: bytes) -> bytes:
    """Return the key of PEM text, and nothing that stood around it. Raises NotPemError."""
    return read_key(pem).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _names_of(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return
    yield from (name.lower() for name in names.get_values_for_type(x509.DNSName))
    yield from map(str, names.get_values_for_type(x509.IPAddress))


def _kind_of(certificate: x509.Certificate) -> tuple[str, int]:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "unknown", 0
    if isinstance(key, RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, EllipticCurvePublicKey):
        return "EC", key.curve.key_size
    kind = type(key).__name__.removesuffix("PublicKey").strip("_")
    return kind, _BITS_OF_EDWARDS.get(kind, 0)


def _covers(name: str, host: str) -> bool:
    """Whether a name of a certificate is the host's; `*.example.org` is every name one label longer."""
    first, _, rest = host.partition(".")
    return name == host or (name.startswith("*.") and bool(first) and name[2:] == rest)


def _plain(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower().rstrip(".")


def _named(authorities_pem: bytes, name: x509.Name) -> list[x509.Certificate]:
    try:
        known = x509.load_pem_x509_certificates(authorities_pem)
    except ValueError:  # There are none, or one that nobody can read.
        return []
    return [each for each in known if each.subject == name]
