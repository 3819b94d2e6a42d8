"""The keys of active mode: the example of the documentation, and what is refused."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ftpair.config.check import check
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.config.slots import Slots
from ftpair.config.steps import steps
from ftpair.core.endpoint import PortRange
from ftpair.core.errors import SetupError

DOCUMENT = Path(__file__).parents[2] / "docs" / "active-mode.md"
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
PLAIN = """virtual_services:
  FTP_VIP:
    address: 192.0.2.10
    ports: {explicit: 21, passive: 1025-1052}
    real_servers:
      FTP_SVR1: {address: 10.0.0.11}
"""


@pytest.fixture
def plan(write, machine):
    """The plan of a file, on a machine with some changes."""

    def planned(text=EXAMPLE, **changes):
        return check(write(text), 1, Slots(), replace(machine, **changes)).plan

    return planned


@pytest.fixture
def refusal(plan):
    """The only problem of a file."""

    def refused(text, **changes):
        with pytest.raises(InvalidConfigError) as caught:
            plan(text, **changes)
        (problem,) = caught.value.problems
        return describe(problem)

    return refused


def test_the_example_of_the_documentation_means_what_it_says(plan):
    (service,) = plan().services
    assert service.active_source_port == 20
    assert service.server_data == "mirror"
    assert service.server_active_ports == PortRange(30000, 30999)
    assert service.server_passive_networks == ("10.0.7.0/24",)


def test_every_key_may_be_missing(plan):
    (service,) = plan(PLAIN).services
    assert service.active_source_port is None
    assert service.server_data == "mirror"
    assert service.server_active_ports is None
    assert service.server_passive_networks == ()


def test_a_low_source_port_is_a_right_that_workers_keep_and_no_other(plan):
    assert plan().capabilities == ("net_bind_service",)
    assert plan(EXAMPLE.replace("active_source_port: 20", "active_source_port: 2020")).capabilities == ()
    assert plan(PLAIN).capabilities == ()


def test_a_source_port_without_the_right_is_refused_with_the_remedy(plan):
    with pytest.raises(SetupError) as caught:
        plan(EXAMPLE, capabilities=frozenset())
    assert caught.value.sentence == (
        "line 5, virtual_services.FTP_VIP.active_source_port: needs CAP_NET_BIND_SERVICE: start ftpair as root, give it"
        " AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit (and CapabilityBoundingSet), or write"
        " a higher port"
    )


@pytest.mark.parametrize(("port", "taken"), [(21, "ports.explicit 21"), (1030, "ports.passive 1025-1052")])
def test_a_source_port_that_is_listened_on_is_refused(refusal, port, taken):
    text = EXAMPLE.replace("active_source_port: 20", f"active_source_port: {port}")
    assert refusal(text) == (
        f"line 5, virtual_services.FTP_VIP.active_source_port: {port} is a port that the service listens on ({taken}):"
        " write another, such as 20"
    )


def test_ports_towards_servers_where_clients_are_awaited_are_refused(refusal):
    assert refusal(EXAMPLE.replace("30000-30999", "1050-1100")) == (
        "line 7, virtual_services.FTP_VIP.server_active_ports: 1050-1100 overlaps ports.passive 1025-1052, where"
        " clients are awaited: write other ports"
    )


@pytest.mark.parametrize(
    ("former", "written", "problem"),
    [
        (
            "server_data: mirror",
            "server_data: both",
            "server_data: must be one of mirror, passive, active, but is 'both'",
        ),
        ("30000-30999", "30999-30000", "server_active_ports: '30999-30000' runs backwards: write 30000-30999"),
        ("10.0.7.0/24", "10.0.7.1/24", "server_passive_networks.0: '10.0.7.1/24' names a host in a network"),
    ],
)
def test_nonsense_is_refused_with_its_line(refusal, former, written, problem):
    said = refusal(EXAMPLE.replace(former, written))
    assert said.startswith("line "), said
    assert problem in said


def test_changes_are_told(plan):
    assert steps(plan(PLAIN), plan()) == (
        "FTP_VIP: active_source_port none -> 20",
        "FTP_VIP: server_active_ports none -> 30000-30999",
        "FTP_VIP: server_passive_networks none -> 10.0.7.0/24",
    )
