"""The connections that a worker carries in TCP mode, each from its coming to its end."""

import random
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from ftpair.balance.choice import NoChoice
from ftpair.core.columns import BYTES_DOWN, BYTES_UP, SESSIONS
from ftpair.core.ending import End, Leg
from ftpair.core.facts import DataConnection, Fact, Reason, Refusal, ServerFailed
from ftpair.core.plan import Entrance, ServerPlan
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.carried import Carried, Connection, session_ended
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.descriptors import NONE_LEFT, is_one_left
from ftpair.dataplane.dialling import Dialling, keep_alive
from ftpair.dataplane.ends import ends_of
from ftpair.dataplane.farewell import reset
from ftpair.dataplane.gate import TOO_MANY_IN_ALL, turn_away
from ftpair.dataplane.opening import Guise, Opening
from ftpair.dataplane.pairs import Pairs
from ftpair.dataplane.passing import Passing
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


class Connections:
    """All of one worker."""

    def __init__(self, owner: Owner, pairs: Pairs) -> None:
        self._owner, self._pairs = owner, pairs
        self._live: dict[str, Connection] = {}
        self._began = 0

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[Connection]:
        """Yield them; they may end meanwhile."""
        return iter(tuple(self._live.values()))

    # Coming.

    def begin_control(self, service: Carried, entrance: Entrance, sock: socket.socket) -> None:
        """Join a control connection to a server of its own choice."""
        connection = self._begun(service, entrance, sock)
        if connection is None:
            sock.close()
            return
        self._owner.counts.add(service.plan.slot, SESSIONS, 1)
        self._pairs.enter(connection)
        self._try_next(service, connection, ())

    def begin_data(self, service: Carried, port: int, sock: socket.socket, host: str) -> None:
        """Join a data connection to the server of its session; reset it if there is none."""
        server = self._pairs.owner(service, port, host)
        connection = self._begun(service, None, sock) if server else None
        is_ours = server is not None and connection is not None
        self._owner.note(DataConnection(service.plan.name, "passive", Leg.CLIENT, "opened" if is_ours else "stray"))
        if server is None or connection is None:
            reset(sock)
            return
        self._count_in(connection, server)
        opening = self._guise(connection).data(server, sock)
        self._dial(connection, (server.address.host, port), opening, partial(self._lose, connection))

    def _begun(self, service: Carried, entrance: Entrance | None, sock: socket.socket) -> Connection | None:
        self._began += 1
        name = f"{self._owner.number}-t{self._began:x}-{random.getrandbits(24):06x}"  # A name, no secret.
        try:
            connection = Connection(service.plan, entrance, name, sock, ends_of(sock))
        except OSError:  # It was gone before it was greeted.
            return None
        self._live[name] = connection
        return connection

    # Dialling.

    def _try_next(self, service: Carried, connection: Connection, tried: tuple[int, ...]) -> None:
        is_worth_it = len(tried) <= FURTHER_SERVERS
        choice = self._pairs.choose(service, connection, tried) if is_worth_it else NoChoice(NO_SERVER)
        choice = choice if is_one_left() else NONE_LEFT
        if isinstance(choice, NoChoice):
            self._refuse(connection, choice)
            return
        self._count_in(connection, choice)
        assert connection.entrance is not None
        peer = (choice.address.host, service.plan.server_port(connection.entrance))

        def failed(reason: str) -> None:
            connection.dialling = None
            self._owner.note(ServerFailed(service.plan.name, choice.name, reason))
            self._count_out(connection)
            self._try_next(service, connection, (*tried, choice.slot))

        self._dial(connection, peer, self._guise(connection).control(choice), failed)

    def _dial(
        self, connection: Connection, peer: tuple[str, int], opening: Opening, on_failed: Callable[[str], None]
    ) -> None:
        connection.on_failed, connection.dialled = on_failed, time.monotonic()
        joined = partial(self._join, connection)
        connection.dialling = Dialling(self._owner.stock.watch, peer, joined, on_failed, opening)

    def _guise(self, connection: Connection) -> Guise:
        return Guise(connection.name, connection.ends, connection.plan.source, lambda: None)

    def _join(self, connection: Connection, theirs: socket.socket) -> None:
        connection.dialling = None
        keep_alive(theirs)
        ended = partial(self._ended, connection)
        connection.passing = Passing(self._owner.stock, connection.sock, theirs, ended)
        connection.passing.start()

    def _refuse(self, connection: Connection, choice: NoChoice) -> None:
        """Turn the client away: in words where a client can read them before TLS."""
        is_full = choice.is_full
        if is_full:
            reason: Reason = "descriptors" if choice is NONE_LEFT else "max-sessions"
            self._owner.note(Refusal(connection.plan.name, reason, str(connection.ends.client), connection.name))
        self._forget(connection, f"no server: {choice.reason}")
        text = TOO_MANY_IN_ALL if is_full else NO_SERVER
        turn_away(connection.sock, text if connection.entrance == "explicit" else "")

    def _lose(self, connection: Connection, reason: str) -> None:
        """A data connection that cannot be joined is reset, as one to a closed port."""
        self._forget(connection, reason)
        reset(connection.sock)

    # Time.

    def tick(self, now: float) -> None:
        """Count bytes, end what has been idle for too long, give up servers that do not answer."""
        for connection in self:
            self._count_bytes(connection)
            passing, plan = connection.passing, connection.plan
            if passing is None:
                self._check_dialling(connection, now)
            elif now - passing.moved_at > plan.longest_transfer_s:
                self.end(connection, IDLE)

    def _check_dialling(self, connection: Connection, now: float) -> None:
        if connection.dialling is not None and now - connection.dialled > connection.plan.connect_timeout_s:
            connection.dialling.cancel()
            connection.dialling = None
            connection.on_failed("no connection in time")

    # The end.

    def end(self, connection: Connection, reason: str) -> None:
        """End a connection with a reset on both sides."""
        if connection.dialling is not None:
            connection.dialling.cancel()
        self._forget(connection, reason)
        if connection.passing is not None:
            connection.passing.stop()
        else:
            reset(connection.sock)

    def _ended(self, connection: Connection, end: End, reason: str) -> None:
        self._forget(connection, reason if end is End.CUT else "ended")

    def _forget(self, connection: Connection, ended: str) -> None:
        """Take a connection out of all books."""
        del self._live[connection.name]
        self._count_bytes(connection)
        if connection.entrance is not None:
            self._owner.note(session_ended(connection, ended))
            self._owner.counts.add(connection.plan.slot, SESSIONS, -1)
            self._pairs.leave(connection)
        self._count_out(connection)
        self._owner.look_idle()

    # Counting.

    def _count_in(self, connection: Connection, server: ServerPlan) -> None:
        connection.server = server
        self._owner.counts.add(server.slot, connection.column, 1)

    def _count_out(self, connection: Connection) -> None:
        if connection.server is not None:
            self._owner.counts.add(connection.server.slot, connection.column, -1)
            connection.server = None

    def _count_bytes(self, connection: Connection) -> None:
        if connection.passing is None or connection.server is None:
            return
        (up, down), counts, slot = connection.moved, self._owner.counts, connection.server.slot
        counts.add(slot, BYTES_UP, up - connection.counted[0])
        counts.add(slot, BYTES_DOWN, down - connection.counted[1])
        connection.counted = (up, down)
