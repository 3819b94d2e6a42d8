"""Tests of ftpair.config.proxying: headers towards servers, and who may send some."""

import re
from pathlib import Path

import pytest

from ftpair.config.check import check
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.config.slots import Slots

FILE = """
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,1025-1052
    proxy_protocol: {service}
    real_servers:
      A: {{address: 10.0.0.11}}
      B: {{address: 10.0.0.12, proxy_protocol: {server}}}
"""


OVERLAPPING = "[10.0.0.0/8, 10.1.0.0/16]"


@pytest.fixture
def service(write, machine):
    """The plan of a service with these blocks."""

    def planned(service="{}", server="{}"):
        return check(write(FILE.format(service=service, server=server)), 1, Slots(), machine).plan.services[0]

    return planned


def test_nobody_gets_or_may_send_a_header_unless_it_is_written(service):
    plan = service()
    assert plan.accept_from == ()
    assert {(each.control_header, each.data_header) for each in plan.servers} == {("off", "off")}


def test_a_server_takes_from_its_service_what_it_does_not_say(service):
    first, second = service("{to_control: v2, to_data: v1}", "{to_data: off}").servers
    assert (first.control_header, first.data_header) == ("v2", "v1")
    assert (second.control_header, second.data_header) == ("v2", "off")


def test_networks_are_kept_as_they_are_usually_written(service):
    networks = "{accept_from: [10.1.0.0/24, 192.0.2.7, '2001:DB8::/32']}"
    assert service(networks).accept_from == ("10.1.0.0/24", "192.0.2.7/32", "2001:db8::/32")


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        ("10.1.0.0/33", "is not a network: write one such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7"),
        ("10.1.0.5/24", "names a host in a network: write 10.1.0.0/24, or 10.1.0.5 for that host alone"),
    ],
)
def test_what_is_not_a_network_is_refused_with_the_remedy(service, network, sentence):
    with pytest.raises(InvalidConfigError) as caught:
        service(f"{{accept_from: [{network}]}}")
    (problem,) = caught.value.problems
    assert describe(problem) == f"line 6, virtual_services.VIP.proxy_protocol.accept_from.0: '{network}' {sentence}"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("proxy_protocol: {accept_from: NETWORKS}", "proxy_protocol.accept_from"),
        ("bans: {allow: NETWORKS}", "bans.allow"),
        ("server_passive_networks: NETWORKS", "server_passive_networks"),
    ],
)
def test_networks_that_overlap_are_refused_with_the_remedy(write, machine, key, path):
    text = FILE.format(service="{}", server="{}").replace("proxy_protocol: {}", key.replace("NETWORKS", OVERLAPPING), 1)
    with pytest.raises(InvalidConfigError) as caught:
        check(write(text), 1, Slots(), machine)
    (problem,) = caught.value.problems
    sentence = "holds 10.1.0.0/16, which lies in 10.0.0.0/8: remove one of the two"
    assert describe(problem) == f"line 6, virtual_services.VIP.{path}: {sentence}"


DOCUMENT = Path(__file__).parents[2] / "docs" / "proxy-protocol.md"
TO_SERVERS, IN_FRONT, SOURCE = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


def documented(write, machine, block):
    (service,) = check(write(block), 1, Slots(), machine).plan.services
    return service


def test_the_examples_of_the_documentation_mean_what_it_says(write, machine):
    servers = documented(write, machine, TO_SERVERS).servers
    assert [(each.control_header, each.data_header) for each in servers] == [("v2", "v2"), ("v1", "off")]
    assert documented(write, machine, IN_FRONT).accept_from == ("10.1.0.0/24", "2001:db8:1::5/128")
    assert documented(write, machine, SOURCE).source == "client"
