"""Who belongs where in TCP mode.

A control connection chooses a server; a data connection never does. With `pairing: port` its port names the server,
with `pairing: source` its client's address, which is remembered in a table that all workers share.
"""

import random
import time
from collections.abc import Callable, Mapping
from functools import partial

from msgspec.structs import replace

from ftpair.balance.choice import NoChoice, choose, full
from ftpair.balance.policies import Request
from ftpair.core.columns import PLACES
from ftpair.core.plan import ServerPlan
from ftpair.core.status import Admin, Health, ServerState
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.carried import Carried, Connection, key_of
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.presence import Presence


class Pairs:
    """The pairs of one worker."""

    def __init__(self, counts: Counts, presence: Presence, bonds: Callable[[], Bonds | None]) -> None:
        self._counts, self._presence, self._bonds = counts, presence, bonds
        self.states: Mapping[int, ServerState] = {}
        """By the rows of the servers."""

    def enter(self, connection: Connection) -> None:
        """A control connection has come."""
        if connection.plan.pairing == "source":
            self._presence.enter(connection.key)

    def leave(self, connection: Connection) -> None:
        """It has gone: its place is free, and the time begins after which its client is forgotten."""
        if connection.has_place:
            self._counts.add(connection.plan.slot, PLACES, -1)
        if connection.plan.pairing == "source":
            self._presence.leave(connection.key)
        if (bonds := self._bonds()) is not None:
            bonds.release(connection.name)

    def choose(self, service: Carried, connection: Connection, tried: tuple[int, ...]) -> ServerPlan | NoChoice:
        """Choose a server for a control connection, none of those that were tried."""
        if not connection.has_place and not self._has_place(connection):
            return full(f"service is full (max_sessions {service.plan.max_sessions})")
        service.turn += 1
        request = Request(connection.ends.client.host, "", service.turn, random.random, now=time.monotonic())
        ask = partial(self._ask, service, connection, request, tried)
        bonds = self._bonds()
        if service.plan.pairing == "port" or bonds is None:
            return ask("")
        bound = bonds.choose(connection.key, service.pool, ask)
        if not isinstance(bound.choice, NoChoice):
            bonds.hold(connection.name, connection.key, bound.choice, service.plan.longest_transfer_s)
        return bound.choice

    def owner(self, service: Carried, port: int, host: str) -> ServerPlan | None:
        """Return the server that a data connection belongs to; None: it is nobody's."""
        servers = (*service.plan.servers, *service.former.values())
        if service.plan.pairing == "port":
            return next((server for server in servers if server.passive and port in server.passive), None)
        bonds = self._bonds()
        if bonds is None:
            return None
        pool = replace(service.pool, servers=servers) if service.former else service.pool
        name = bonds.former(key_of(service.plan, host), pool)
        return next((server for server in servers if server.name == name), None)

    def _ask(
        self, service: Carried, connection: Connection, request: Request, tried: tuple[int, ...], former: str
    ) -> ServerPlan | NoChoice:
        """Choose; while an address has another session, its server is the one, even if that is drained."""
        server = next((each for each in service.plan.servers if each.name == former), None)
        if server is not None and server.slot not in tried and self._is_at_home(connection) and self._is_there(server):
            return server
        wanted = Request(request.client, "", request.turn, request.chance, former=former, now=request.now)
        return choose(service.pool, self.states, self._others(service), wanted, tried)

    def _is_there(self, server: ServerPlan) -> bool:
        state = self.states.get(server.slot, ServerState())
        return state.health is not Health.DOWN and state.admin is not Admin.HALT

    def _is_at_home(self, connection: Connection) -> bool:
        return self._presence.total(connection.key) > 1

    def _has_place(self, connection: Connection) -> bool:
        plan = connection.plan
        self._counts.add(plan.slot, PLACES, 1)
        connection.has_place = not 0 < plan.max_sessions < self._counts.places(plan.slot)
        if not connection.has_place:
            self._counts.add(plan.slot, PLACES, -1)
        return connection.has_place

    def _others(self, service: Carried) -> Callable[[int], int]:
        own = service.plan.slot
        return lambda slot: 0 if slot == own else self._counts.sessions(slot)
