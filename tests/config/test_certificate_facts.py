"""Tests of ftpair.config.certificate_facts."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from ftpair.config.certificate_facts import (
    _kind_of,
    chain_alone,
    facts_of,
    key_alone,
    missing_issuer,
    uncovered,
)
from ftpair.config.certificates import NotPemError
from tests.config.conftest import NOW, PEM


def test_a_chain_says_whose_it_is_and_until_when(make, ca):
    own = make("ftp.example.org", ca, days=21, names=["FTP.example.org", "*.example.net"])
    facts = facts_of(own.pem + ca.pem, NOW.timestamp() + 60)
    assert (facts.subject, facts.issuer) == ("CN=ftp.example.org", ca.certificate.subject.rfc4514_string())
    assert facts.names == ("ftp.example.org", "*.example.net")
    assert (facts.days_left, facts.key, facts.bits, facts.chain) == (20, "EC", 256, 2)
    assert facts.not_after - facts.not_before == 31 * 86400
    assert facts.fingerprint == own.certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def test_an_expired_one_has_days_below_zero(make):
    assert facts_of(make("a", days=-1).pem, NOW.timestamp()).days_left == -1


@pytest.mark.parametrize(
    ("make_of", "kind"),
    [
        ({"bits": 2048}, ("RSA", 2048)),
        ({"key": ec.generate_private_key(ec.SECP384R1())}, ("EC", 384)),
    ],
)
def test_the_kind_of_its_key_is_told(make, make_of, kind):
    facts = facts_of(make("a", **make_of).pem, NOW.timestamp())
    assert (facts.key, facts.bits, facts.names) == (*kind, ())


def test_keys_of_edwards_curves_are_told_too():
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("2001:db8::1"))])
    pem = builder.add_extension(address, critical=False).sign(key, None).public_bytes(PEM)
    facts = facts_of(pem, NOW.timestamp())
    assert (facts.key, facts.bits, facts.names) == ("Ed25519", 256, ("2001:db8::1",))


def test_a_key_of_an_unknown_kind_is_no_failure():
    class Strange:
        def public_key(self):
            raise UnsupportedAlgorithm("a curve of tomorrow")

    assert _kind_of(Strange()) == ("unknown", 0)


@pytest.mark.parametrize(
    ("host", "is_covered"),
    [
        ("ftp.example.org", True),
        ("FTP.Example.org.", True),
        ("www.example.org", False),
        ("a.example.net", True),
        ("a.b.example.net", False),
        ("example.net", False),
        (".example.net", False),
        ("192.0.2.10", True),
        ("192.0.2.11", False),
        ("2001:DB8:0::1", True),
    ],
)
def test_names_cover_hosts_as_clients_compare_them(host, is_covered):
    names = ("ftp.example.org", "*.example.net", "192.0.2.10", "2001:db8::1")
    assert list(uncovered(names, [host])) == ([] if is_covered else [host])


def test_a_chain_ends_at_itself_at_a_known_ca_or_at_somebody_unknown(make, ca):
    own = make("ftp.example.org", ca)
    assert missing_issuer(own.pem + ca.pem, b"") == ""
    assert missing_issuer(own.pem, ca.pem) == ""
    assert missing_issuer(own.pem, make("Other CA").pem) == ca.certificate.subject.rfc4514_string()
    assert missing_issuer(own.pem, make(ca.certificate.subject.rfc4514_string()[3:]).pem).startswith("CN=")
    assert missing_issuer(own.pem, b"") == missing_issuer(own.pem, b"nonsense") != ""


def test_what_stands_around_chain_and_key_is_left_behind(make, ca):
    own = make("ftp.example.org", ca)
    text = b"Bag Attributes\n" + own.key_pem() + own.pem + b"# the issuer\n" + ca.pem
    assert chain_alone(text) == own.pem + ca.pem
    assert key_alone(text) == own.key_pem()
    with pytest.raises(NotPemError):
        key_alone(own.pem)
