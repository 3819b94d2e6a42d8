"""Bytes of every server, and how many of them move in a second."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from ftpair.core.columns import BYTES_DOWN, BYTES_UP
from ftpair.dataplane.counts import Counts

WINDOW = 5
"""Samples that a rate is taken of: HAProxy tells the bytes of a running transfer every five seconds only."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Bytes of one row since it was taken, and the rate of the last five seconds."""

    up: int = 0
    down: int = 0
    bytes_per_second: float = 0.0


class Traffic:
    """Samples the shared counts about once a second."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._began: dict[int, tuple[int, int]] = {}
        self._moved: dict[int, Moved] = {}
        self._past: dict[int, deque[tuple[float, int]]] = {}
        """Moments and totals, the oldest first."""
        self._then = 0.0

    def watch(self, slots: Iterable[int]) -> None:
        """Watch these rows only; one that was not watched before begins at zero."""
        wanted = set(slots)
        for slot in wanted - self._began.keys():
            self._began[slot] = self._totals(slot)
            self._past[slot] = deque([(self._then, 0)] if self._then else [], WINDOW)
        for slot in self._began.keys() - wanted:
            del self._began[slot], self._past[slot]
            self._moved.pop(slot, None)

    def sample(self, now: float) -> None:
        """Read all rows; `now` in seconds of a clock that never goes back."""
        for slot, (began_up, began_down) in self._began.items():
            total_up, total_down = self._totals(slot)
            up, down, past = total_up - began_up, total_down - began_down, self._past[slot]
            then, moved = past[0] if past else (now, 0)
            self._moved[slot] = Moved(up, down, (up + down - moved) / (now - then) if now > then else 0.0)
            past.append((now, up + down))
        self._then = now

    def of(self, slot: int) -> Moved:
        """Return what the last sample found."""
        return self._moved.get(slot, Moved())

    def _totals(self, slot: int) -> tuple[int, int]:
        return self._counts.total(slot, BYTES_UP), self._counts.total(slot, BYTES_DOWN)
