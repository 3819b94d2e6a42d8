"""A whole examination: every server by itself, side by side; then the VIP. Few logins, one after the other."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ftpair.core.doctor import Order
from ftpair.core.plan import AnyService, TcpServicePlan
from ftpair.probes.doctor import door, visiting
from ftpair.probes.doctor.seen import Examination, Seen
from ftpair.probes.doctor.target import Entrance, Mode, servers_of, vip_of

LONGEST_S = 600.0
"""What a whole examination of a service may take, beside waiting on idle connections."""
MOST_SIDE_BY_SIDE = 8
MOST_LOGINS_AT_VIP = 8
"""To meet several servers behind it."""

OnStep = Callable[[str], None]
"""Told what is done next, in words."""


async def examine(service: AnyService, order: Order, on_step: OnStep = lambda _words: None) -> Examination:
    """Return what is seen of a service; never raises for trouble with its servers."""
    servers, vip = [Seen(target) for target in servers_of(service)], Seen(vip_of(service, order.ca_pem))
    seen = Examination(service, order, servers, vip)
    longest_s = LONGEST_S + 2 * order.wait_s
    try:
        async with asyncio.timeout(longest_s):
            await _Round(seen, order, on_step).go()
    except TimeoutError:
        seen.unfinished = f"it was ended after {longest_s:g} s"
    return seen


def steps_of(service: AnyService, order: Order) -> int:
    """Return how many steps an examination has at most, for who shows its progress."""
    servers = servers_of(service)
    waits = len(servers) + 1 if order.wait_s else 0
    at_vip = len(list(_modes_of_vip(service))) + len(_doors_of_vip(service))
    return sum(len(target.modes) + len(target.secured) for target in servers) + at_vip + waits


def _doors_of_vip(service: AnyService) -> tuple[Entrance, ...]:
    """In TCP mode the doors are the servers' own, which are looked at themselves."""
    return () if isinstance(service, TcpServicePlan) else vip_of(service).secured


def _modes_of_vip(service: AnyService) -> Iterator[Mode]:
    """Yield the modes of visits to the VIP: in TCP mode often enough to meet several servers."""
    modes = vip_of(service).modes
    wanted = len(modes)
    if isinstance(service, TcpServicePlan) and service.pairing == "port":
        wanted = max(wanted, min(2 * len(service.servers), MOST_LOGINS_AT_VIP))
    for number in range(wanted if modes else 0):
        yield modes[number % len(modes)]


class _Round:
    """An examination under way."""

    def __init__(self, seen: Examination, order: Order, on_step: OnStep) -> None:
        self._seen, self._order, self._on_step = seen, order, on_step
        self._places = asyncio.Semaphore(MOST_SIDE_BY_SIDE)

    async def go(self) -> None:
        """See everybody."""
        async with asyncio.TaskGroup() as group:
            for server in self._seen.servers:
                group.create_task(self._server(server))
        await self._vip(self._seen.vip)
        if self._order.wait_s:
            async with asyncio.TaskGroup() as group:
                for each in self._seen.everybody:
                    group.create_task(self._wait(each))

    async def _server(self, server: Seen) -> None:
        async with self._places:
            await self._visits(server, server.target.modes, self._order)
            await self._doors(server, server.target.secured)

    async def _vip(self, vip: Seen) -> None:
        # A password that a server has refused would be refused through the VIP too, and somebody may count.
        order = anonymous(self._order) if any(map(has_refused_login, self._seen.servers)) else self._order
        await self._visits(vip, _modes_of_vip(self._seen.service), order)
        await self._doors(vip, _doors_of_vip(self._seen.service))

    async def _visits(self, seen: Seen, modes: Iterable[Mode], order: Order) -> None:
        for mode in modes:
            if _is_closed(seen, mode.entrance):
                continue
            self._on_step(f"{seen.target.name}: {mode}")
            await visiting.visit(seen, mode, anonymous(order) if has_refused_login(seen) else order)

    async def _doors(self, seen: Seen, entrances: Iterable[Entrance]) -> None:
        for entrance in entrances:
            if not _is_closed(seen, entrance):
                self._on_step(f"{seen.target.name}: {entrance} TLS without a login")
                seen.doors[entrance] = await door.look_at(seen.target, entrance, self._order)

    async def _wait(self, seen: Seen) -> None:
        if seen.logins:
            self._on_step(f"{seen.target.name}: idle for {self._order.wait_s:g} s")
            await visiting.wait(seen, seen.logins[0].mode, self._order)


def anonymous(order: Order) -> Order:
    """Return the order without anybody to log in."""
    return replace(order, user="", password="")


def has_refused_login(seen: Seen) -> bool:
    """Whether a login was refused there: it is not tried again, as many refusals get an address banned."""
    return any(visit.step == "login" and visit.refusal for visit in seen.visits)


def _is_closed(seen: Seen, entrance: Entrance) -> bool:
    """Whether nobody answers at a port, so that further visits would only wait."""
    port = seen.target.ports[entrance]
    return any(
        visit.step in {"connect", "greeting"} and seen.target.ports[visit.mode.entrance] == port
        for visit in seen.visits
    )
