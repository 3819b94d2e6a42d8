"""The one certificate that every peer of the comparison shows: ECDSA P-256, self-signed."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True, slots=True)
class Pair:
    """Certificate and key as files; `both` is what HAProxy wants."""

    certificate: Path
    key: Path
    both: Path


def make_pair(folder: Path) -> Pair:
    """Write a new certificate and its key into `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate_pem = _self_signed(key).public_bytes(serialization.Encoding.PEM)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pair = Pair(folder / "certificate.pem", folder / "key.pem", folder / "both.pem")
    for path, content in (
        (pair.certificate, certificate_pem),
        (pair.key, key_pem),
        (pair.both, certificate_pem + key_pem),
    ):
        path.touch(mode=0o600)
        path.write_bytes(content)
    return pair


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
