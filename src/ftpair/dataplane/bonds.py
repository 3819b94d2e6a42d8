"""Which server a former session had: kept in a table that all workers share, so that the answer is exact."""

import time
from collections.abc import Callable
from typing import NamedTuple

from ftpair.balance.affinity import Bond, bond_of, is_remembered, mark_of, name_of
from ftpair.balance.choice import NoChoice
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.dataplane.shared_table import Row, SharedTable

Choice = ServerPlan | NoChoice
Ask = Callable[[str], Choice]
"""Chooses a server; is told the name of the former session's, or an empty text."""
_SHORTEST_S = 1.0


class Bound(NamedTuple):
    """A choice, and what it found."""

    choice: Choice
    bond: Bond = ""


class _Held(NamedTuple):
    """What a live session keeps from being forgotten."""

    key: bytes
    mark: int
    every_s: float
    due: float


class Bonds:
    """What is remembered of who comes again; a key is empty where nothing shall be."""

    def __init__(self, table: SharedTable, now: Callable[[], float] = time.time) -> None:
        self._table, self._now = table, now
        self._held: dict[str, _Held] = {}

    def choose(self, key: bytes, pool: ServicePlan, ask: Ask) -> Bound:
        """Let `ask` choose and remember its choice, as one step: two sessions that come at once get the same server."""
        if not key:
            return Bound(ask(""))
        found: list[Bound] = []

        def chosen(row: Row | None) -> Row | None:
            former = self._name(pool, row)
            choice = ask(former)
            if isinstance(choice, NoChoice):
                found.append(Bound(choice))
                return row
            found.append(Bound(choice, bond_of(former, choice)))
            return Row(self._now(), 0.0, mark_of(choice))

        self._table.change(key, chosen)
        return found[0]

    def former(self, key: bytes, pool: ServicePlan) -> str:
        """Return the name of the server that a session would go back to; nothing is changed."""
        return self._name(pool, self._table.look(key)) if key else ""

    def hold(self, session: str, key: bytes, server: ServerPlan, timeout_s: float) -> None:
        """Remember the key for as long as this session lives, and `timeout_s` beyond."""
        self.release(session)
        if key:
            every_s = max(timeout_s / 2, _SHORTEST_S)
            self._held[session] = _Held(key, mark_of(server), every_s, self._now() + every_s)

    def release(self, session: str) -> None:
        """The session is over: its time begins."""
        held = self._held.pop(session, None)
        if held is not None:
            self._renew(held)

    def tick(self) -> None:
        """Renew what live sessions hold; called about every second."""
        now = self._now()
        for session, held in self._held.items():
            if now >= held.due:
                self._renew(held)
                self._held[session] = held._replace(due=now + held.every_s)

    def _renew(self, held: _Held) -> None:
        fresh = Row(self._now(), 0.0, held.mark)
        # Another server's mark is newer than this session: it stays as it is.
        self._table.change(held.key, lambda row: fresh if row is None or row.mark == held.mark else row)

    def _name(self, pool: ServicePlan, row: Row | None) -> str:
        if row is None or not is_remembered(row.stamp, self._now(), pool.affinity_timeout_s):
            return ""
        return name_of(pool.servers, row.mark)
