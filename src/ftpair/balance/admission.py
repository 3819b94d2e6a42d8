"""Whether a worker lets further sessions in, by what it has left of descriptors, memory and time. Pure.

What it refuses for is over only when there is clearly enough again: on the edge, states that change every second would
be worse than either.
"""

from dataclasses import dataclass

from ftpair.core.overload import Overload, Shortage
from ftpair.core.units import size

EASED_FLOOR = 1.25
"""So many times the floor must be available before memory is enough again."""
EASED_LAG = 0.5
LOOKS_TO_LATE = 3
"""So many looks in a row must find the worker late: one long turn, or a machine that slept, is no overload."""
LOOKS_TO_EASE = 3
MOST_OPEN = 0.9
"""The part of the descriptors beyond which the rest is kept for the sessions that are here."""
EASED_OPEN = 0.85


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found."""

    open_descriptors: int
    most_descriptors: int
    available_bytes: int | None
    """None: nobody can tell."""
    lag_s: float


@dataclass(frozen=True, slots=True)
class Admission:
    """What a worker is short of, each with a sentence; empty: further sessions may come in."""

    shortages: dict[Shortage, str]
    against: int = 0
    """How many of the last looks, without a break, contradict what is said of the lag."""

    def after(self, limits: Overload, seen: Seen) -> "Admission":
        """Return what holds after one more look."""
        late, against = self._late(limits, seen)
        told: dict[Shortage, str] = {
            "descriptors": self._open(seen),
            "memory": self._memory(limits, seen),
            "loop-lag": late,
        }
        return Admission({name: sentence for name, sentence in told.items() if sentence}, against)

    def _open(self, seen: Seen) -> str:
        part = EASED_OPEN if "descriptors" in self.shortages else MOST_OPEN
        if seen.open_descriptors <= part * seen.most_descriptors:
            return ""
        return f"{seen.open_descriptors} of {seen.most_descriptors} descriptors are open"

    def _memory(self, limits: Overload, seen: Seen) -> str:
        floor = limits.memory_floor_bytes
        needed = floor * (EASED_FLOOR if "memory" in self.shortages else 1)
        if seen.available_bytes is None or seen.available_bytes >= needed:
            return ""
        return f"{size(seen.available_bytes)} of memory are available, the floor is {size(floor)}"

    def _late(self, limits: Overload, seen: Seen) -> tuple[str, int]:
        ceiling, former = limits.loop_lag_ceiling_s, self.shortages.get("loop-lag", "")
        if not ceiling:
            return "", 0
        contradicts = seen.lag_s <= ceiling * EASED_LAG if former else seen.lag_s > ceiling
        against = self.against + 1 if contradicts else 0
        if against < (LOOKS_TO_EASE if former else LOOKS_TO_LATE):
            return former, against
        return ("" if former else f"events wait for {seen.lag_s:.1f} s, the ceiling is {ceiling:g} s"), 0


AT_EASE = Admission({})
