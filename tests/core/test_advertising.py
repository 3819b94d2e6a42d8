"""Tests of ftpair.core.advertising."""

from ftpair.core.advertising import Advertised, AdvertisedRule

ADVERTISED = Advertised(
    "198.51.100.7",
    (AdvertisedRule(("10.1.0.0/16", "2001:db8::/32"), "10.1.0.5"), AdvertisedRule(("10.0.0.0/8",), "")),
)


def test_the_first_rule_that_holds_the_client_counts():
    assert ADVERTISED.to("10.1.2.3") == ADVERTISED.to("2001:db8::7") == "10.1.0.5"
    assert ADVERTISED.to("10.2.2.3") == ADVERTISED.to("::ffff:10.2.2.3") == ""


def test_who_is_in_no_rule_gets_what_the_service_says():
    assert ADVERTISED.to("192.0.2.1") == "198.51.100.7"
    assert Advertised().to("192.0.2.1") == ""
