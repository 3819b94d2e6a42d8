"""A certificate authority made at run time, and the certificates that it signs."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFETIME = datetime.timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key as PEM files; `both` holds the two in one file, as Pure-FTPd wants them."""

    certificate: Path
    key: Path
    both: Path


class Authority:
    """Signs certificates for addresses and names; its own certificate is in `ca`.

    With another one `above` it is an intermediate, which stands in each chain that it signs.
    """

    def __init__(self, folder: Path, above: "Authority | None" = None) -> None:
        self._folder, self._above = folder, above
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("ftpair interop intermediate" if above else "ftpair interop authority")
        signer = above or self
        certificate = _draft_authority(self._name, self._key, signer._name).sign(signer._key, hashes.SHA256())
        self.ca = folder / ("intermediate.pem" if above else "ca.pem")
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, label: str, *hosts: str, lasts: datetime.timedelta = _LIFETIME) -> Identity:
        """Sign a certificate that carries these IP addresses and names; a negative time: it has expired already."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _draft(_name(label), self._name, key, lasts)
            .add_extension(x509.SubjectAlternativeName([_subject(host) for host in hosts]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return self._write(label, certificate, key)

    def revoke(
        self, *revoked: "Identity | Authority", label: str = "revoked", next_update: datetime.timedelta = _LIFETIME
    ) -> Path:
        """Write the list of certificates that are revoked, perhaps none; a negative time: it has expired already."""
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(now - datetime.timedelta(days=30))
            .next_update(now + next_update)
        )
        for each in revoked:
            file = each.ca if isinstance(each, Authority) else each.certificate
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now)
            builder = builder.add_revoked_certificate(entry.build())
        path = self._folder / f"{label}.crl"
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    def _write(self, label: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Identity:
        identity = Identity(*(self._folder / f"{label}{suffix}" for suffix in (".crt", ".key", ".pem")))
        certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
        if self._above:
            certificate_pem += self.ca.read_bytes()
        key_pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        identity.certificate.write_bytes(certificate_pem)
        for path, pem in ((identity.key, key_pem), (identity.both, key_pem + certificate_pem)):
            path.touch(mode=0o600)
            path.write_bytes(pem)
        return identity


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _subject(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, lasts: datetime.timedelta = _LIFETIME
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + min(lasts, datetime.timedelta()) - datetime.timedelta(hours=1))
        .not_valid_after(now + lasts)
    )


def _draft_authority(name: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _draft(name, issuer, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
