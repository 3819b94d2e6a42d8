"""Tests of ftpair.core.subjects: subjects of certificates as text, and texts that say the same."""

import subprocess

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ftpair.core.subjects import canonical, text_of
from tests.core.subjects import SAMPLES, as_ssl_tells, certificate_of

ALICE = ((("countryName", "DE"),), (("organizationName", "Example"),), (("commonName", "alice"),))


def test_the_most_specific_part_stands_first():
    assert text_of(ALICE) == "CN=alice,O=Example,C=DE"
    assert text_of(()) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Doe, Jane", r"Doe\, Jane"),
        ('a+b "c" <d>; e\\', r"a\+b \"c\" \<d\>\; e\\"),
        ("#1", r"\#1"),
        ("no #1", "no #1"),
        (" both ", r"\ both\ "),
        (" ", r"\ "),
        ("", ""),
        ("Ännchen 李", "Ännchen 李"),
        ("a\x00b\n\x7f", r"a\00b\0A\7F"),
        ("a=b", "a=b"),
    ],
)
def test_what_would_part_it_is_escaped(value, text):
    assert text_of(((("commonName", value),),)) == f"CN={text}"


@pytest.mark.parametrize("name", SAMPLES, ids=str)
def test_it_is_written_as_openssl_writes_it(name):
    pem, _key = certificate_of(name)
    words = ["openssl", "x509", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8"]
    said = subprocess.run(words, input=pem, capture_output=True, check=True).stdout.decode()
    ours = text_of(as_ssl_tells(pem))
    assert canonical(ours) == canonical(said.removeprefix("subject=").removesuffix("\n"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"CN=Doe\, Jane,O=Example", r"CN=Doe\2C Jane,O=Example"),
        (r"CN=Doe\2c Jane", r"CN=Doe\2C Jane"),
        (r"CN=M\C3\BCller", "CN=Müller"),
        (r"CN=\23 1\20", "CN=# 1 "),
        (r"CN=\# 1\ ", "CN=# 1 "),
        ('CN=a"b', r"CN=a\"b"),
        ("cn=alice,o=Example+emailaddress=a@b", "CN=alice,O=Example+emailAddress=a@b"),
    ],
)
def test_two_texts_that_say_the_same_are_one(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"CN=x\,OU=Ops", "CN=x,OU=Ops"),
        (r"CN=x\+OU=Ops", "CN=x+OU=Ops"),
        ("CN=alice", "CN=Alice"),
        ("CN=ou=Ops", "CN=OU=Ops"),
        (r"CN=\\2C", r"CN=\2C"),
        (r"CN=\FF", "CN=\u00ff"),
        ("CN=a\\", "CN=a"),
    ],
)
def test_what_says_something_else_stays_apart(one, other):
    assert canonical(one) != canonical(other)


values = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(st.lists(st.lists(st.tuples(st.sampled_from(["commonName", "title"]), values), min_size=1), min_size=1))
def test_no_value_looks_like_another_part(relatives):
    text = canonical(text_of(relatives))
    assert text.count(",") == len(relatives) - 1
    assert text.count("+") == sum(len(relative) - 1 for relative in relatives)
    assert canonical(text) == text


def test_the_libraries_agree_on_a_usual_name():
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.COMMON_NAME, "a,b")])
    assert name.rfc4514_string() == text_of(((("countryName", "DE"),), (("commonName", "a,b"),)))
