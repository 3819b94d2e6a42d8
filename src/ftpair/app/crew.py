"""The workers of a node, and former ones that stay until their last session has ended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from time import monotonic

import structlog

from ftpair.app import orphans, recipes
from ftpair.app.adoption import Inheritance, likeness
from ftpair.app.orphans import Orphan
from ftpair.app.tables import Tables
from ftpair.core.columns import SESSIONS
from ftpair.core.messages import Beat, UseHandover, UseMates
from ftpair.core.plan import Plan
from ftpair.dataplane.children import Child, Found, Parent
from ftpair.dataplane.groups import Groups
from ftpair.dataplane.handover import Handovers
from ftpair.dataplane.mates import Inboxes

log = structlog.get_logger("ftpair")

OF_FORMER = frozenset({"sessions", "passive_ports_in_use"})
"""Gauges that count what former workers have as well; others tell of a process, and mean the present ones."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What all workers of a node are given."""

    tables: Tables
    groups: Groups
    handovers: Handovers


class Crew:
    """Who serves: `workers` by number, `former` in no order. Each has a place of its own in the tables."""

    def __init__(self, plan: Plan, equipment: Equipment, inheritance: Inheritance, parent: Parent) -> None:
        self._plan, self._tables, self._parent = plan, equipment.tables, parent
        self._inheritance, self._handovers = inheritance, equipment.handovers
        self._places: dict[Child, int] = {}
        self._pids: dict[Child, int] = {}
        self._numbers: dict[Child, int] = {}
        self._leaving_since: dict[Child, float] = {}
        self._likeness = likeness(plan)
        self._inboxes = Inboxes(plan.workers)
        self.former = [self._former(each) for each in inheritance.former]
        kept = {each.said.place for each in inheritance.sharing}
        for place in set(self._tables.counts.taken()) - kept:  # Of workers that died while nobody watched.
            self._tables.forget(place)
        free = (place for place in range(self._tables.counts.places_in_all) if place not in kept)
        self.workers = [self._worker(number, free, equipment.groups) for number in range(plan.workers)]

    def _worker(self, number: int, free: Iterator[int], groups: Groups) -> Child:
        orphan = self._inheritance.adopted.get(number)
        place = orphan.said.place if orphan else next(free)
        recipe = recipes.worker(number, place, self._plan, self._tables, groups)
        child = Child(recipe, self._parent, Found(orphan.process, orphan.sock) if orphan else None)
        self._places[child], self._numbers[child] = place, number
        return child

    def _former(self, orphan: Orphan) -> Child:
        recipe = recipes.former_worker(orphan.said.number, orphan.process.pid)
        child = Child(recipe, self._parent, Found(orphan.process, orphan.sock, is_tolerant=True))
        child.is_leaving = True
        self._numbers[child] = orphan.said.number
        if orphan.said.is_leaving:
            self._leaving_since[child] = orphan.said.leaving_since or monotonic()
        if orphan in self._inheritance.sharing:
            self._places[child] = orphan.said.place
        return child

    def __iter__(self) -> Iterator[Child]:
        """Yield all of them, the present ones first."""
        return iter((*self.workers, *self.former))

    def __contains__(self, child: object) -> bool:
        return child in self.workers or child in self.former

    @property
    def sharing(self) -> tuple[Child, ...]:
        """Return those who mean the same by the number of a row: not a former one with tables of its own."""
        return tuple(child for child in self if child in self._places)

    def passive_for(self, child: Child) -> dict[tuple[str, int], int]:
        """Return the open passive ports that a worker goes on with, and their descriptors."""
        number, workers = self.workers.index(child), self._plan.workers
        return {place: fd for place, fd in self._inheritance.passive.items() if place[1] % workers == number}

    def meet(self, child: Child) -> None:
        """Make a worker known to the others, and give it the socket on which it would await the next supervisor."""
        if self._inboxes and child in self.workers:
            mates = UseMates(tuple(self._places[other] for other in self.workers if other is not child))
            child.send(mates, self._inboxes.fds(self._numbers[child]))
        self._pids[child] = child.pid
        try:
            sock = self._handovers.make(child.pid)
        except OSError as error:
            why = error.strerror or str(error)
            log.warning("no supervisor will find this worker if ftpair is killed", child=child.name, reason=why)
            return
        with sock:
            child.send(UseHandover(self._likeness), (sock.fileno(),))

    def number_of(self, child: Child) -> int:
        """Return the number of a worker; a former one has the number of its successor."""
        return self._numbers[child]

    def sessions_of(self, child: Child, services: Iterable[int]) -> int:
        """Return the live sessions of a worker; `services` are the rows of all services."""
        place = self._places.get(child)
        return 0 if place is None else sum(self._tables.counts.of_worker(place, row, SESSIONS) for row in services)

    def seconds_left(self, child: Child, timeout_s: float) -> float:
        """Return what a former worker has left of its time; for ever where `timeout_s` is 0, and for who stays."""
        since = self._leaving_since.get(child)
        return since + timeout_s - monotonic() if timeout_s and since is not None else inf

    def bury(self, child: Child) -> None:
        """Clear what a dead worker leaves."""
        self._handovers.forget(self._pids.pop(child, 0))
        self._leaving_since.pop(child, None)
        place = self._places.get(child)
        if place is not None:
            self._tables.forget(place)
        if child in self.former:
            self.former.remove(child)

    def dismiss(self) -> None:
        """Let former workers leave, now that others listen where they did."""
        for child in self.former:
            child.leave()
            self._leaving_since.setdefault(child, monotonic())
        orphans.close(self._inheritance.passive.values())
        self._inheritance = replace(self._inheritance, former=())

    def let_go(self) -> None:
        """Leave all that a former supervisor had started to the next one."""
        for child in self:
            if child.was_found:
                child.let_go()

    def close(self) -> None:
        """Let the folder go."""
        self._handovers.close()
        self._inboxes.close()


def of_former(beat: Beat) -> Beat:
    """Return what a former worker's beat tells beside those of the present ones."""
    return Beat(beat.counters, tuple(gauge for gauge in beat.gauges if gauge.name in OF_FORMER))
