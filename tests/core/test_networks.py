"""Tests of ftpair.core.networks."""

from ftpair.core.networks import contain


def test_an_address_is_in_a_network_or_not():
    assert contain(("10.0.0.0/8", "2001:db8::/32"), "10.255.0.1")
    assert contain(("10.0.0.0/8", "2001:db8::/32"), "2001:db8::1")
    assert not contain(("10.0.0.0/8", "2001:db8::/32"), "11.0.0.1")
    assert not contain(("10.0.0.0/8",), "2001:db8::1")


def test_no_network_holds_nobody():
    assert not contain((), "10.0.0.1")


def test_a_mapped_address_is_what_it_maps():
    assert contain(("10.0.0.0/8",), "::ffff:10.0.0.1")


def test_a_scope_does_not_matter():
    assert contain(("fe80::/10",), "fe80::1%eth0")
