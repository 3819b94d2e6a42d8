"""Tests of ftpair.config.tcp_plan and of steps in TCP mode: from the file to the plan, and what a change says."""

from dataclasses import replace

import msgspec
import pytest

from ftpair.config.check import check
from ftpair.config.machine import haproxy_version
from ftpair.config.slots import Slots
from ftpair.config.steps import steps
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.errors import NotFoundError
from ftpair.core.plan import HaproxyPlan, HealthPlan, ServerPlan, ServerTls, TcpServicePlan

TEXT = """
virtual_services:
  OFF:
    address: 192.0.2.9
    ports: 21,1025-1052
    real_servers: {A: {address: 10.0.0.11}}
  VIP:
    mode: tcp
    pairing: port
    address: 192.0.2.10
    ports: 21,990,1025-1052
    server_ports: {explicit: 2121}
    advertised_address: 198.51.100.7
    public_name: ftp.example.org
    balance: source-hash
    max_sessions: 7
    longest_transfer_s: 600
    connect_timeout_s: 2
    source: balancer
    proxy_protocol: {accept_from: [10.1.0.0/24], to_control: v2}
    health: {check: login, user: probe, password_file: secrets/probe}
    server_ca: tls/ca.pem
    server_minimum_version: 1.3
    clear_text: allow
    real_servers:
      A: {address: ftp1.example.org, weight: 50, max_sessions: 3, passive: 1025-1038, proxy_protocol: {to_data: v1}}
      B: {address: 10.0.0.12, passive: 1039-1052}
"""


@pytest.fixture
def known(machine):
    return replace(machine, haproxy=lambda _program: (2, 6))


@pytest.fixture
def plan(folder, write, known):
    return check(write(TEXT), 1, Slots(), known).plan


def test_every_key_arrives_in_the_plan(plan, ca):
    tls = ServerTls("explicit", name="ftp.example.org", ca_pem=ca.pem, minimum_version="1.3")
    assert plan.tcp_services == (
        TcpServicePlan(
            name="VIP",
            address="192.0.2.10",
            passive=PortRange(1025, 1052),
            servers=(
                ServerPlan(
                    3, "VIP", "A", Endpoint("10.0.0.11", 2121), 50, 3, tls, "v2", "v1", passive=PortRange(1025, 1038)
                ),
                ServerPlan(
                    4,
                    "VIP",
                    "B",
                    Endpoint("10.0.0.12", 2121),
                    tls=tls,
                    control_header="v2",
                    passive=PortRange(1039, 1052),
                ),
            ),
            explicit=21,
            implicit=990,
            server_explicit=2121,
            server_implicit=990,
            pairing="port",
            advertised_address="198.51.100.7",
            public_name="ftp.example.org",
            balance="source-hash",
            max_sessions=7,
            slot=2,
            longest_transfer_s=600.0,
            connect_timeout_s=2.0,
            accept_from=("10.1.0.0/24",),
            health=HealthPlan("login", user="probe", password="s3cret"),
            clear_text="allow",
            minimum_version="1.3",
        ),
    )


def test_services_of_both_modes_are_found_by_name(plan):
    assert [service.name for service in plan.all_services] == ["OFF", "VIP"]
    assert plan.service("VIP") is plan.named("VIP") is plan.carried_by("haproxy")[0]
    assert plan.carried_by("builtin") == ()
    assert plan.in_ftp_mode("VIP") is None
    assert plan.in_ftp_mode("OFF") is plan.services[0]
    with pytest.raises(NotFoundError, match="there are: OFF, VIP"):
        plan.named("X")


def test_doors_and_the_ports_behind_them(plan):
    (service,) = plan.tcp_services
    assert service.doors == (("explicit", 21), ("implicit", 990))
    assert [service.server_port(entrance) for entrance, _port in service.doors] == [2121, 990]


@pytest.mark.parametrize(
    ("ports", "keys", "port", "tls"),
    [
        ("21,990,1025-1052", "", 21, "explicit"),
        ("990,1025-1052", "", 990, "implicit"),
        ("21,990,1025-1052", "server_tls: implicit", 990, "implicit"),
        ("21,990,1025-1052", "server_tls: off", 21, "off"),
        ("990,1025-1052", "server_ports: {implicit: 2990}", 2990, "implicit"),
    ],
)
def test_probes_come_as_clients_do(folder, write, known, ports, keys, port, tls):
    text = f"""
virtual_services:
  VIP:
    mode: tcp
    address: 192.0.2.10
    ports: {ports}
    real_servers: {{A: {{address: 10.0.0.11}}}}
    {keys}
"""
    (server,) = check(write(text), 1, Slots(), known).plan.tcp_services[0].servers
    assert (server.address, server.tls.mode) == (Endpoint("10.0.0.11", port), tls)
    assert server.tls.name == ("" if tls == "off" else "10.0.0.11")


def test_haproxy_keeps_its_files_in_the_runtime_folder(plan):
    assert plan.haproxy == HaproxyPlan(
        config="/run/ftpair/haproxy/haproxy.cfg",
        socket="/run/ftpair/haproxy/runtime.sock",
        folder="/run/ftpair/haproxy",
        connections=100_000,
    )


def test_an_haproxy_of_somebody_else_keeps_its_own(folder, write, known):
    text = "haproxy: {managed: false, config: /etc/h.cfg, socket: /run/h.sock, reload: systemctl reload haproxy}" + TEXT
    how = check(write(text), 1, Slots(), known).plan.haproxy
    assert (how.config, how.socket, how.is_managed, how.reload) == (
        "/etc/h.cfg",
        "/run/h.sock",
        False,
        "systemctl reload haproxy",
    )


def test_a_change_of_a_service_is_told(plan):
    (service,) = plan.tcp_services
    first, second = service.servers
    changed = msgspec.structs.replace(
        service,
        engine="builtin",
        pairing="source",
        longest_transfer_s=60.0,
        health=HealthPlan("tcp"),
        servers=(msgspec.structs.replace(first, passive=None), second),
    )
    assert steps(plan, msgspec.structs.replace(plan, tcp_services=(changed,))) == (
        "VIP: engine haproxy -> builtin",
        "VIP: pairing port -> source",
        "VIP: longest_transfer_s 600 -> 60",
        "VIP: health check login -> tcp",
        "VIP: health user probe -> none",
        "VIP: health password replaced",
        "VIP: slice of the passive range of A 1025-1038 -> none",
    )


def test_a_service_may_change_its_mode(plan):
    (service,), (tcp,) = plan.services, plan.tcp_services
    turned = msgspec.structs.replace(
        plan,
        services=(msgspec.structs.replace(service, name="VIP"),),
        tcp_services=(msgspec.structs.replace(tcp, name="OFF"),),
    )
    assert steps(plan, turned) == (
        "VIP: mode tcp -> ftp, no new sessions, running ones end by themselves",
        "OFF: mode ftp -> tcp, no new sessions, running ones end by themselves",
    )


def test_haproxy_is_asked_for_its_version(tmp_path):
    assert haproxy_version("haproxy") >= (2, 6)
    assert haproxy_version(str(tmp_path / "none")) is None
    assert haproxy_version("true") is None
