"""Tests of ftpair.haproxy.render: every file is compared with a golden one, and HAProxy itself takes it."""

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from ftpair.core.endpoint import PortRange
from ftpair.core.plan import HaproxyPlan, HealthPlan
from ftpair.haproxy.render import Scene, render
from tests.haproxy.plans import server, service, sliced, two_servers

GOLDEN = Path(__file__).parent / "golden"
SLICED = sliced(two_servers(), PortRange(1025, 1038), PortRange(1039, 1052))
FOLDER = "/run/ftpair/haproxy"
HOW = HaproxyPlan(config=f"{FOLDER}/haproxy.cfg", socket=f"{FOLDER}/runtime.sock", folder=FOLDER)
PEERS = {"lb1": "10.0.0.1:10021", "lb2": "10.0.0.2:10021"}
HEADED = tuple(msgspec.structs.replace(each, control_header="v2", data_header="v1") for each in two_servers())
CASES = {
    "source": (HOW, (service(),), Scene()),
    "port": (HOW, (service(servers=SLICED, pairing="port", balance="round-robin"),), Scene()),
    "ipv6": (
        HOW,
        (service(address="2001:db8::10", servers=(server("A", 1, "2001:db8::11"),), source="client", implicit=None),),
        Scene(),
    ),
    "options": (
        msgspec.structs.replace(HOW, user="nobody", connections=50, node="lb1", peers=PEERS),
        (
            service(
                servers=HEADED,
                server_explicit=2121,
                balance="source-hash",
                max_sessions=100,
                longest_transfer_s=60.5,
                connect_timeout_s=0.25,
                accept_from=("10.1.0.0/24", "2001:db8:1::/48"),
            ),
        ),
        Scene(closed={("VIP", "B")}, former={"VIP": (server("OLD", 7, "10.0.0.9"),)}),
    ),
    "implicit-alone": (HOW, (service(explicit=None, server_explicit=None, balance="random-two"),), Scene()),
    "backup": (
        HOW,
        (
            service(
                servers=(
                    server("A", 1, "10.0.0.11", slow_start_s=60.0),
                    server("B", 2, "10.0.0.12", slow_start_s=60.0, is_backup=True),
                )
            ),
        ),
        Scene(),
    ),
    "unchecked": (
        HOW,
        (service(health=HealthPlan("off")), service(name="W", address="192.0.2.11", health=HealthPlan("tcp"))),
        Scene(),
    ),
}


@pytest.mark.parametrize("check", ["tls", "login", "list", "roundtrip"])
def test_haproxy_looks_no_deeper_than_the_greeting(check):
    deep, shallow = (render(HOW, (service(health=HealthPlan(each)),), Scene()) for each in (check, "banner"))
    assert deep == shallow


@pytest.mark.parametrize("name", CASES)
def test_the_file_is_as_it_was_found_right(name):
    how, services, scene = CASES[name]
    made, golden = render(how, services, scene), GOLDEN / f"{name}.cfg"
    if os.environ.get("FTPAIR_WRITE_GOLDEN"):
        golden.write_text(made)
    assert made == golden.read_text()


@pytest.mark.parametrize("name", CASES)
def test_haproxy_takes_the_file_without_a_warning_of_its_own(name, tmp_path):
    path, state = tmp_path / "haproxy.cfg", tmp_path / "servers.state"
    text = (GOLDEN / f"{name}.cfg").read_text().replace("/run/ftpair/haproxy", str(tmp_path))
    path.write_text(text)
    state.write_text("1\n")
    done = subprocess.run(["haproxy", "-c", "-f", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[WARNING]" not in done.stderr
