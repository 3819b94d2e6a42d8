"""Tests of ftpair.core.der: user principal names, found in any certificate and in any bytes."""

import ssl

import pytest
from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from ftpair.core.der import user_principal_names
from tests.core.subjects import SAMPLES, certificate_of, upn_of

OTHER = x509.OtherName(ObjectIdentifier("1.2.3.4"), b"\x0c\x01x")


def der_of(*names: x509.GeneralName, raw: bytes = b"") -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate_of(SAMPLES[0], *names, raw=raw)[0].decode())


def test_the_names_of_a_certificate_are_found_among_others():
    der = der_of(x509.DNSName("a.example"), upn_of(b"ann@corp.example"), OTHER, upn_of("jürgen@corp".encode()))
    assert user_principal_names(der) == ("ann@corp.example", "jürgen@corp")


def test_a_name_is_not_cut_where_c_would_cut_it():
    assert user_principal_names(der_of(upn_of(b"ann@corp\x00.evil"))) == ("ann@corp\x00.evil",)


def test_many_names_need_longer_lengths():
    names = [upn_of(b"user%d@corp.example" % number) for number in range(100)]
    assert len(user_principal_names(der_of(*names))) == 100


@pytest.mark.parametrize(
    "names",
    [
        (),
        (x509.DNSName("a.example"),),
        (OTHER,),
        (x509.OtherName(upn_of(b"").type_id, b"\x16\x01x"),),
        (upn_of(b"\xff"),),
    ],
)
def test_without_one_there_is_none(names):
    assert user_principal_names(der_of(*names)) == ()


@pytest.mark.parametrize("raw", [b"\x30\x7f\xa0", b"\x30\x02\xa0\x00", b"\x04", b"\x30\x84\xff\xff\xff\xff\xa0"])
def test_broken_names_are_none(raw):
    assert user_principal_names(der_of(raw=raw)) == ()


@given(st.binary(max_size=400))
def test_no_bytes_break_it(data):
    assert isinstance(user_principal_names(data), tuple)


def test_no_cut_and_no_changed_byte_breaks_it():
    whole = der_of(upn_of(b"ann@corp.example"))
    for at in range(len(whole)):
        user_principal_names(whole[:at])
        for change in (0x00, 0x80, 0xFF):
            user_principal_names(whole[:at] + bytes((change,)) + whole[at + 1 :])
