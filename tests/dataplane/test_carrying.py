"""Services in TCP mode that a worker carries itself: who is where, and that nobody else's server is ever reached."""

import contextlib
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftpair.core.columns import BYTES_DOWN, BYTES_UP, PLACES, SESSIONS, TRANSFERS
from ftpair.core.endpoint import PortRange
from ftpair.core.facts import DataConnection, Refusal, ServerFailed, SessionEnded
from ftpair.core.plan import TcpServicePlan
from ftpair.core.status import Admin, Health, ServerState
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.shared_table import SharedTable, create_table_fd
from tests.haproxy.greeter import CONTROL, DATA, Caller, Greeter
from tests.haproxy.plans import server, service, sliced
from tests.interop.lab.places import fresh_address

from .stage import Stage, stage

USUAL: dict[str, Any] = {
    "passive": PortRange(DATA, DATA + 3),
    "explicit": CONTROL,
    "implicit": None,
    "server_explicit": CONTROL,
    "server_implicit": None,
    "balance": "round-robin",
    "longest_transfer_s": 60.0,
    "engine": "builtin",
}


class World:
    """A worker that carries one service before two servers."""

    def __init__(self, greeters: dict[str, Greeter]) -> None:
        self.vip = fresh_address()
        self.greeters = greeters
        self.servers = tuple(
            server(each.name, slot, each.host, CONTROL) for slot, each in enumerate(greeters.values(), 1)
        )
        self.stage: Stage

    def service(self, **more: Any) -> TcpServicePlan:
        """Return the service."""
        return service(**({"address": self.vip, "servers": self.servers} | USUAL | more))

    @contextlib.contextmanager
    def carried(self, **more: Any) -> Iterator[Stage]:
        """Carry it for the length of a block."""
        with stage() as self.stage:
            table = SharedTable(create_table_fd("test", 64), b"salt")
            self.stage.call(lambda: setattr(self.stage.worker, "bonds", Bonds(table)))
            self.use(**more)
            yield self.stage

    def use(self, **more: Any) -> None:
        """Work by the service as it is now."""
        self.stage.call(lambda: self.stage.use(self.service(**more)))

    def states(self, **states: ServerState) -> None:
        """Tell the worker the states of servers by their names."""
        slots = {each.slot: states[each.name] for each in self.servers if each.name in states}
        self.stage.call(lambda: self.stage.worker.use_states(slots))

    def call(self, port: int = CONTROL, source: str = "") -> Caller:
        """Return a client that has connected."""
        return Caller(self.vip, port, source)

    def slot(self, name: str) -> int:
        """Return the row of a server."""
        return next(each.slot for each in self.servers if each.name == name)

    def others(self, name: str) -> set[str]:
        """Return the servers but one."""
        return {each.name for each in self.servers} - {name}


@pytest.fixture
def world() -> Iterator[World]:
    greeters = {name: Greeter(name, fresh_address()) for name in ("A", "B")}
    yield World(greeters)
    for each in greeters.values():
        each.close()


def is_refused(connect: Callable[[], Caller]) -> bool:
    """Whether a connection is reset or closed without a word."""
    with contextlib.suppress(ConnectionResetError):
        return connect().server == ""
    return True


def test_sessions_are_spread_and_data_follows_its_session(world: World):
    with world.carried():
        first, second = world.call(source="127.0.0.2"), world.call(source="127.0.0.3")
        assert {first.server, second.server} == {"A", "B"}
        for source, control in (("127.0.0.2", first), ("127.0.0.3", second)):
            assert {world.call(DATA, source).server for _ in range(4)} == {control.server}
            assert world.call(source=source).server == control.server, "one address, one server"


def test_data_of_somebody_without_a_session_reaches_no_server(world: World):
    with world.carried() as running:
        assert is_refused(lambda: world.call(DATA, "127.0.0.9"))
        assert [fact.result for fact in running.facts_of(DataConnection)] == ["stray"]


def test_with_pairing_by_port_the_port_names_the_server(world: World):
    servers = sliced(world.servers, PortRange(DATA, DATA), PortRange(DATA + 1, DATA + 3))
    with world.carried(servers=servers, pairing="port"):
        assert Counter(world.call().server for _ in range(4)) == {"A": 2, "B": 2}
        assert world.call(DATA, "127.0.0.77").server == "A"
        with pytest.raises(ConnectionResetError):  # The port is B's, where nobody listens: A is never asked.
            world.call(DATA + 1)


def test_what_moves_is_counted_listed_and_logged(world: World):
    with world.carried() as running:
        control = world.call(source="127.0.0.2")
        data = world.call(DATA, "127.0.0.2")
        assert data.echoes()
        slot = world.slot(control.server)
        counts = running.counts
        assert (counts.sessions(0), counts.places(0), counts.sessions(slot), counts.transfers(slot)) == (1, 1, 1, 1)
        (session,) = running.sessions()
        assert (session.server, session.client) == (control.server, "{}:{}".format(*control.sock.getsockname()))
        (transfer,) = running.call(lambda: running.worker.sessions(0).transfers)
        assert (transfer.server, transfer.bytes) == (control.server, len("220 A\r\n") + 2)
        data.close()
        control.close()
        running.wait(lambda: not running.sessions())
        running.wait(lambda: not counts.transfers(slot))
        (ended,) = running.facts_of(SessionEnded)
        assert (ended.service, ended.server, ended.ended, ended.bytes_down) == ("VIP", control.server, "ended", 7)
        assert (counts.total(slot, BYTES_UP), counts.total(slot, BYTES_DOWN)) == (1, 15)
        assert [counts.total(row, column) for row in (0, slot) for column in (SESSIONS, TRANSFERS, PLACES)] == [0] * 6
        running.wait(running.is_at_rest)


def test_a_drained_server_keeps_its_clients_and_gets_no_other(world: World):
    with world.carried():
        old, gone = world.call(source="127.0.0.2"), world.call(source="127.0.0.4")
        third = world.call(source="127.0.0.6")
        assert third.server == old.server
        third.close()
        world.stage.wait(lambda: len(world.stage.sessions()) == 2)
        world.states(**{old.server: ServerState(admin=Admin.DRAIN, health=Health.UP)})
        assert {world.call(source=f"127.0.0.{number}").server for number in range(10, 16)} == world.others(old.server)
        assert world.call(source="127.0.0.6").server != old.server, "its session is over"
        assert old.echoes()
        assert gone.echoes()
        assert world.call(DATA, "127.0.0.2").server == old.server
        assert world.call(source="127.0.0.2").server == old.server, "one address, one server"


def test_a_halted_server_loses_its_sessions(world: World):
    with world.carried() as running:
        old, data = world.call(source="127.0.0.2"), None
        data = world.call(DATA, "127.0.0.2")
        slot = world.slot(old.server)
        world.states(**{old.server: ServerState(admin=Admin.HALT, health=Health.UP)})
        assert running.call(lambda: running.worker.end_sessions("halted", "", slot)).ended == 1
        assert not old.echoes()
        assert not data.echoes()
        assert world.call(source="127.0.0.2").server != old.server
        assert running.facts_of(SessionEnded)[0].ended == "halted"


def test_one_session_can_be_ended_by_its_name(world: World):
    with world.carried() as running:
        one, other = world.call(source="127.0.0.2"), world.call(source="127.0.0.3")
        name = next(row.id for row in running.sessions() if row.client.startswith("127.0.0.2:"))
        assert running.call(lambda: running.worker.end_sessions("ended", name, -1)).ended == 1
        assert not one.echoes()
        assert other.echoes()


def test_a_server_that_is_down_or_refuses_is_passed_over_before_the_client_notices(world: World):
    with world.carried() as running:
        world.greeters["A"].close()
        assert {world.call(source=f"127.0.0.{number}").server for number in range(20, 24)} == {"B"}
        failed = running.facts_of(ServerFailed)
        assert {(fact.server, fact.reason) for fact in failed} == {("A", "connect refused")}
        world.states(A=ServerState(health=Health.DOWN))
        count = len(running.facts_of(ServerFailed))
        assert {world.call(source=f"127.0.0.{number}").server for number in range(30, 34)} == {"B"}
        assert len(running.facts_of(ServerFailed)) == count


def test_where_nobody_can_serve_a_client_is_told_so(world: World):
    with world.carried() as running:
        for each in world.greeters.values():
            each.close()
        with socket.create_connection((world.vip, CONTROL), timeout=10) as sock:
            assert sock.recv(100) == b"421 Service not available: no server could be reached.\r\n"
        assert running.facts_of(SessionEnded)[0].ended.startswith("no server: ")
        running.wait(running.is_at_rest)


def test_who_is_beyond_the_limit_is_told_so_and_a_place_comes_free(world: World):
    with world.carried(max_sessions=2) as running:
        first, _second = world.call(), world.call()
        with socket.create_connection((world.vip, CONTROL), timeout=10) as sock:
            assert sock.recv(100) == b"421 Too many sessions: try again later.\r\n"
        assert [fact.reason for fact in running.facts_of(Refusal)] == ["max-sessions"]
        first.close()
        running.wait(lambda: len(running.sessions()) == 1)
        assert world.call().server


def test_an_apply_ends_no_session_and_a_removed_server_keeps_its_data(world: World):
    with world.carried():
        old = world.call(source="127.0.0.2")
        data = world.call(DATA, "127.0.0.2")
        left = tuple(each for each in world.servers if each.name != old.server)
        world.use(servers=left)
        assert old.echoes()
        assert data.echoes()
        assert world.call(DATA, "127.0.0.2").server == old.server
        assert world.call(source="127.0.0.8").server == left[0].name


def test_a_passive_range_that_cannot_be_had_is_told_and_changes_nothing(world: World):
    with world.carried(), socket.create_server((world.vip, DATA + 9)):
        old = world.call()
        with pytest.raises(OSError, match=f"port {DATA + 9} of the passive range of VIP cannot be had"):
            _raised(world, passive=PortRange(DATA, DATA + 9))
        assert old.echoes()
        assert world.call(DATA).server == old.server


def _raised(world: World, **more: Any) -> None:
    caught: list[BaseException] = []

    def use() -> None:
        try:
            world.stage.use(world.service(**more))
        except OSError as error:
            caught.append(error)

    world.stage.call(use)
    raise caught[0]


def test_a_service_that_leaves_listens_no_more(world: World):
    with world.carried() as running:
        old = world.call(source="127.0.0.2")
        running.call(running.use)
        for port in (CONTROL, DATA):
            with pytest.raises(ConnectionRefusedError):
                world.call(port)
        assert old.echoes()


def test_a_connection_that_is_idle_for_too_long_is_ended(world: World):
    with world.carried(longest_transfer_s=1.0) as running:
        idle = world.call()
        assert running.facts_of(SessionEnded)[0].ended == "idle for too long"
        assert not idle.echoes()


def test_a_server_that_does_not_answer_the_dialling_is_passed_over(world: World):
    host = fresh_address()
    deaf = server("DEAF", 3, host, CONTROL)
    with contextlib.ExitStack() as full, world.carried(servers=(deaf, world.servers[1]), connect_timeout_s=1.0):
        full.enter_context(socket.create_server((host, CONTROL), backlog=0))  # Its queue is full.
        for _ in range(4):
            waiting = full.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((host, CONTROL))
        assert {world.call(source=f"127.0.0.{number}").server for number in (70, 71)} == {"B"}
        (failed, *_) = world.stage.facts_of(ServerFailed)
        assert (failed.server, failed.reason) == ("DEAF", "no connection in time")
