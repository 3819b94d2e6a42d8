"""Tests of ftpair.config.advertising: which address clients are told, by their network."""

import re
from pathlib import Path

import pytest

from ftpair.config.check import check
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.config.slots import Slots
from ftpair.config.steps import steps
from ftpair.core.advertising import Advertised, AdvertisedRule

FILE = """
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,1025-1052
    real_servers: {{A: {{address: 10.0.0.11}}}}
    {lines}
"""
WHERE = "virtual_services.VIP.advertised_by_network"
PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.fixture
def checked(write, machine):
    """What becomes of a service with these lines."""

    def examine(lines=""):
        return check(write(FILE.format(lines=lines.replace("\n", "\n    "))), 1, Slots(), machine)

    return examine


@pytest.fixture
def problems(checked):
    """The problems of a service with these rules, as people read them."""

    def found(rules):
        with pytest.raises(InvalidConfigError) as caught:
            checked(f"advertised_by_network: {rules}")
        return [describe(problem).partition(", ")[2] for problem in caught.value.problems]

    return found


def advertised(checked):
    return checked.plan.services[0].advertised


def test_the_dialled_address_is_named_unless_another_is_written(checked):
    assert advertised(checked()) == Advertised()


def test_rules_arrive_in_the_plan_in_their_order(checked):
    lines = """advertised_address: 198.51.100.7
advertised_by_network:
  - {from: [10.1.0.0/16, "2001:db8::/32"], address: 10.1.0.5}
  - {from: [10.0.0.0/8], address: dialled}"""
    rules = (AdvertisedRule(("10.1.0.0/16", "2001:db8::/32"), "10.1.0.5"), AdvertisedRule(("10.0.0.0/8",), ""))
    assert advertised(checked(lines)) == Advertised("198.51.100.7", rules)


def test_a_rule_that_can_never_count_is_refused(problems):
    rules = "[{from: [10.0.0.0/8], address: dialled}, {from: [192.0.2.0/24, 10.1.0.0/16], address: 10.1.0.5}]"
    sentence = "10.1.0.0/16 lies in 10.0.0.0/8, of a rule before it, which counts first: put the narrower first"
    assert problems(rules) == [f"{WHERE}.1.from.1: {sentence}"]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("10.0.0", ", or dialled for the one that the client dialled"),
        ("'2001:db8::5'", "is an IPv6 address, which a reply to PASV cannot carry: write an IPv4 address"),
        ("0.0.0.0", "is no address that a client can dial: write one of this machine, or of the NAT in front of it"),
        ("224.0.0.1", "is no address that a client can dial: write one of this machine, or of the NAT in front of it"),
    ],
)
def test_only_what_a_client_can_dial_may_be_named(problems, address, sentence):
    (found,) = problems(f"[{{from: [10.0.0.0/8], address: {address}}}]")
    assert found.startswith(f"{WHERE}.0.address: ")
    assert sentence in found


def test_a_rule_names_networks_and_an_address(problems):
    assert [each.partition(":")[0] for each in problems("[{}]")] == [f"{WHERE}.0.from", f"{WHERE}.0.address"]
    (overlap,) = problems("[{from: [10.0.0.0/8, 10.1.0.0/16], address: dialled}]")
    assert "holds 10.1.0.0/16, which lies in 10.0.0.0/8" in overlap


def test_a_change_is_told(checked):
    lines = """advertised_address: 198.51.100.7
advertised_by_network:
  - {from: [10.1.0.0/16, 10.2.0.0/16], address: 10.1.0.5}
  - {from: [10.0.0.0/8], address: dialled}"""
    assert steps(checked().plan, checked(lines).plan) == (
        "VIP: advertised address none -> 198.51.100.7",
        "VIP: advertised by network none -> 10.1.0.0/16, 10.2.0.0/16: 10.1.0.5; 10.0.0.0/8: dialled",
    )


def test_the_example_of_the_page_advertises_by_network(write, machine, folder):
    examples = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (example,) = (each for each in examples if "advertised_by_network" in each)
    told = check(write(example), 1, Slots(), machine).plan.services[0].advertised
    assert (told.to("203.0.113.9"), told.to("10.9.9.9"), told.to("10.20.1.1")) == ("198.51.100.7", "", "10.20.0.5")
