"""Tests of ftpair.config.binding: what is asked of data connections, and what of it makes no sense."""

import pytest

from ftpair.config.check import check
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.config.slots import Slots
from ftpair.config.steps import steps
from ftpair.core.binding import Binding, BindingRule, Bindings

FILE = """
certificates:
  files: {{certificate: tls/fullchain.pem, key: tls/privkey.pem}}
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,1025-1052
    real_servers: {{A: {{address: 10.0.0.11}}}}
    {tls}
    timeouts: {{session_timeout_s: {life_s}}}
    {lines}
"""
WHERE = "virtual_services.VIP"


@pytest.fixture
def checked(write, machine):
    """What becomes of a service with these lines."""

    def examine(lines="", tls="tls: {certificate: files}", life_s=7200):
        text = FILE.format(tls=tls, life_s=life_s, lines=lines.replace("\n", "\n    "))
        return check(write(text), 1, Slots(), machine)

    return examine


@pytest.fixture
def problems(checked):
    """The problems of a service with these lines, as people read them."""

    def found(*arguments, **more):
        with pytest.raises(InvalidConfigError) as caught:
            checked(*arguments, **more)
        return [describe(problem).partition(", ")[2] for problem in caught.value.problems]

    return found


def bindings(checked):
    return checked.plan.services[0].bindings


def warnings(checked):
    return [(problem.path, problem.sentence) for problem in checked.warnings if "ports" not in problem.path]


def test_nothing_is_asked_unless_it_is_written(checked):
    assert bindings(checked()) == Bindings()
    assert warnings(checked(life_s=0.0001)) == []


def test_a_rule_takes_from_the_service_what_it_does_not_say(checked):
    lines = """data_peer: same-network
data_session: require
data_binding:
  - {from: [10.1.0.0/16], data_session: off}
  - {from: [10.0.0.0/8], data_peer: any}"""
    assert bindings(checked(lines)) == Bindings(
        Binding("same-network", "require"),
        (
            BindingRule(("10.1.0.0/16",), Binding("same-network", "off")),
            BindingRule(("10.0.0.0/8",), Binding("any", "require")),
        ),
    )


def test_resumption_needs_tls(problems):
    lines = "data_session: prefer\ndata_binding: [{from: [10.0.0.0/8], data_session: require}]"
    remedy = "needs TLS to resume: add tls: {certificate: NAME} to the service, or write off"
    assert problems(lines, tls="") == [
        f"{WHERE}.data_session: prefer {remedy}",
        f"{WHERE}.data_binding.0.data_session: require {remedy}",
    ]


def test_resumption_needs_data_connections_that_may_be_protected(problems):
    found = problems("data_session: require", tls="tls: {certificate: files, data_protection: refuse}")
    remedy = "and data_protection: refuse forbids it: write off, or allow there"
    assert found == [f"{WHERE}.data_session: require needs TLS on data connections, {remedy}"]


def test_a_rule_that_says_nothing_is_refused(problems):
    found = problems("data_binding: [{from: [10.0.0.0/8]}]")
    assert found == [f"{WHERE}.data_binding.0: changes nothing: add data_peer or data_session to it, or remove it"]


def test_a_rule_that_can_never_count_is_refused(problems):
    wide = "{from: ['2001:db8::/32', 10.0.0.0/8], data_session: off}"
    rules = f"[{wide}, {{from: [192.0.2.0/24, 10.1.0.0/16], data_peer: any}}]"
    sentence = "10.1.0.0/16 lies in 10.0.0.0/8, of a rule before it, which counts first: put the narrower first"
    assert problems(f"data_session: require\ndata_binding: {rules}") == [f"{WHERE}.data_binding.1.from.1: {sentence}"]


def test_ports_that_anybody_may_use_are_warned_of(checked):
    sentence = "any lets whoever finds the port have the data: write data_session: require, or same-network"
    lines = "data_peer: any\ndata_binding: [{from: [10.0.0.0/8], data_peer: any, data_session: require}]"
    assert warnings(checked(lines)) == [(f"{WHERE}.data_peer", sentence)]
    lines = "data_session: require\ndata_binding: [{from: [10.0.0.0/8], data_peer: any, data_session: off}]"
    assert warnings(checked(lines)) == [(f"{WHERE}.data_binding.0", sentence)]


@pytest.mark.parametrize("life_s", [0, 7201])
def test_sessions_that_outlive_their_tickets_are_warned_of(checked, life_s):
    ((path, sentence),) = warnings(checked("data_session: require", life_s=life_s))
    assert path == f"{WHERE}.timeouts.session_timeout_s"
    assert sentence == (
        "a client can prove itself by resumption for 7200 s from its login on, then its transfers fail: "
        "write 7200 or less, so that it logs in anew"
    )


def test_a_change_is_told(checked):
    lines = "data_session: require\ndata_binding: [{from: [10.0.0.0/8, 192.0.2.0/24], data_peer: any}]"
    assert steps(checked().plan, checked(lines).plan) == (
        "VIP: data_session off -> require",
        "VIP: data_binding none -> 10.0.0.0/8, 192.0.2.0/24: any, require",
    )
    assert steps(checked().plan, checked("data_peer: same-network").plan) == (
        "VIP: data_peer same-address -> same-network",
    )
