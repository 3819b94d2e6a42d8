"""Tests of ftpair.config.rights and ftpair.config.sourcing."""

from dataclasses import replace

import pytest

from ftpair.config.check import check
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.config.slots import Slots
from ftpair.core.errors import SetupError

FILE = """
virtual_services:
  VIP:
    address: {address}
    ports: 21,1025-1052
    source: {source}
    real_servers: {{A: {{address: {server}}}}}
"""


@pytest.fixture
def plan(write, machine):
    """The plan of a service with that source."""

    def planned(source="client", address="192.0.2.10", server="10.0.0.11", **changes):
        path = write(FILE.format(source=source, address=address, server=server))
        return check(path, 1, Slots(), replace(machine, **changes)).plan

    return planned


@pytest.fixture
def refusal(plan):
    """The only problem of such a file."""

    def refused(*arguments, **changes):
        with pytest.raises(InvalidConfigError) as caught:
            plan(*arguments, **changes)
        (problem,) = caught.value.problems
        return describe(problem)

    return refused


def test_who_needs_no_power_keeps_none(plan):
    assert plan("balancer").capabilities == ()
    assert plan("balancer", capabilities=frozenset()).services[0].source == "balancer"


def test_the_client_as_source_needs_raw_sockets_and_no_more(plan):
    assert plan("client").capabilities == ("net_raw",)
    assert plan("client").services[0].source == "client"


def test_a_right_that_is_not_there_is_no_fault_of_the_file_and_has_a_remedy(plan):
    with pytest.raises(SetupError) as caught:
        plan(capabilities=frozenset({"net_bind_service"}))
    assert caught.value.exit_status == 1
    assert caught.value.sentence == (
        "line 6, virtual_services.VIP.source: needs CAP_NET_RAW: start ftpair as root, give it"
        " AmbientCapabilities=CAP_NET_RAW in its systemd unit (and CapabilityBoundingSet), or write source: balancer"
    )


def test_what_is_wrong_with_the_file_is_said_before_a_right_is_missed(refusal):
    assert "is IPv6" in refusal(server="'2001:db8::11'", capabilities=frozenset())


def test_a_kernel_without_transparent_sockets_is_refused_with_the_remedy(refusal):
    assert refusal(transparency="protocol not available") == (
        "line 6, virtual_services.VIP.source: cannot be had, the kernel makes no transparent sockets here"
        " (protocol not available): write source: balancer"
    )


def test_a_server_of_the_other_family_cannot_see_the_client(refusal):
    assert refusal(server="'2001:db8::11'") == (
        "line 7, virtual_services.VIP.real_servers.A.address: is IPv6 (2001:db8::11), and clients come by IPv4:"
        " with source: client both must be the same, so write an IPv4 address, or source: balancer"
    )
    assert "is IPv4 (10.0.0.11), and clients come by IPv6" in refusal(address="'2001:db8::1'")


def test_servers_of_every_pool_are_looked_at(write, machine):
    pools = "    pools: {new: {real_servers: {B: {address: '2001:db8::12'}}}}\n"
    path = write(FILE.format(source="client", address="192.0.2.10", server="10.0.0.11") + pools)
    with pytest.raises(InvalidConfigError) as caught:
        check(path, 1, Slots(), machine)
    (problem,) = caught.value.problems
    assert problem.path == "virtual_services.VIP.pools.new.real_servers.B.address"


def test_two_of_one_family_may_be_ipv6(plan):
    assert plan(address="'2001:db8::1'", server="'2001:db8::11'").capabilities == ("net_raw",)


TCP = """
haproxy: {haproxy}
virtual_services:
  VIP:
    mode: tcp
    address: 192.0.2.10
    ports: 21,1025-1052
    source: client
    real_servers: {{A: {{address: 10.0.0.11}}}}
"""
FOREIGN = "{managed: false, config: /etc/h.cfg, socket: /run/h.sock, reload: systemctl reload haproxy}"


def test_haproxy_needs_the_right_too_and_workers_keep_nothing_of_it(write, machine):
    """Without it HAProxy starts, finds its servers up, and serves nobody."""
    path, known = write(TCP.format(haproxy="{}")), replace(machine, haproxy=lambda _program: (2, 6))
    assert check(path, 1, Slots(), known).plan.capabilities == ()
    with pytest.raises(SetupError) as caught:
        check(path, 1, Slots(), replace(known, capabilities=frozenset()))
    assert "virtual_services.VIP.source: needs CAP_NET_RAW: start ftpair as root" in caught.value.sentence


def test_an_haproxy_of_somebody_else_has_rights_of_its_own(write, machine):
    path = write(TCP.format(haproxy=FOREIGN))
    known = replace(machine, haproxy=lambda _program: (2, 6), capabilities=frozenset())
    assert check(path, 1, Slots(), known).plan.tcp_services[0].source == "client"
