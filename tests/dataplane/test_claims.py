"""Ports of HAProxy: tried before it is started or reloaded, and told in the words of ftpair."""

import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from ftpair.core.endpoint import PortRange
from ftpair.core.errors import SetupError
from ftpair.core.messages import ListenerKey
from ftpair.core.plan import HaproxyPlan, Plan, ServicePlan, TcpServicePlan
from ftpair.dataplane.claims import Claim, demand_bindable
from ftpair.dataplane.listeners import Listeners
from tests.interop.lab.places import fresh_address

FOLDER = "/run/ftpair-of-the-tests/haproxy"
PASSIVE = PortRange(50000, 50027)


def carried(host, port=2121, passive=PASSIVE, engine="haproxy", **how):
    service = TcpServicePlan("TCP", host, passive, servers=(), explicit=port, engine=engine)
    return Plan(1, 1, (), tcp_services=(service,), haproxy=HaproxyPlan(folder=FOLDER, **how))


@contextmanager
def owner_of(name, host, port, folder, *words):
    """A process of that name, started with these words, that listens on a port."""
    program = folder / name
    program.symlink_to(sys.executable)
    script = f"import socket; s = socket.create_server(('{host}', {port})); print(flush=True); input()"
    command = [program, "-c", script, *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process.pid
        process.stdin.close()


def told(plan, running=None):
    with pytest.raises(SetupError) as caught:
        demand_bindable(plan, running)
    return caught.value.sentence


def test_an_address_that_is_not_on_this_machine_has_the_same_sentence_as_one_of_workers():
    listeners = Listeners(workers=1)
    with pytest.raises(SetupError) as of_workers:
        listeners.open([ListenerKey("TCP", "explicit", "192.0.2.1", 2121)])
    sentence = told(carried("192.0.2.1"))
    assert sentence == of_workers.value.sentence
    assert "TCP: cannot listen on 192.0.2.1:2121 (explicit): the address is not on this machine" in sentence


def test_ports_are_free_again_after_they_were_tried():
    vip = fresh_address()
    demand_bindable(carried(vip))
    for port in (2121, *PASSIVE):
        socket.create_server((vip, port)).close()


def test_only_the_haproxy_of_ftpair_is_asked_for():
    demand_bindable(carried("192.0.2.1", engine="builtin"))
    demand_bindable(carried("192.0.2.1", is_managed=False))


@pytest.mark.parametrize(
    ("port", "purpose", "other"), [(2121, "explicit", "another port"), (50013, "passive", "another range")]
)
def test_a_port_of_somebody_else_is_named_with_who_holds_it(tmp_path, port, purpose, other):
    vip = fresh_address()
    with owner_of("vsftpd", vip, port, tmp_path) as pid:
        assert told(carried(vip)) == (
            f"TCP: cannot listen on {vip}:{port} ({purpose}): the port is in use by vsftpd (process {pid}); "
            f"stop it, or choose {other}"
        )


def test_what_haproxy_holds_already_is_its_own_and_what_another_haproxy_holds_is_not(tmp_path):
    vip = fresh_address()
    own = ("-S", f"{FOLDER}/master.sock,mode,600")
    with owner_of("haproxy", vip, 50013, tmp_path, *own):
        demand_bindable(carried(vip))
        with owner_of("haproxy2", vip, 50014, tmp_path):
            assert f"{vip}:50014 (passive): the port is in use by haproxy2" in told(carried(vip))
    with owner_of("haproxy3", vip, 50013, tmp_path, "-S", "/run/other/master.sock,mode,600"):
        assert f"{vip}:50013 (passive): the port is in use by haproxy3" in told(carried(vip))


def test_a_port_that_a_connection_has_is_told_without_an_owner():
    """A range that lies among the ports of outgoing connections; HAProxy could not listen there, either."""
    vip = fresh_address()
    with socket.socket() as sock:
        sock.bind((vip, 50013))
        assert told(carried(vip)).endswith("(passive): the port is in use; stop it, or choose another range")


def test_what_workers_hold_by_the_running_plan_is_spared():
    vip = fresh_address()
    with socket.create_server((vip, 50013)), socket.create_server((vip, 2121)):
        demand_bindable(carried(vip), carried(vip, engine="builtin"))
        assert ":2121 (explicit)" in told(carried(vip), carried(vip, engine="haproxy"))
        narrow = carried(vip, passive=PortRange(50000, 50012), engine="builtin")
        assert ":50013 (passive)" in told(carried(vip), narrow)
        of_ftp_mode = Plan(1, 1, (ServicePlan("F", "0.0.0.0", PASSIVE, servers=(), explicit=2121),))
        demand_bindable(carried(vip), of_ftp_mode)


@pytest.mark.parametrize(
    ("one", "other", "is_so"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "0.0.0.0", True),
        ("0.0.0.0", "::", False),
        ("::1", "::", True),
    ],
)
def test_claims_meet_at_one_address_or_at_every_one_of_its_family(one, other, is_so):
    first, second = (Claim("S", "passive", host, PASSIVE) for host in (one, other))
    assert first.meets(second) == second.meets(first) == is_so
    assert not first.meets(Claim("S", "explicit", other, PortRange(21, 21)))
