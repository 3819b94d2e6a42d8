"""Tests of ftpair.config.warnings."""

from dataclasses import replace

from ftpair.config.models import Config
from ftpair.config.problems import path_of
from ftpair.config.warnings import find_warnings
from ftpair.core.endpoint import PortRange


def config(ports="21,1025-1052", weight=100, **keys):
    pool = {"A": {"address": "10.0.0.11", "weight": weight}}
    service = {"address": "192.0.2.10", "ports": ports, "real_servers": pool} | keys
    return Config.model_validate({"virtual_services": {"VIP": service}})


def said(config, machine):
    return [f"{path_of(each.where)}: {each.sentence}" for each in find_warnings(config, machine)]


def test_a_sound_configuration_has_no_warning(machine):
    assert said(config(), machine) == []
    assert said(Config(), machine) == []


def test_too_few_descriptors_are_warned_of(machine):
    (sentence,) = said(config(max_sessions=1000), replace(machine, descriptors=1024))
    assert (
        "may need 4073 open files, but is allowed 1024: raise LimitNOFILE (ulimit -n) or lower max_sessions" in sentence
    )


def test_a_passive_range_among_the_ports_of_the_kernel_is_warned_of(machine):
    (sentence,) = said(config(ports="21,50000-50099"), machine)
    assert "VIP.ports.passive: 50000-50099 overlaps net.ipv4.ip_local_port_range (32768-60999)" in sentence
    assert "set net.ipv4.ip_local_reserved_ports=50000-50099" in sentence


def test_reserved_ports_and_an_unknown_range_are_no_trouble(machine):
    assert said(config(ports="21,40000-40099"), machine) == []
    assert said(config(ports="21,50000-50099"), replace(machine, local_ports=None)) == []
    assert said(config(ports="21,40900-41000"), replace(machine, reserved_ports=(PortRange(40000, 40999),)))


def test_a_pool_in_which_nobody_gets_a_session_is_warned_of(machine):
    assert "VIP.real_servers: every weight is 0" in said(config(weight=0), machine)[0]


def test_a_further_pool_in_which_nobody_gets_a_session_is_warned_of_too(machine):
    pools = {"new": {"real_servers": {"B": {"address": "10.0.0.12", "weight": 0}}}}
    assert "VIP.pools.new.real_servers: every weight is 0" in said(config(pools=pools), machine)[0]


def test_a_network_of_everybody_that_may_send_headers_is_warned_of(machine):
    (sentence,) = said(config(proxy_protocol={"accept_from": ["10.1.0.0/24", "::/0"]}), machine)
    assert "VIP.proxy_protocol.accept_from.1: ::/0 holds everybody: whoever connects may claim any" in sentence
    assert sentence.endswith("write the networks of your proxies")


def test_a_network_of_everybody_whose_address_of_a_server_is_used_is_warned_of(machine):
    (sentence,) = said(config(server_passive_networks=["0.0.0.0/0"]), machine)
    assert "VIP.server_passive_networks.0: 0.0.0.0/0 holds everybody: a server may have data connections" in sentence
    assert sentence.endswith("write the networks of your servers")


A_AND_B = {"A": {"address": "10.0.0.11"}, "B": {"address": "10.0.0.11"}}


def test_two_servers_that_are_one_are_warned_of(machine):
    (of_ftp,) = said(config(real_servers=A_AND_B), machine)
    assert "VIP.real_servers.B.address: 10.0.0.11:21 is the address and port of A too: one server would" in of_ftp
    assert of_ftp.endswith("count as two; write another, or remove one of them")
    (of_tcp,) = said(config(mode="tcp", real_servers=A_AND_B, server_ports={"explicit": 2121}), machine)
    assert "10.0.0.11:2121 is the address and port of A too" in of_tcp


def test_servers_on_one_machine_and_a_server_of_two_pools_are_no_mistake(machine):
    apart = {"A": {"address": "10.0.0.11"}, "B": {"address": "10.0.0.11", "port": 2121}}
    assert said(config(real_servers=apart), machine) == []
    pools = {"new": {"real_servers": {"C": {"address": "10.0.0.11"}}}}
    assert said(config(pools=pools), machine) == []


def test_a_short_queue_is_warned_of(machine):
    (sentence,) = said(config(), replace(machine, somaxconn=128))
    assert sentence == (
        "virtual_services: only 128 connections may wait at a port, and 4096 are wanted for a flood: "
        "set net.core.somaxconn=4096 (sysctl)"
    )
    assert said(config(), replace(machine, somaxconn=4096)) == []


def test_a_rescue_with_nowhere_to_go_is_warned_of(machine):
    (sentence,) = said(config(rescue="sessions"), machine)
    assert "VIP.real_servers: rescue sessions finds no second server here" in sentence
    pair = {"A": {"address": "10.0.0.11"}, "B": {"address": "10.0.0.12"}}
    assert said(config(rescue="transfers", real_servers=pair), machine) == []
