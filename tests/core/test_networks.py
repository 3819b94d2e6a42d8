"""Tests of ftpair.core.networks."""

from ftpair.core.networks import around, contain, lies_in


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


def test_a_network_lies_in_itself_and_in_wider_ones_of_its_kind():
    assert lies_in("10.1.0.0/16", "10.0.0.0/8")
    assert lies_in("10.0.0.0/8", "10.0.0.0/8")
    assert not lies_in("10.0.0.0/8", "10.1.0.0/16")
    assert not lies_in("::/96", "0.0.0.0/0")


def test_neighbours_share_a_network():
    assert around("192.0.2.7") == "192.0.2.0/24"
    assert around("2001:db8::1") == "2001:db8::/64"
    assert around("fe80::1%eth0") == "fe80::/64"
