"""What is mirrored, and what is asked instead."""

import pytest

from ftpair.session.pairing import Pairing, is_mirrored, translated


@pytest.mark.parametrize(
    ("verb", "client_is_ipv6", "server_is_ipv6", "mirrored"),
    [
        ("PASV", False, False, True),
        ("P@SW", False, False, True),
        ("PORT", False, False, True),
        ("PASV", True, False, True),  # With an advertised IPv4 address.
        ("PASV", False, True, False),
        ("PORT", False, True, False),
        ("PASV", True, True, False),
        ("EPSV", False, False, True),
        ("EPSV", True, True, True),
        ("EPRT", True, True, True),
        ("EPSV", True, False, False),
        ("EPRT", False, True, False),
    ],
)
def test_what_says_the_same_on_both_legs_is_mirrored(verb, client_is_ipv6, server_is_ipv6, mirrored):
    families = {"is_client_ipv6": client_is_ipv6, "is_server_ipv6": server_is_ipv6}
    assert is_mirrored(verb, "mirror", **families) is mirrored
    assert not is_mirrored(verb, "passive", **families)
    assert not is_mirrored(verb, "active", **families)


@pytest.mark.parametrize(
    ("verb", "wanted", "server_is_ipv6", "questions"),
    [
        ("EPSV", "mirror", False, ("EPSV", "PASV")),
        ("EPRT", "mirror", False, ("EPRT", "PORT")),
        ("PASV", "mirror", True, ("EPSV",)),
        ("PORT", "mirror", True, ("EPRT",)),
        ("PASV", "active", False, ("EPRT", "PORT")),
        ("PORT", "passive", True, ("EPSV",)),
    ],
)
def test_what_knows_ipv6_is_asked_first(verb, wanted, server_is_ipv6, questions):
    assert translated(verb, wanted, is_server_ipv6=server_is_ipv6) == questions


def test_a_new_agreement_forgets_the_former_but_not_epsv_all():
    pairing = Pairing()
    pairing.is_ready = pairing.is_extended_only = True
    pairing.port = 1025
    pairing.begin()
    assert not pairing.is_ready
    assert pairing.port == 0
    assert pairing.is_extended_only
