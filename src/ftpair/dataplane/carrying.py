"""TCP mode without HAProxy: the services that a worker carries itself, their connections, and who belongs where.

A control connection chooses a server; a data connection never does. With `pairing: port` its port names the server,
with `pairing: source` its client's address, which is remembered in a table that all workers share.
"""

import random
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from msgspec.structs import replace

from ftpair.balance.choice import FULL, NoChoice, choose
from ftpair.balance.policies import Request
from ftpair.core.columns import BYTES_DOWN, BYTES_UP, PLACES, SESSIONS, TRANSFERS
from ftpair.core.ending import End, Leg
from ftpair.core.facts import DataConnection, Fact, Refusal, ServerFailed, SessionEnded
from ftpair.core.plan import Clocks, Entrance, Plan, ServerPlan, ServicePlan, TcpServicePlan
from ftpair.core.status import PASSES, Admin, Health, Sample, ServerState, SessionRow, TransferRow
from ftpair.dataplane.accepting import Accepting, OnAccepted
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.dialling import Dialling, keep_alive
from ftpair.dataplane.ends import Ends, ends_of
from ftpair.dataplane.farewell import reset
from ftpair.dataplane.gate import TOO_MANY_IN_ALL, turn_away
from ftpair.dataplane.introductions import Introductions
from ftpair.dataplane.opening import Guise, Opening
from ftpair.dataplane.passing import Passing
from ftpair.dataplane.passive import listen_on
from ftpair.dataplane.presence import Presence
from ftpair.dataplane.rates import key_of as row_of
from ftpair.dataplane.stock import Stock

FURTHER_SERVERS = 2
"""So many are tried after the first, before the client hears of it."""
NO_SERVER = "Service not available: no server could be reached."
IDLE = "idle for too long"


class Owner(Protocol):
    """The worker."""

    number: int
    counts: Counts
    stock: Stock
    bonds: Bonds | None
    note: Callable[[Fact], None]

    def look_idle(self) -> None:
        """Hear that a connection has ended."""


@dataclass(slots=True)
class Carried:
    """A service, and the pool as policies know it."""

    plan: TcpServicePlan
    pool: ServicePlan
    turn: int = 0
    listeners: dict[int, Accepting] = field(default_factory=dict)


def _key_of(plan: TcpServicePlan, host: str) -> bytes:
    """Return what a client's address is remembered by."""
    return row_of("pairing", plan.name, host)


def _pool_of(plan: TcpServicePlan) -> ServicePlan:
    """Return the service as one in FTP mode whose sessions are given out at connect."""
    return ServicePlan(
        name=plan.name,
        address=plan.address,
        passive=plan.passive,
        servers=plan.servers,
        balance=plan.balance,
        max_sessions=plan.max_sessions,
        slot=plan.slot,
        affinity_timeout_s=plan.longest_transfer_s,
        accept_from=plan.accept_from,
        source=plan.source,
        clocks=Clocks(connect_timeout_s=plan.connect_timeout_s),
    )


class _Connection:
    """One client's connection and the one to its server; control or data."""

    __slots__ = (
        "began",
        "column",
        "dialled",
        "dialling",
        "ends",
        "entrance",
        "has_place",
        "name",
        "on_failed",
        "passing",
        "plan",
        "server",
    )

    def __init__(self, plan: TcpServicePlan, entrance: Entrance | None, name: str, ends: Ends) -> None:
        self.plan, self.entrance, self.name, self.ends = plan, entrance, name, ends
        self.column = SESSIONS if entrance else TRANSFERS
        self.began = time.monotonic()
        self.server: ServerPlan | None = None
        self.dialling: Dialling | None = None
        self.dialled = 0.0
        self.on_failed: Callable[[str], None] = _unheard
        self.passing: Passing | None = None
        self.has_place = False


def _unheard(_reason: str) -> None:
    pass


class Carrier:
    """All services of TCP mode in one worker."""

    def __init__(self, owner: Owner, presence: Presence, introductions: Introductions, workers: int) -> None:
        self._owner, self._presence, self._introductions = owner, presence, introductions
        self._workers = workers
        self._services: dict[str, Carried] = {}
        self._former: dict[str, dict[str, ServerPlan]] = {}
        """Servers that left the plan; their sessions still have data connections."""
        self._states: Mapping[int, ServerState] = {}
        self._connections: dict[str, tuple[_Connection, socket.socket]] = {}
        self._counted: dict[str, tuple[int, int]] = {}
        self._began = 0

    def __len__(self) -> int:
        return len(self._connections)

    # Plan and states.

    def use_plan(self, plan: Plan) -> None:
        """Carry these services from now on; what runs goes on. Raises OSError when a port cannot be had."""
        wanted = {service.name: service for service in plan.carried_by("builtin")}
        for name in self._services.keys() - wanted.keys():
            self._leave(self._services.pop(name))
        for name, service in wanted.items():
            self._carry(name, service)

    def _carry(self, name: str, plan: TcpServicePlan) -> None:
        running = self._services.get(name)
        if running is None or (running.plan.address, running.plan.passive) != (plan.address, plan.passive):
            if running is not None:
                self._leave(running)
            running = Carried(plan, _pool_of(plan))
            self._open(running)
            self._services[name] = running
        names = {server.name for server in plan.servers}
        former = self._former.setdefault(name, {})
        former |= {server.name: server for server in running.plan.servers if server.name not in names}
        for each in names:
            former.pop(each, None)
        running.plan, running.pool = plan, _pool_of(plan)

    def _open(self, service: Carried) -> None:
        """Listen on this worker's share of the passive range: servers tell clients the port, inside TLS."""
        plan = service.plan
        try:
            for port in plan.passive.of_worker(self._owner.number, self._workers):
                listener = listen_on(plan.address, port)
                met = partial(self._meet_data, plan.name, port)
                service.listeners[port] = Accepting(self._owner.stock.watch, listener, met, at_once=4)
        except OSError as error:
            self._leave(service)
            where = f"port {port} of the passive range of {plan.name}"
            raise OSError(error.errno, f"{where} cannot be had ({(error.strerror or 'in use').lower()})") from None

    def _leave(self, service: Carried) -> None:
        for accepting in service.listeners.values():
            accepting.close()
        service.listeners.clear()

    def use_states(self, states: Mapping[int, ServerState]) -> None:
        """Choose by these states from now on."""
        self._states = states

    # Control connections.

    def carries(self, name: str) -> bool:
        """Return whether a service is one of these."""
        return name in self._services

    def meet(self, name: str, entrance: Entrance, sock: socket.socket, host: str) -> None:
        """Take a new control connection."""
        pool = self._services[name].pool
        self._introductions.meet((pool,), sock, host, partial(self._welcome, name, entrance))

    def _welcome(self, name: str, entrance: Entrance, sock: socket.socket, _host: str) -> None:
        service = self._services.get(name)
        connection = self._begun(service, entrance, sock) if service else None
        if service is None or connection is None:
            sock.close()
            return
        self._owner.counts.add(service.plan.slot, SESSIONS, 1)
        self._connections[connection.name] = (connection, sock)
        if service.plan.pairing == "source":
            self._presence.enter(self._presence_key(connection))
        self._try_next(service, connection, ())

    def _begun(self, service: Carried, entrance: Entrance | None, sock: socket.socket) -> _Connection | None:
        self._began += 1
        name = f"{self._owner.number}-t{self._began:x}-{random.getrandbits(24):06x}"  # A name, no secret.
        try:
            return _Connection(service.plan, entrance, name, ends_of(sock))
        except OSError:  # It was gone before it was greeted.
            return None

    def _try_next(self, service: Carried, connection: _Connection, tried: tuple[int, ...]) -> None:
        choice = self._choose(service, connection, tried) if len(tried) <= FURTHER_SERVERS else NoChoice(NO_SERVER)
        if isinstance(choice, NoChoice):
            self._refuse(connection, choice)
            return
        self._count_in(connection, choice)
        header = self._guise(connection).control(choice)
        assert connection.entrance is not None
        peer = (choice.address.host, service.plan.server_port(connection.entrance))

        def failed(reason: str) -> None:
            connection.dialling = None
            self._owner.note(ServerFailed(service.plan.name, choice.name, reason))
            self._count_out(connection)
            self._try_next(service, connection, (*tried, choice.slot))

        self._dial(connection, peer, header, failed)

    def _dial(
        self, connection: _Connection, peer: tuple[str, int], opening: Opening, on_failed: Callable[[str], None]
    ) -> None:
        connection.on_failed, connection.dialled = on_failed, time.monotonic()
        watch = self._owner.stock.watch
        connection.dialling = Dialling(watch, peer, lambda sock: self._join(connection, sock), on_failed, opening)

    def _choose(self, service: Carried, connection: _Connection, tried: tuple[int, ...]) -> ServerPlan | NoChoice:
        if not connection.has_place and not self._has_place(connection):
            return NoChoice(f"service is full (max_sessions {service.plan.max_sessions})", FULL)
        service.turn += 1
        request = Request(connection.ends.client.host, "", service.turn, random.random)
        ask = partial(self._ask, service, connection, request, tried)
        if service.plan.pairing == "port" or self._owner.bonds is None:
            return ask("")
        key = _key_of(service.plan, request.client)
        bound = self._owner.bonds.choose(key, service.pool, ask)
        if not isinstance(bound.choice, NoChoice):
            self._owner.bonds.hold(connection.name, key, bound.choice, service.plan.longest_transfer_s)
        return bound.choice

    def _ask(
        self, service: Carried, connection: _Connection, request: Request, tried: tuple[int, ...], former: str
    ) -> ServerPlan | NoChoice:
        """Choose; while an address has another session, its server is the one, even if that is drained."""
        server = next((each for each in service.plan.servers if each.name == former), None)
        if server is not None and server.slot not in tried and self._is_at_home(connection) and self._is_there(server):
            return server
        wanted = Request(request.client, "", request.turn, request.chance, former=former)
        return choose(service.pool, self._states, self._others(service), wanted, tried)

    def _is_there(self, server: ServerPlan) -> bool:
        state = self._states.get(server.slot, ServerState())
        return state.health is not Health.DOWN and state.admin is not Admin.HALT

    def _is_at_home(self, connection: _Connection) -> bool:
        return self._presence.total(self._presence_key(connection)) > 1

    def _presence_key(self, connection: _Connection) -> bytes:
        return _key_of(connection.plan, connection.ends.client.host)

    def _has_place(self, connection: _Connection) -> bool:
        plan, counts = connection.plan, self._owner.counts
        counts.add(plan.slot, PLACES, 1)
        connection.has_place = not 0 < plan.max_sessions < counts.places(plan.slot)
        if not connection.has_place:
            counts.add(plan.slot, PLACES, -1)
        return connection.has_place

    def _others(self, service: Carried) -> Callable[[int], int]:
        counts, own = self._owner.counts, service.plan.slot
        return lambda slot: 0 if slot == own else counts.sessions(slot)

    def _refuse(self, connection: _Connection, choice: NoChoice) -> None:
        """Turn the client away: in words where a client can read them before TLS."""
        client = str(connection.ends.client)
        if choice.text == FULL:
            self._owner.note(Refusal(connection.plan.name, "max-sessions", client, connection.name))
        text = TOO_MANY_IN_ALL if choice.text == FULL else NO_SERVER
        sock = self._forget(connection, f"no server: {choice.reason}")
        if sock is not None:
            turn_away(sock, text if connection.entrance == "explicit" else "")

    # Data connections.

    def _meet_data(self, name: str, port: int, sock: socket.socket, host: str) -> None:
        service = self._services.get(name)
        if service is None:
            reset(sock)
        else:
            self._introductions.meet((service.pool,), sock, host, self._data_comes(service, port))

    def _data_comes(self, service: Carried, port: int) -> OnAccepted:
        def comes(sock: socket.socket, host: str) -> None:
            server = self._owner_of(service, port, host)
            connection = self._begun(service, None, sock) if server else None
            if server is None or connection is None:
                self._note_data(service.plan, "stray")
                reset(sock)
                return
            self._note_data(service.plan, "opened")
            self._connections[connection.name] = (connection, sock)
            self._count_in(connection, server)
            opening = self._guise(connection).data(server, sock)
            self._dial(connection, (server.address.host, port), opening, lambda reason: self._lose(connection, reason))

        return comes

    def _owner_of(self, service: Carried, port: int, host: str) -> ServerPlan | None:
        """Return the server that a data connection belongs to; None: it is nobody's."""
        servers = (*service.plan.servers, *self._former.get(service.plan.name, {}).values())
        if service.plan.pairing == "port":
            return next((server for server in servers if server.passive and port in server.passive), None)
        if self._owner.bonds is None:
            return None
        pool = replace(service.pool, servers=servers) if len(servers) > len(service.pool.servers) else service.pool
        name = self._owner.bonds.former(_key_of(service.plan, host), pool)
        return next((server for server in servers if server.name == name), None)

    def _lose(self, connection: _Connection, reason: str) -> None:
        """A data connection that cannot be joined is reset, as one to a closed port."""
        sock = self._forget(connection, reason)
        if sock is not None:
            reset(sock)

    def _note_data(self, plan: TcpServicePlan, result: str) -> None:
        self._owner.note(DataConnection(plan.name, "passive", Leg.CLIENT, "opened" if result == "opened" else "stray"))

    # Both.

    def _guise(self, connection: _Connection) -> Guise:
        return Guise(connection.name, connection.ends, connection.plan.source, lambda: None)

    def _join(self, connection: _Connection, theirs: socket.socket) -> None:
        connection.dialling = None
        _, ours = self._connections[connection.name]
        keep_alive(theirs)
        connection.passing = Passing(self._owner.stock, ours, theirs, partial(self._ended, connection))
        connection.passing.start()

    def _ended(self, connection: _Connection, end: End, reason: str) -> None:
        self._forget(connection, reason if end is End.CUT else "ended")

    def _count_in(self, connection: _Connection, server: ServerPlan) -> None:
        connection.server = server
        self._owner.counts.add(server.slot, connection.column, 1)

    def _count_out(self, connection: _Connection) -> None:
        if connection.server is not None:
            self._owner.counts.add(connection.server.slot, connection.column, -1)
            connection.server = None

    def _count_bytes(self, connection: _Connection) -> None:
        if connection.passing is None or connection.server is None:
            return
        up, down = self._counted.get(connection.name, (0, 0))
        now = connection.passing.bytes_up, connection.passing.bytes_down
        self._owner.counts.add(connection.server.slot, BYTES_UP, now[0] - up)
        self._owner.counts.add(connection.server.slot, BYTES_DOWN, now[1] - down)
        self._counted[connection.name] = now

    def _forget(self, connection: _Connection, ended: str) -> socket.socket | None:
        """Take a connection out of all books; return the client's socket if nothing passed on it yet."""
        found = self._connections.pop(connection.name, None)
        if found is None:
            return None
        self._count_bytes(connection)
        self._counted.pop(connection.name, None)
        if connection.entrance is not None:
            self._log(connection, ended)
            self._owner.counts.add(connection.plan.slot, SESSIONS, -1)
            if connection.has_place:
                self._owner.counts.add(connection.plan.slot, PLACES, -1)
            if connection.plan.pairing == "source":
                self._presence.leave(self._presence_key(connection))
            if self._owner.bonds is not None:
                self._owner.bonds.release(connection.name)
        self._count_out(connection)
        self._owner.look_idle()
        return found[1] if connection.passing is None else None

    def _log(self, connection: _Connection, ended: str) -> None:
        passing, server = connection.passing, connection.server
        self._owner.note(
            SessionEnded(
                service=connection.plan.name,
                session=connection.name,
                client=str(connection.ends.client),
                entrance=connection.entrance or "",
                user="",
                server=server.name if server else "",
                tls=None,
                server_tls=None,
                seconds=time.monotonic() - connection.began,
                transfers=0,
                bytes_up=passing.bytes_up if passing else 0,
                bytes_down=passing.bytes_down if passing else 0,
                ended=ended,
                reply="",
            )
        )

    # Once a second.

    def tick(self, now: float) -> None:
        """Count bytes, end what has been idle for too long, give up servers that do not answer."""
        for connection, _sock in tuple(self._connections.values()):
            self._count_bytes(connection)
            passing, plan = connection.passing, connection.plan
            if passing is None:
                self._check_dialling(connection, now)
            elif now - passing.moved_at > plan.longest_transfer_s:
                self._end(connection, IDLE)

    def _check_dialling(self, connection: _Connection, now: float) -> None:
        if connection.dialling is not None and now - connection.dialled > connection.plan.connect_timeout_s:
            connection.dialling.cancel()
            connection.dialling = None
            connection.on_failed("no connection in time")

    def gauges(self) -> Iterable[Sample]:
        """Yield the sessions of this worker."""
        counts, number = self._owner.counts, self._owner.number
        for name, service in self._services.items():
            yield Sample("sessions", (name,), float(counts.of_worker(number, service.plan.slot, SESSIONS)))

    # Operators.

    def sessions(self, now: float) -> Iterable[SessionRow]:
        """Yield the rows of control connections."""
        for connection, _sock in self._connections.values():
            if connection.entrance is not None:
                yield self._session(connection, now)

    def _session(self, connection: _Connection, now: float) -> SessionRow:
        passing = connection.passing
        return SessionRow(
            id=connection.name,
            service=connection.plan.name,
            client=str(connection.ends.client),
            entrance=connection.entrance or "",
            user="",
            server=connection.server.name if connection.server else "",
            state=PASSES,
            tls="",
            seconds=now - connection.began,
            idle_seconds=now - passing.moved_at if passing else 0.0,
            transfers=0,
            bytes_up=passing.bytes_up if passing else 0,
            bytes_down=passing.bytes_down if passing else 0,
            command="",
            worker=self._owner.number,
        )

    def transfers(self, now: float) -> Iterable[TransferRow]:
        """Yield the rows of data connections."""
        for connection, _sock in self._connections.values():
            if connection.entrance is None and connection.passing and connection.server:
                moved = connection.passing.bytes_up + connection.passing.bytes_down
                direction = "up" if connection.passing.bytes_up > connection.passing.bytes_down else "down"
                seconds = max(now - connection.began, 1e-6)
                yield TransferRow(
                    "",
                    connection.plan.name,
                    str(connection.ends.client),
                    "",
                    connection.server.name,
                    "",
                    "",
                    direction,
                    moved,
                    seconds,
                    moved / seconds,
                )

    def end_sessions(self, reason: str, name: str, slot: int) -> int:
        """End one session by name, or all connections of a server; return how many sessions."""
        chosen = [
            connection
            for connection, _sock in self._connections.values()
            if connection.name == name or (connection.server is not None and connection.server.slot == slot >= 0)
        ]
        for connection in chosen:
            self._end(connection, reason)
        return sum(connection.entrance is not None for connection in chosen)

    def _end(self, connection: _Connection, reason: str) -> None:
        if connection.dialling is not None:
            connection.dialling.cancel()
        passing = connection.passing
        sock = self._forget(connection, reason)
        if passing is not None:
            passing.stop()
        elif sock is not None:
            reset(sock)

    def stop_listening(self) -> None:
        """Take no new connection."""
        for service in self._services.values():
            self._leave(service)

    def stop(self, reason: str) -> None:
        """End all that is left."""
        for connection, _sock in tuple(self._connections.values()):
            self._end(connection, reason)
