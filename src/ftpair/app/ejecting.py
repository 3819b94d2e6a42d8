"""Ejects servers that sessions suffer from, and brings them back. `balance.ejecting` decides, `States` is written."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ftpair.app.states import States, is_same_place
from ftpair.balance.ejecting import ServerError, Trail, errors_in_a_row, length_s, takes_sessions, why_not
from ftpair.core.ejection import EjectionPolicy
from ftpair.core.messages import ServerErred
from ftpair.core.plan import Plan, ServerPlan, ServicePlan
from ftpair.core.status import Health, Sample

Turned = Callable[[ServerPlan], None]
Say = Callable[[ServerPlan, str], None]


@dataclass(frozen=True, slots=True)
class Clocks:
    """Two clocks: one for how long, one for people."""

    monotonic: Callable[[], float] = time.monotonic
    epoch: Callable[[], float] = time.time


@dataclass(slots=True)
class _Watched:
    """One server whose service ejects."""

    server: ServerPlan
    service: ServicePlan
    policy: EjectionPolicy
    trail: Trail = field(default_factory=Trail)

    @property
    def pool(self) -> list[ServerPlan]:
        """All servers of its pool."""
        return [each for each in self.service.servers if each.pool == self.server.pool]


class Ejector:
    """The one who ejects. `turned` is called with each server whose state it has changed, `warn` with what it must not.

    Counters are kept for as long as the supervisor runs.
    """

    def __init__(self, states: States, turned: Turned, warn: Say, clocks: Clocks = Clocks()) -> None:
        self._states, self._turned, self._warn, self._clocks = states, turned, warn, clocks
        self._watched: dict[int, _Watched] = {}
        self._counts: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def use_plan(self, plan: Plan) -> None:
        """Eject by this plan, whose servers `States` has already; who is not ejected by it any more comes back."""
        former, self._watched = self._watched, {}
        for service in plan.services:
            for server in service.servers:
                if service.ejection is not None:
                    known = former.get(server.slot)
                    trail = known.trail if known and is_same_place(known.server, server) else Trail()
                    self._watched[server.slot] = _Watched(server, service, service.ejection, trail)
                elif self._states.of(server).is_ejected:
                    self._bring_back(server)

    def hear(self, message: ServerErred) -> None:
        """Count an error, and eject for it; one of a server that is ejected or gone is nothing to count."""
        watched = self._watched.get(message.slot)
        if watched is None or self._states.of(watched.server).is_ejected:
            return
        error = ServerError(message.kind, message.reason, message.good)
        watched.trail = watched.trail.after(error)
        in_a_row = watched.trail.length(error.kind)
        if in_a_row < watched.policy.consecutive_errors or self._states.of(watched.server).health is Health.DOWN:
            return
        because = errors_in_a_row(in_a_row, error.reason)
        obstacle = why_not(watched.policy, watched.server, watched.pool, self._states.by_slot())
        if not obstacle:
            self._eject(watched, error, because)
        elif in_a_row == watched.policy.consecutive_errors:  # Told once in a row, which may be long.
            self._count("ejections_prevented_total", watched.server)
            self._warn(watched.server, f"{watched.server.name} is not ejected after {because}: {obstacle}")

    def end(self, server: ServerPlan) -> None:
        """End the ejection of a server, if it is ejected: somebody wants it."""
        if self._states.of(server).is_ejected:
            self._bring_back(server)

    def refresh(self) -> None:
        """Bring back whose time is over, and whoever could serve where nobody else does; called every second."""
        now = self._clocks.monotonic()
        for watched in self._watched.values():
            if self._states.of(watched.server).is_ejected and (now >= watched.trail.until or self._is_needed(watched)):
                self._bring_back(watched.server)

    def counters(self) -> tuple[Sample, ...]:
        """Return how often whom."""
        return tuple(Sample(name, labels, float(count)) for (name, labels), count in self._counts.items())

    def _eject(self, watched: _Watched, error: ServerError, because: str) -> None:
        watched.trail = watched.trail.ejected(watched.policy, self._clocks.monotonic())
        seconds = length_s(watched.policy, watched.trail.ejections)
        self._count("ejections_total", watched.server, error.kind)
        self._states.eject(watched.server, f"ejected for {seconds:g} s: {because}", self._clocks.epoch())
        self._turned(watched.server)

    def _is_needed(self, watched: _Watched) -> bool:
        """Whether nobody of its pool takes sessions, and the probes find nothing wrong with it."""
        states = self._states.by_slot()
        is_alone = not any(takes_sessions(each, states) for each in watched.pool)
        return is_alone and self._states.probed(watched.server).health is not Health.DOWN

    def _bring_back(self, server: ServerPlan) -> None:
        self._states.bring_back(server, self._clocks.epoch())
        self._turned(server)

    def _count(self, name: str, server: ServerPlan, *labels: str) -> None:
        self._counts[name, (server.service, server.name, *labels)] += 1
