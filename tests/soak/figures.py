"""What a soak measures, and what is flat."""

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ftpair.dataplane.resumption import IS_ASKING_DEAR
from tests.interop.lab.memory import resident_bytes

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
WARM_UP = 0.25
"""The share of the rounds that is not judged: caches fill, ports open, Python's heap finds its size."""
MOST_GROWTH_BYTES = 4 * MIB
"""Of one process from the end of the warm-up to the end of the run, along the straight line through all rounds."""
MOST_NEW_DESCRIPTORS = 4
LOST_BY_TRANSFER_BYTES = 75 if IS_ASKING_DEAR else 0
"""5.7 KiB (mallinfo2(3)) for a session with a TLS server (`dataplane/resumption.py`): of twenty transfers, for every
other session of all, half of them in a worker."""
MOST_CPU_GROWTH = 1.25
TOGETHER = "both workers"
"""The kernel spreads sessions over the workers by chance, so that only all of them show what a transfer costs."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at the end of a round, when no session is left."""

    resident: int
    descriptors: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Course:
    """One process through all rounds; `transfers` are those of one round."""

    name: str
    transfers: int
    samples: tuple[Sample, ...]

    def judged(self) -> tuple[Sample, ...]:
        """Return the rounds after the warm-up."""
        return self.samples[int(len(self.samples) * WARM_UP) :]

    @property
    def growth_bytes(self) -> float:
        """How much the resident set grew in the rounds that are judged, along the line of least squares."""
        judged = self.judged()
        return slope([each.resident for each in judged]) * (len(judged) - 1)

    @property
    def _lost_bytes(self) -> float:
        """What this Python itself loses; nothing from 3.12.8 and 3.13.1 on."""
        rounds = len(self.judged()) - 1
        return LOST_BY_TRANSFER_BYTES * self.transfers * rounds if self.name.startswith("worker") else 0

    @property
    def new_descriptors(self) -> int:
        """How many descriptors more there are than after the warm-up."""
        return self.judged()[-1].descriptors - self.judged()[0].descriptors

    def cpu_ms(self) -> list[float]:
        """Return the CPU time of one transfer, round by round."""
        judged = self.judged()
        pairs = itertools.pairwise(judged)
        return [1000 * (after.cpu_s - before.cpu_s) / self.transfers for before, after in pairs]

    @property
    def cpu_growth(self) -> float:
        """How much dearer the last third of the rounds was than the first."""
        spent = self.cpu_ms()
        third = max(1, len(spent) // 3)
        first = sum(spent[:third]) / third
        return (sum(spent[-third:]) / third) / first if first else 1.0

    def complaints(self) -> list[str]:
        """Return what is not flat."""
        found = []
        if self.name != TOGETHER and self.growth_bytes > MOST_GROWTH_BYTES + self._lost_bytes:
            found.append(f"{self.name}: resident memory grew by {self.growth_bytes / MIB:.1f} MiB")
        if self.name != TOGETHER and self.new_descriptors > MOST_NEW_DESCRIPTORS:
            found.append(f"{self.name}: {self.new_descriptors} descriptors more than after the warm-up")
        if self.name == TOGETHER and self.cpu_growth > MOST_CPU_GROWTH:
            found.append(f"{self.name}: a transfer costs {self.cpu_growth:.2f} times the CPU of the beginning")
        return found

    def row(self) -> str:
        """Return the row of the table."""
        first, last = self.judged()[0], self.judged()[-1]
        spent = self.cpu_ms()
        cells = (
            self.name,
            f"{first.resident / MIB:.1f} MiB",
            f"{last.resident / MIB:.1f} MiB",
            f"{self.growth_bytes / MIB:+.2f} MiB",
            f"{first.descriptors} → {last.descriptors}",
            f"{sum(spent) / max(1, len(spent)):.2f} ms",
            f"{self.cpu_growth:.2f}",
        )
        return f"| {' | '.join(cells)} |"


def together(workers: Sequence[Course]) -> Course:
    """Return the workers as one process."""
    rounds = zip(*(worker.samples for worker in workers), strict=True)
    summed = (
        Sample(
            sum(each.resident for each in row), sum(each.descriptors for each in row), sum(each.cpu_s for each in row)
        )
        for row in rounds
    )
    return Course(TOGETHER, workers[0].transfers, tuple(summed))


HEAD = (
    "| process | memory after warm-up | at the end | slope | descriptors | CPU of a transfer | last third : first |",
    "|---|---|---|---|---|---|---|",
)


def slope(values: Sequence[float]) -> float:
    """Return the slope of the line of least squares through values at 0, 1, 2, ...; 0 for fewer than two."""
    count = len(values)
    if count < 2:
        return 0.0
    middle, mean = (count - 1) / 2, sum(values) / count
    above = sum((place - middle) * (value - mean) for place, value in enumerate(values))
    return above / sum((place - middle) ** 2 for place in range(count))


def sample(pid: int) -> Sample:
    """Measure one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / TICKS
    return Sample(resident_bytes(pid), len(list(Path(f"/proc/{pid}/fd").iterdir())), cpu_s)
