"""Tests of ftpair.config.certificates."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ftpair.config.certificates import day, examine, fingerprint

NOW = 1768435200.0  # 2026-01-15


def problems(chain, key, now=NOW):
    return [f"{place}: {sentence}" for place, sentence in examine(chain, key, now).problems]


def warnings(chain, key, now=NOW):
    return [sentence for _, sentence in examine(chain, key, now).warnings]


def test_a_sound_chain_has_nothing_against_it(ca, leaf):
    examined = examine(leaf.pem + ca.pem, leaf.key_pem(), NOW)
    assert (examined.problems, examined.warnings) == ((), ())
    assert day(examined.not_after) == "2026-04-15"


def test_a_self_signed_certificate_alone_is_enough(make):
    own = make("alone.example.org")
    assert problems(own.pem, own.key_pem()) == []


def test_a_key_that_does_not_fit_is_found(leaf, make):
    (sentence,) = problems(leaf.pem, make("other").key_pem())
    assert sentence == "key: does not fit the certificate (CN=ftp.example.org): write the key that it was made with"


def test_an_expired_certificate_is_a_problem(ca, make):
    old = make("old.example.org", ca, days=-1)
    (sentence,) = problems(old.pem, old.key_pem())
    assert sentence == "certificate: expired on 2026-01-14 (CN=old.example.org): renew it, then apply again"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (13, ["expires on 2026-01-28, in 13 days: renew it"]),
        (1, ["expires on 2026-01-16, in 1 day: renew it"]),
        (29, ["expires on 2026-02-13, in 29 days: renew it"]),
        (31, []),
    ],
)
def test_a_certificate_that_soon_expires_is_a_warning(ca, make, days, expected):
    soon = make("soon.example.org", ca, days=days)
    assert warnings(soon.pem, soon.key_pem()) == expected
    assert problems(soon.pem, soon.key_pem()) == []


def test_a_certificate_that_is_not_valid_yet_is_a_warning(ca, make):
    early = make("early.example.org", ca, begin=1)
    assert warnings(early.pem, early.key_pem()) == [
        "is valid only from 2026-01-16 00:00 UTC on: look at the clock of this machine"
    ]


def test_an_expired_issuer_is_a_warning(make):
    issuer = make("Old CA", days=-5)
    own = make("ftp.example.org", issuer)
    assert warnings(own.pem + issuer.pem, own.key_pem()) == [
        "has an expired issuer (CN=Old CA, 2026-01-10): renew the chain"
    ]


def test_a_chain_that_begins_with_the_issuer_is_out_of_order(ca, leaf):
    sentences = problems(ca.pem + leaf.pem, leaf.key_pem())
    assert "has the certificate of the key in place 2: write the server's own certificate first" in sentences[0]


def test_a_chain_with_a_stranger_is_out_of_order(ca, leaf, make):
    (sentence,) = problems(leaf.pem + make("Stranger").pem + ca.pem, leaf.key_pem())
    assert "is out of order: certificate 2 did not issue certificate 1" in sentence


def test_a_namesake_of_the_issuer_is_found_out_by_its_signature(leaf, make):
    assert "is out of order" in problems(leaf.pem + make("Example CA").pem, leaf.key_pem())[0]


def test_an_encrypted_key_is_told_how_to_open(leaf):
    (sentence,) = problems(leaf.pem, leaf.key_pem(b"secret"))
    assert sentence.startswith("key: is encrypted: write it without a passphrase (openssl pkey -in KEY -out PLAIN)")


def test_files_that_were_swapped_are_told_apart(leaf):
    one, other = problems(leaf.key_pem(), leaf.pem)
    assert one == (
        "certificate: holds no readable certificate (its first block is PRIVATE KEY): "
        "write the path of a PEM file with one"
    )
    assert other.startswith("key: holds no readable private key (its first block is CERTIFICATE)")


def test_der_is_told_how_to_convert(leaf):
    der = leaf.certificate.public_bytes(Encoding.DER)
    key = leaf.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    one, other = problems(der, key)
    assert "in PEM form: convert it (openssl x509 -inform der -in FILE -out FILE.pem)" in one
    assert "openssl pkey -inform der" in other


def test_a_short_rsa_key_is_a_problem_and_a_long_one_is_not(make):
    short, good = make("short", bits=1024), make("good", bits=2048)
    assert "has an RSA key of 1024 bits, which TLS refuses" in problems(short.pem, short.key_pem())[0]
    assert problems(good.pem, good.key_pem()) == []


def test_several_problems_come_at_once(ca, make):
    old = make("old", ca, days=-1)
    assert len(problems(old.pem + make("Stranger").pem, make("other").key_pem())) == 3


def test_a_fingerprint_is_that_of_the_first_certificate(ca, leaf):
    assert fingerprint(leaf.pem + ca.pem) == fingerprint(leaf.pem) != fingerprint(ca.pem)
    assert len(fingerprint(leaf.pem)) == 23
