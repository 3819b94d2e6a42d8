"""TCP mode without HAProxy: the services that a worker carries itself.

Control connections come through the listeners that all workers share; the passive range is divided among them.
"""

import os
import socket
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType

from ftpair.core.columns import SESSIONS
from ftpair.core.plan import Entrance, Plan, TcpServicePlan
from ftpair.core.status import Sample, ServerState, SessionRow, TransferRow
from ftpair.dataplane.accepting import Accepting
from ftpair.dataplane.carried import Carried, pool_of, session_row, transfer_row
from ftpair.dataplane.connections import Connections, Owner
from ftpair.dataplane.introductions import Introductions
from ftpair.dataplane.pairs import Pairs
from ftpair.dataplane.passive import listen_on
from ftpair.dataplane.presence import Presence

Place = tuple[str, int]
"""An address of ours and a port."""
NONE: Mapping[Place, int] = MappingProxyType({})


class Carrier:
    """All services of TCP mode in one worker."""

    def __init__(self, owner: Owner, presence: Presence, introductions: Introductions, workers: int) -> None:
        self._owner, self._introductions, self._workers = owner, introductions, workers
        self._services: dict[str, Carried] = {}
        self._places: dict[Place, str] = {}
        """Whose each passive port is."""
        self._listeners: dict[Place, Accepting] = {}
        self._pairs = Pairs(owner.counts, presence, lambda: owner.bonds)
        self._connections = Connections(owner, self._pairs)

    def __len__(self) -> int:
        return len(self._connections)

    # Plan and states.

    def rows(self) -> Iterable[tuple[str, str, int]]:
        """Yield the rows of the counts that are in use: service, server (empty: the service itself), row."""
        plans = (*(each.plan for each in self._services.values()), *(each.plan for each in self._connections))
        for plan in plans:
            yield plan.name, "", plan.slot
        carried = (each.server for each in self._connections if each.server is not None)
        for server in (*(server for plan in plans for server in plan.servers), *carried):
            yield server.service, server.name, server.slot

    def listening(self) -> dict[Place, int]:
        """Return the passive ports that are open, with their descriptors."""
        return {place: accepting.fileno() for place, accepting in self._listeners.items()}

    def use_plan(self, plan: Plan, inherited: Mapping[Place, int] = NONE) -> None:
        """Carry these services from now on; what runs goes on. Descriptors of `inherited` ports stay the caller's.

        Raises OSError when a port cannot be had; nothing has changed then.
        """
        plans = plan.carried_by("builtin")
        self._listen(
            {
                (each.address, port): each.name
                for each in plans
                for port in each.passive.of_worker(self._owner.number, self._workers)
            },
            inherited,
        )
        self._services = {each.name: self._carried(each) for each in plans}

    def _listen(self, places: dict[Place, str], inherited: Mapping[Place, int] = NONE) -> None:
        """Listen on this worker's share of the passive ranges: servers tell clients the port, inside TLS."""
        opened: dict[Place, Accepting] = {}
        try:
            for place in sorted(places.keys() - self._listeners.keys()):
                met = partial(self._meet_data, place)
                listener = socket.socket(fileno=os.dup(inherited[place])) if place in inherited else listen_on(*place)
                opened[place] = Accepting(self._owner.stock.watch, listener, met, at_once=4)
        except OSError as error:
            _close(opened)
            where = f"port {place[1]} of the passive range of {places[place]}"
            raise OSError(error.errno, f"{where} cannot be had ({(error.strerror or 'in use').lower()})") from None
        _close({place: self._listeners.pop(place) for place in self._listeners.keys() - places.keys()})
        self._listeners |= opened
        self._places = places

    def _carried(self, plan: TcpServicePlan) -> Carried:
        service = self._services.get(plan.name)
        if service is None:
            return Carried(plan, pool_of(plan))
        service.use_plan(plan)
        return service

    def use_states(self, states: Mapping[int, ServerState]) -> None:
        """Choose by these states from now on."""
        self._pairs.states = states

    # Connections.

    def carries(self, name: str) -> bool:
        """Return whether a service is one of these."""
        return name in self._services

    def meet(self, name: str, entrance: Entrance, sock: socket.socket, host: str) -> None:
        """Take a new control connection."""
        pool = self._services[name].pool
        self._introductions.meet((pool,), sock, host, partial(self._welcome, name, entrance))

    def _welcome(self, name: str, entrance: Entrance, sock: socket.socket, _host: str) -> None:
        service = self._services.get(name)
        if service is None:  # It left while the client introduced itself.
            sock.close()
        else:
            self._connections.begin_control(service, entrance, sock)

    def _meet_data(self, place: Place, sock: socket.socket, host: str) -> None:
        service = self._services[self._places[place]]
        begin = partial(self._connections.begin_data, service, place[1])
        self._introductions.meet((service.pool,), sock, host, begin)

    def tick(self, now: float) -> None:
        """Look after all connections; called about every second."""
        self._connections.tick(now)

    # Operators.

    def gauges(self) -> Iterable[Sample]:
        """Yield the sessions of this worker."""
        for name, service in self._services.items():
            yield Sample("sessions", (name,), float(self._owner.counts.own(service.plan.slot, SESSIONS)))

    def sessions(self, now: float) -> Iterable[SessionRow]:
        """Yield the rows of control connections."""
        return (session_row(each, now, self._owner.number) for each in self._connections if each.entrance)

    def transfers(self, now: float) -> Iterable[TransferRow]:
        """Yield the rows of data connections."""
        return (transfer_row(each, now) for each in self._connections if each.passing and not each.entrance)

    def end_sessions(self, reason: str, name: str, slot: int) -> int:
        """End one session by name, or all connections of a server; return how many sessions."""
        sessions = 0
        for each in self._connections:
            if each.name == name or (each.server is not None and each.server.slot == slot >= 0):
                sessions += each.entrance is not None
                self._connections.end(each, reason)
        return sessions

    def stop_listening(self) -> None:
        """Take no new connection."""
        self._listen({})

    def stop(self, reason: str) -> None:
        """End all that is left."""
        for each in self._connections:
            self._connections.end(each, reason)


def _close(listeners: dict[Place, Accepting]) -> None:
    for accepting in listeners.values():
        accepting.close()
