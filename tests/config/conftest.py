"""Certificates, files and a machine for the tests of the configuration."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ftpair.config.machine import Machine
from ftpair.core.endpoint import PortRange

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 1, 15, tzinfo=UTC)
PEM = serialization.Encoding.PEM


def _names(host):
    if host in ("ftp2.example.org", "ftp1.example.org"):
        return {"ftp1.example.org": "10.0.0.11", "ftp2.example.org": "10.0.0.12"}[host]
    raise OSError(-2, "Name or service not known")


@pytest.fixture
def golden():
    return GOLDEN


@pytest.fixture
def machine():
    return Machine(
        cpus=4,
        now=NOW.timestamp(),
        descriptors=524288,
        local_ports=PortRange(32768, 60999),
        reserved_ports=(PortRange(40000, 40999),),
        resolve=_names,
        has_user=lambda name: name == "ftpair",
    )


@dataclass(frozen=True)
class Pair:
    certificate: x509.Certificate
    key: object

    @property
    def pem(self):
        return self.certificate.public_bytes(PEM)

    def key_pem(self, passphrase=None):
        form = serialization.PrivateFormat.PKCS8
        lock = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        return self.key.private_bytes(PEM, form, lock)


def issue(name, issuer=None, days=90, begin=-10, bits=None, key=None, names=()):
    """Return a certificate for a name, valid so many days from NOW, signed by `issuer` or by itself."""
    key = key or (rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(ec.SECP256R1()))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=begin))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, names))), critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def revocations(issuer, days=7, begin=-1):
    """Return the revocation list of a CA, on which nobody is, made `begin` days and good until `days` from NOW."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW + timedelta(days=min(begin, days - 1)))
        .next_update(NOW + timedelta(days=days))
    )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(PEM)


@pytest.fixture(scope="session")
def make_list():
    return revocations


@pytest.fixture(scope="session")
def make():
    return issue


@pytest.fixture(scope="session")
def ca():
    return issue("Example CA", days=3650)


@pytest.fixture(scope="session")
def leaf(ca):
    return issue("ftp.example.org", ca)


@pytest.fixture
def folder(tmp_path, ca, leaf):
    """A folder with every file that the golden configurations name."""
    for name in ("tls", "secrets"):
        (tmp_path / name).mkdir()
    (tmp_path / "tls/fullchain.pem").write_bytes(leaf.pem + ca.pem)
    (tmp_path / "tls/ca.pem").write_bytes(ca.pem)
    for name, content in (("tls/privkey.pem", leaf.key_pem()), ("secrets/probe", b"s3cret\n")):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    for file in GOLDEN.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.fixture
def write(folder):
    """Write a configuration into the folder; return its path."""

    def written(text):
        path = folder / "ftpair.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written
