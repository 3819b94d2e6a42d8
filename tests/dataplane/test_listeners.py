"""Control listeners: bound before anything changes, with one readable sentence when that fails."""

import os
import socket
import subprocess
import sys

import pytest

from ftpair.core.endpoint import PortRange
from ftpair.core.errors import SetupError
from ftpair.core.messages import ListenerKey
from ftpair.core.plan import Plan, ServicePlan
from ftpair.dataplane.listeners import Listeners, listener_keys


def free_port(host="127.0.0.1"):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def key(port, host="127.0.0.1", service="VIP", entrance="explicit"):
    return ListenerKey(service, entrance, host, port)


@pytest.fixture
def listeners():
    opened = Listeners(workers=2)
    yield opened
    opened.close()


def can_connect(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_every_entrance_of_every_service_is_a_listener():
    passive = PortRange(50000, 50027)
    both = ServicePlan("A", "127.0.0.2", passive, servers=(), explicit=21, implicit=990)
    one = ServicePlan("B", "127.0.0.3", passive, servers=(), implicit=990)
    assert listener_keys(Plan(1, 2, (both, one))) == (
        ListenerKey("A", "explicit", "127.0.0.2", 21),
        ListenerKey("A", "implicit", "127.0.0.2", 990),
        ListenerKey("B", "implicit", "127.0.0.3", 990),
    )


def test_every_worker_has_a_listener_of_its_own_for_the_same_port(listeners):
    keys = (key(free_port()), key(free_port(), entrance="implicit"))
    listeners.open(keys)
    first, second = listeners.fds(keys, 0), listeners.fds(keys, 1)
    assert len({*first, *second}) == 4
    for fds in (first, second):
        names = [socket.socket(fileno=os.dup(fd)) for fd in fds]
        assert [sock.getsockname()[1] for sock in names] == [one.port for one in keys]
        for sock in names:
            sock.close()


def test_a_listener_that_stays_keeps_its_queue_even_if_its_service_is_renamed(listeners):
    port = free_port()
    listeners.open([key(port)])
    before = listeners.fds([key(port)], 0)
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        renamed = key(port, service="NEW_VIP")
        listeners.open([renamed])
        listeners.keep([renamed])
        assert listeners.fds([renamed], 0) == before


def test_a_listener_that_is_gone_refuses_connections(listeners):
    stays, goes = free_port(), free_port()
    listeners.open([key(stays), key(goes)])
    listeners.keep([key(stays)])
    assert (can_connect(stays), can_connect(goes)) == (True, False)


def test_ipv6_and_ipv4_wildcards_do_not_collide(listeners):
    port = free_port("::")
    listeners.open([key(port, "::"), key(port, "0.0.0.0")])
    assert can_connect(port, "::1")
    assert can_connect(port, "127.0.0.1")


@pytest.mark.parametrize("reuse", [0, 1], ids=["alone", "with-reuseport"])
def test_a_port_in_use_names_the_process_that_has_it_and_changes_nothing(listeners, reuse):
    program = (
        "import socket, sys; s = socket.socket();"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(sys.argv[1]));"
        "s.bind(('127.0.0.1', 0)); s.listen(); print(s.getsockname()[1], flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(reuse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        taken, free = int(other.stdout.readline()), free_port()
        with pytest.raises(SetupError) as caught:
            listeners.open([key(free), key(taken)])
        other.stdin.close()
    assert caught.value.sentence.startswith(
        f"VIP: cannot listen on 127.0.0.1:{taken} (explicit): the port is in use by "
    )
    assert f"(process {other.pid})" in caught.value.sentence
    assert not can_connect(free)


def test_an_address_of_another_machine_is_said_to_be_one(listeners):
    with pytest.raises(SetupError, match=r"192\.0\.2\.77:\d+ \(explicit\): the address is not on this machine"):
        listeners.open([key(free_port(), "192.0.2.77")])


def test_a_low_port_without_permission_names_the_three_remedies():
    program = (
        "from ftpair.dataplane.listeners import *; from ftpair.core.errors import SetupError\n"
        "try: Listeners(1).open([ListenerKey('VIP', 'explicit', '127.0.0.9', 21)])\n"
        "except SetupError as error: print(error.sentence)"
    )
    # A network namespace of its own: the machine may allow low ports to everybody.
    command = ["unshare", "--net", "--", sys.executable, "-c", program]
    answer = subprocess.run(
        ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-all", "--", *command],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    for remedy in ("no permission for port 21", "as root", "AmbientCapabilities", "setcap"):
        assert remedy in answer.stdout, answer
