"""Certificates with subjects and other names of every kind, made when the tests run."""

import datetime
import ssl
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
SUBJECT_ALTERNATIVE_NAME = ObjectIdentifier("2.5.29.17")


def name_of(*relatives: dict[ObjectIdentifier, str]) -> x509.Name:
    """Return a subject, its widest part first."""
    parts = [[x509.NameAttribute(kind, value) for kind, value in relative.items()] for relative in relatives]
    return x509.Name([x509.RelativeDistinguishedName(part) for part in parts])


SAMPLES = (
    name_of({NameOID.COUNTRY_NAME: "DE"}, {NameOID.ORGANIZATION_NAME: "Example"}, {NameOID.COMMON_NAME: "alice"}),
    name_of({NameOID.ORGANIZATION_NAME: 'Doe, Sons + "Co" <x>; #1\\ '}, {NameOID.COMMON_NAME: "#Ännchen = 李"}),
    name_of({NameOID.COMMON_NAME: "two", NameOID.USER_ID: "u2"}, {NameOID.COMMON_NAME: " one"}),
    name_of(
        *({kind: "v"} for kind in (NameOID.SURNAME, NameOID.GIVEN_NAME, NameOID.STREET_ADDRESS, NameOID.TITLE)),
        *({kind: "v"} for kind in (NameOID.LOCALITY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.SERIAL_NUMBER)),
        *({kind: "v"} for kind in (NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.DOMAIN_COMPONENT, NameOID.PSEUDONYM)),
        *({kind: "v"} for kind in (NameOID.JURISDICTION_LOCALITY_NAME, NameOID.ORGANIZATION_IDENTIFIER)),
        {NameOID.JURISDICTION_STATE_OR_PROVINCE_NAME: "v"},
        {NameOID.JURISDICTION_COUNTRY_NAME: "DE"},
        {NameOID.EMAIL_ADDRESS: "ann@example.org"},
    ),
    name_of({NameOID.COMMON_NAME: "line\nbreak\x7f"}),
)


def upn_of(text: bytes) -> x509.OtherName:
    """Return a user principal name."""
    return x509.OtherName(UPN, b"\x0c" + bytes((len(text),)) + text)


def certificate_of(name: x509.Name, *names: x509.GeneralName, raw: bytes = b"") -> tuple[bytes, bytes]:
    """Return a certificate that is its own CA, and its key, PEM; `raw`: its other names in DER, whatever they say."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if raw:
        builder = builder.add_extension(x509.UnrecognizedExtension(SUBJECT_ALTERNATIVE_NAME, raw), critical=False)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key_pem = key.private_bytes(serialization.Encoding.PEM, *form)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), key_pem


def as_ssl_tells(pem: bytes) -> Any:
    """Return the subject of a certificate as `ssl` gives it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem.decode())
    return context.get_ca_certs()[0]["subject"]
