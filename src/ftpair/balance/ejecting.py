"""From what sessions suffered from a server to its ejection: errors in a row, and who may go. No clock; `now` comes in.

Named after Envoy's outlier detection. Moments are those of the monotonic clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ftpair.core.ejection import ASPECT_OF, Aspect, EjectionPolicy, ErrorKind
from ftpair.core.plan import ServerPlan
from ftpair.core.status import ServerState

States = Mapping[int, ServerState]
_UNKNOWN = ServerState()


@dataclass(frozen=True, slots=True)
class ServerError:
    """One error, and how often the server had done well by then."""

    kind: ErrorKind
    reason: str
    good: int


@dataclass(frozen=True, slots=True)
class Run:
    """Errors of one aspect in a row."""

    good: int
    length: int = 1

    def after(self, good: int) -> "Run":
        """Return the run after one more error; one that was good in between begins it anew."""
        return Run(good, self.length + 1) if good == self.good else Run(good)


@dataclass(frozen=True, slots=True)
class Trail:
    """What is remembered of one server."""

    runs: Mapping[Aspect, Run] = field(default_factory=dict)
    ejections: int = 0
    """In a row: it was not well for long between two of them."""
    until: float = 0.0
    """When its last ejection ends, or ended."""

    def after(self, error: ServerError) -> "Trail":
        """Return the trail after one more error."""
        aspect = ASPECT_OF[error.kind]
        former = self.runs.get(aspect)
        return replace(self, runs={**self.runs, aspect: former.after(error.good) if former else Run(error.good)})

    def length(self, kind: ErrorKind) -> int:
        """Return how many errors of its aspect are in a row."""
        run = self.runs.get(ASPECT_OF[kind])
        return run.length if run else 0

    def ejected(self, policy: EjectionPolicy, now: float) -> "Trail":
        """Return the trail of a server that is ejected now: each time longer, unless it was well for long enough."""
        was_well = now - self.until > policy.longest_ejection_s
        ejections = 1 if was_well else self.ejections + 1
        return Trail({}, ejections, now + length_s(policy, ejections))


def length_s(policy: EjectionPolicy, ejections: int) -> float:
    """Return how long the n-th ejection in a row lasts."""
    return min(policy.ejection_s * ejections, policy.longest_ejection_s)


def why_not(policy: EjectionPolicy, server: ServerPlan, pool: Sequence[ServerPlan], states: States) -> str:
    """Return why a server may not be ejected from its pool; empty: it may."""
    others = [each for each in pool if each.slot != server.slot]
    if not any(takes_sessions(each, states) for each in others):
        return f"it is the last server of pool {server.pool} that takes sessions"
    ejected = 1 + sum(states.get(each.slot, _UNKNOWN).is_ejected for each in others)
    if ejected * 100 > policy.max_ejected_percent * len(pool):
        return f"more than {policy.max_ejected_percent} % of pool {server.pool} would be ejected"
    return ""


def takes_sessions(server: ServerPlan, states: States) -> bool:
    """Return whether a server may be given new sessions."""
    return server.weight > 0 and states.get(server.slot, _UNKNOWN).is_eligible


def errors_in_a_row(length: int, reason: str) -> str:
    """Return why a server is ejected, in words."""
    return f"{length} error{'' if length == 1 else 's'} in a row ({reason})"
