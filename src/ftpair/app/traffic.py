"""Bytes of every server, and how many of them move in a second."""

from collections.abc import Iterable
from dataclasses import dataclass

from ftpair.core.columns import BYTES_DOWN, BYTES_UP
from ftpair.dataplane.counts import Counts


@dataclass(frozen=True, slots=True)
class Moved:
    """Bytes of one row since it was taken, and the rate of the last second."""

    up: int = 0
    down: int = 0
    bytes_per_second: float = 0.0


class Traffic:
    """Samples the shared counts about once a second."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._began: dict[int, tuple[int, int]] = {}
        self._moved: dict[int, Moved] = {}
        self._then = 0.0

    def watch(self, slots: Iterable[int]) -> None:
        """Watch these rows only; one that was not watched before begins at zero."""
        wanted = set(slots)
        for slot in wanted - self._began.keys():
            self._began[slot] = self._totals(slot)
        for slot in self._began.keys() - wanted:
            del self._began[slot]
            self._moved.pop(slot, None)

    def sample(self, now: float) -> None:
        """Read all rows; `now` in seconds of a clock that never goes back."""
        elapsed_s = now - self._then
        for slot, (up, down) in self._began.items():
            former = self._moved.get(slot, Moved())
            total_up, total_down = self._totals(slot)
            moved = total_up - up - former.up + total_down - down - former.down
            self._moved[slot] = Moved(total_up - up, total_down - down, moved / elapsed_s if elapsed_s > 0 else 0.0)
        self._then = now

    def of(self, slot: int) -> Moved:
        """Return what the last sample found."""
        return self._moved.get(slot, Moved())

    def _totals(self, slot: int) -> tuple[int, int]:
        return self._counts.total(slot, BYTES_UP), self._counts.total(slot, BYTES_DOWN)
