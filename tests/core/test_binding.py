"""Tests of ftpair.core.binding."""

from ftpair.core.binding import Binding, BindingRule, Bindings

STRICT, LOOSE, ANY = Binding("same-address", "require"), Binding("same-network", "prefer"), Binding("any", "require")
BINDINGS = Bindings(STRICT, (BindingRule(("10.1.0.0/16",), LOOSE), BindingRule(("10.0.0.0/8", "2001:db8::/32"), ANY)))


def test_the_first_rule_that_holds_the_client_counts():
    assert BINDINGS.of("10.1.2.3") == LOOSE
    assert BINDINGS.of("10.2.2.3") == BINDINGS.of("2001:db8::1") == ANY


def test_who_is_in_no_rule_is_bound_as_the_service_says():
    assert BINDINGS.of("192.0.2.1") == STRICT


def test_whether_anybody_must_resume_is_known():
    assert BINDINGS.may_require
    assert Bindings(rules=(BindingRule(("10.0.0.0/8",), ANY),)).may_require
    assert not Bindings().may_require
