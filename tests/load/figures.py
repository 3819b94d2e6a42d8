"""What a load measures, and what is flat. Pure, but for what is read of processes."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from tests.soak.figures import slope

MIB = 1 << 20
MOST_GROWTH = 0.05
MOST_GROWTH_BYTES = 24 * MIB
"""Of all processes of ftpair, along the straight line through all looks of the flood, whichever is more."""
WARM_UP = 0.25
LEAST_SHARE = 0.5
LEAST_RATE = 0.8
"""So much of their rate the transfers must keep in the flood. On two cores clients, servers and balancer share them."""
_TITLES = (
    *("peer", "idle sessions", "lost", "transfers", "broken", "MiB/s before", "in the flood", "kept", "slowest"),
    *("connects/s", "served", "refused", "failed", "slowest greeting"),
    *("memory (PSS)", "growth", "descriptors", "CPU"),
)
HEAD = (f"| {' | '.join(_TITLES)} |", "|---" * len(_TITLES) + "|")


@dataclass(frozen=True, slots=True)
class Look:
    """What one look in the flood found of the balancer's processes."""

    pss_bytes: float
    descriptors: int
    cpu_s: float
    at: float


def look(pid: int) -> Look:
    """Measure a process and all beneath it."""
    descriptors = sum(_descriptors(each) for each in machine.tree(pid))
    return Look(machine.tree_pss_kib(pid) * 1024, descriptors, machine.tree_cpu_s(pid), time.monotonic())


def _descriptors(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:  # It ended meanwhile.
        return 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One peer under load."""

    peer: str
    idle: int
    lost: int
    transfers: int
    broken: int
    rate_before: float
    """Bytes per second."""
    rate_flood: float
    slowest: float
    """What the slowest transfer got in the flood, as a part of what the median got."""
    seconds: float
    served: int
    refused: int
    failed: int
    slowest_s: float
    looks: tuple[Look, ...]
    worst_lag_s: float = 0.0
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def kept(self) -> float:
        """The part of their rate that transfers have in the flood."""
        return self.rate_flood / self.rate_before if self.rate_before else 0.0

    @property
    def growth_bytes(self) -> float:
        """How much memory grew in the flood after its warm-up, along the line of least squares."""
        judged = self.looks[int(len(self.looks) * WARM_UP) :]
        return slope([each.pss_bytes for each in judged]) * (len(judged) - 1)

    @property
    def cores(self) -> float:
        """How many cores the balancer's own processes kept busy in the flood."""
        first, last = self.looks[0], self.looks[-1]
        return (last.cpu_s - first.cpu_s) / (last.at - first.at) if last.at > first.at else 0.0

    def complaints(self) -> list[str]:
        """Return what is not as it must be."""
        most = max(MOST_GROWTH_BYTES, MOST_GROWTH * self.looks[-1].pss_bytes)
        wrong = {
            f"{self.lost} idle sessions were lost": self.lost,
            f"{self.broken} transfers broke": self.broken,
            f"{self.failed} connections got neither a greeting nor a 421": self.failed,
            f"transfers kept {self.kept:.0%} of their rate": self.kept < LEAST_RATE,
            f"the slowest transfer got {self.slowest:.0%} of the median": self.slowest < LEAST_SHARE,
            f"memory grew by {self.growth_bytes / MIB:.1f} MiB": self.growth_bytes > most,
        }
        return [sentence for sentence, is_wrong in wrong.items() if is_wrong]

    def row(self) -> str:
        """Return the line of the table."""
        connects = (self.served + self.refused + self.failed) / self.seconds
        memory = statistics.median(each.pss_bytes for each in self.looks)
        cells = (
            self.peer,
            f"{self.idle:,}",
            f"{self.lost:,}",
            f"{self.transfers:,}",
            f"{self.broken:,}",
            f"{self.rate_before / MIB:.1f}",
            f"{self.rate_flood / MIB:.1f}",
            f"{self.kept:.0%}",
            f"{self.slowest:.2f}",
            f"{connects:,.0f}",
            f"{self.served:,}",
            f"{self.refused:,}",
            f"{self.failed:,}",
            f"{1000 * self.slowest_s:,.0f} ms",
            f"{memory / MIB:,.0f} MiB",
            f"{self.growth_bytes / MIB:+.1f} MiB",
            f"{self.looks[0].descriptors:,} → {self.looks[-1].descriptors:,}",
            f"{self.cores:.2f} cores",
        )
        return f"| {' | '.join(cells)} |"


def ratios(outcomes: Sequence[Outcome]) -> list[str]:
    """Return ftpair beside each peer that was measured, where both did the same."""
    ours = next((each for each in outcomes if each.peer == "ftpair"), None)
    lines = []
    for peer in outcomes:
        if ours is None or peer is ours:
            continue
        answered = [(each.served + each.refused) / each.seconds for each in (ours, peer)]
        each_session = [each.looks[0].pss_bytes / (each.idle + each.transfers) for each in (ours, peer)]
        lines.append(
            f"ftpair beside {peer.peer}: {_ratio(*answered)} of the connects answered, "
            f"{_ratio(ours.kept, peer.kept)} of what transfers keep, {_ratio(*each_session)} of the memory for each "
            f"session or transfer, {_ratio(ours.cores, peer.cores)} of the CPU."
        )
    return lines


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}" if theirs else "-"
