"""What HAProxy's processes have moved, added to the counts of the node; what a process had stays when it ends."""

from collections.abc import Callable, Mapping

from ftpair.core.columns import BYTES_DOWN, BYTES_UP, SESSIONS, TRANSFERS
from ftpair.core.plan import Plan, ServerPlan
from ftpair.haproxy.render import Key, service_of
from ftpair.haproxy.reports import Figures

Add = Callable[[int, int, int], None]
"""Adds to a figure: slot, column, amount."""


class Account:
    """The figures of all processes, former ones too."""

    def __init__(self, add: Add) -> None:
        self._add = add
        self._slots: dict[Key, int] = {}
        """The rows of all services (without a server) and servers that the processes have had."""
        self._last: dict[tuple[int, str, str], Figures] = {}
        self._shown: dict[tuple[int, int], int] = {}

    @property
    def services(self) -> frozenset[str]:
        """The names of the services that the processes have had."""
        return frozenset(service for service, _server in self._slots)

    def open(self, plan: Plan, former: Mapping[str, tuple[ServerPlan, ...]]) -> None:
        """Know the services of a plan from now on, beside those of former ones."""
        for service in plan.tcp_services:
            self._slots[service.name, ""] = service.slot
            for server in (*service.servers, *former.get(service.name, ())):
                self._slots[service.name, server.name] = server.slot

    def count(self, now: Mapping[int, tuple[Figures, ...]]) -> None:
        """Add to the counts what is new since the last look, so that a process that ends takes nothing away."""
        shown: dict[tuple[int, int], int] = {}
        last: dict[tuple[int, str, str], Figures] = {}
        for pid, row in ((pid, row) for pid, rows in now.items() for row in rows):
            service = service_of(row.proxy)
            column = SESSIONS if row.proxy == service else TRANSFERS
            is_whole = row.server == "FRONTEND" and column == SESSIONS
            slot = self._slots.get((service, "" if is_whole else row.server))
            if slot is None:
                continue
            shown[slot, column] = shown.get((slot, column), 0) + row.sessions
            if not is_whole:
                before = self._last.get((pid, row.proxy, row.server))
                self._add(slot, BYTES_UP, row.bytes_in - (before.bytes_in if before else 0))
                self._add(slot, BYTES_DOWN, row.bytes_out - (before.bytes_out if before else 0))
                last[pid, row.proxy, row.server] = row
        for key in shown.keys() | self._shown.keys():
            self._add(*key, shown.get(key, 0) - self._shown.get(key, 0))
        self._shown, self._last = shown, last

    def close(self) -> None:
        """Take connections out of the counts, and forget all: there is no process any more."""
        for key, value in self._shown.items():
            self._add(*key, -value)
        self._shown, self._last, self._slots = {}, {}, {}
