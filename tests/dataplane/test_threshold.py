"""A worker that has enough turns newcomers away cheaply, in words where they can be read; all others go on."""

import contextlib
import os
import socket
import ssl
import time
from pathlib import Path

import pytest

from ftpair.core.endpoint import PortRange
from ftpair.core.facts import DataConnection, Overloaded, Refusal, SessionEnded
from ftpair.core.overload import Overload
from ftpair.core.plan import Plan, TcpServicePlan
from ftpair.dataplane.descriptors import used_up
from ftpair.dataplane.threshold import Threshold

from . import descriptors
from .raw_client import RawClient
from .stage import EXPLICIT, FILE, IMPLICIT, VIP, Stage, client_context, pool, server_plan, stage

TOO_MANY = "421 Too many sessions: try again later."
MIB = 1 << 20


def use_memory(running: Stage, available: int) -> None:
    """Let the worker find so much memory, and look."""

    def change() -> None:
        running.worker.threshold._memory = lambda: available
        running.worker.threshold.look(0.0)

    running.call(change)


def refusals(running: Stage) -> list[tuple[str, str]]:
    return [(fact.reason, fact.service) for fact in running.facts if isinstance(fact, Refusal)]


def test_short_of_memory_nobody_is_let_in_until_there_is_enough_and_who_is_here_goes_on(tmp_path: Path):
    with pool(tmp_path) as (running, _), RawClient() as here:
        here.log_in()
        use_memory(running, 10 * MIB)
        with RawClient() as newcomer:
            assert newcomer.reply() == TOO_MANY
            assert newcomer.reply() == ""
        got, _, reply = here.retrieve("RETR a.bin")
        assert (got == FILE, reply[:3]) == (True, "226")
        assert refusals(running) == [("memory", "VIP")]
        use_memory(running, 1000 * MIB)
        with RawClient() as newcomer:
            assert newcomer.reply().startswith("220 ")


def test_on_the_implicit_port_the_connection_closes_without_a_handshake(tmp_path: Path):
    with pool(tmp_path) as (running, _):
        use_memory(running, 0)
        with socket.create_connection((VIP, IMPLICIT), 10) as sock:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                client_context().wrap_socket(sock)
        assert refusals(running) == [("memory", "VIP")]
        assert not [fact for fact in running.facts if isinstance(fact, SessionEnded)]


def test_who_has_sent_something_already_can_still_read_why(tmp_path: Path):
    with pool(tmp_path) as (running, _):
        use_memory(running, 0)
        with socket.create_connection((VIP, EXPLICIT), 10) as sock:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 50000 21\r\n")
            assert sock.recv(100) == f"{TOO_MANY}\r\n".encode()


def test_tcp_mode_without_haproxy_has_the_same_threshold():
    carried = TcpServicePlan(
        "TCP", VIP, PortRange(12300, 12309), (server_plan(("127.0.0.1", 9)),), explicit=EXPLICIT, engine="builtin"
    )
    with stage(carried) as running:
        use_memory(running, 0)
        with RawClient() as client:
            assert client.reply() == TOO_MANY
        assert refusals(running) == [("memory", "TCP")]


def test_a_plan_sets_the_limits(tmp_path: Path):
    with pool(tmp_path) as (running, _):
        assert running.worker.threshold.limits == Overload()

        def change() -> None:
            running.worker.use_plan(Plan(2, 1, (), overload=Overload(memory_floor_bytes=7)), (), ())

        running.call(change)
        assert running.worker.threshold.limits.memory_floor_bytes == 7


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_log_hears_of_the_beginning_of_each_minute_and_of_the_end_with_what_was_refused():
    facts, clock, available = [], Clock(), [10 * MIB]
    threshold = Threshold(facts.append, clock, lambda: available[0])
    why = "10.0 MiB of memory are available, the floor is 64.0 MiB"
    threshold.look(0.0)
    assert facts == [Overloaded("", "memory", why, 0)]
    for _second in range(61):
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        threshold.turn_away("memory", "VIP", "explicit", ours, "192.0.2.1")
        theirs.close()
        clock.now += 1
        threshold.look(0.0)
    assert [fact for fact in facts if isinstance(fact, Overloaded)][1:] == [Overloaded("", "memory", why, 60)]
    available[0] = 1000 * MIB
    for _second in range(5):
        clock.now += 1
        threshold.look(0.0)
    assert facts[-1] == Overloaded("", "memory", why, 61, is_over=True)
    assert {sample.labels[1]: sample.value for sample in threshold.gauges(0) if sample.name == "overload"} == {
        "descriptors": 0.0,
        "memory": 0.0,
        "loop-lag": 0.0,
    }


def test_as_many_sessions_as_there_are_descriptors_for_are_a_shortage_at_once():
    facts, clock = [], Clock()
    threshold = Threshold(facts.append, clock, lambda: None)
    threshold.most_sessions = 3
    assert threshold.shortage(2) is None
    assert threshold.shortage(3) == "descriptors"
    ours, theirs = socket.socketpair()
    threshold.turn_away("descriptors", "VIP", "explicit", ours, "192.0.2.1")
    assert theirs.recv(100) == f"{TOO_MANY}\r\n".encode()
    theirs.close()
    assert [type(fact) for fact in facts] == [Overloaded, Refusal]


def test_a_worker_that_is_late_says_so():
    facts, clock = [], Clock()
    threshold = Threshold(facts.append, clock, lambda: None)
    for _look in range(3):
        threshold.look(0.9)
    assert threshold.shortage(0) == "loop-lag"
    assert [sample.value for sample in threshold.gauges(1) if sample.labels == ("1", "loop-lag")] == [1.0]


def test_the_worker_hears_its_own_lag(tmp_path: Path):
    with pool(tmp_path) as (running, _):
        busy = os.eventfd(1, os.EFD_NONBLOCK)
        running.call(lambda: running.worker.sockets.add_reader(busy, lambda: time.sleep(0.4)))
        running.wait(lambda: running.worker.lag_s > 0.3, 15)
        running.call(lambda: running.worker.sockets.remove_reader(busy))
        running.wait(lambda: running.worker.lag_s < 0.2, 15)
        os.close(busy)


# No descriptor is left.


def test_without_a_descriptor_a_port_is_refused_in_words_and_the_session_goes_on(tmp_path: Path):
    with pool(tmp_path) as (running, _), RawClient() as client:
        client.log_in()
        before = used_up["listen"]
        with descriptors.only(0):
            assert client.ask("PASV") == client.ask("EPSV") == "425 Too many connections: try again later."
        assert used_up["listen"] == before + 2  # Not once for each port of the range.
        results = [fact.result for fact in running.facts if isinstance(fact, DataConnection)]
        assert results == ["no-descriptor"] * 2
        got, _, reply = client.retrieve("RETR a.bin")
        assert (got == FILE, reply[:3]) == (True, "226")
