"""Counters and gauges of all children, summed; counters never fall, even if a child dies."""

from collections import defaultdict
from collections.abc import Iterable

from ftpair.core.messages import Beat
from ftpair.core.status import Sample

Sums = dict[tuple[str, tuple[str, ...]], float]


class Figures:
    """The last beat of every child, and what the dead had counted."""

    def __init__(self) -> None:
        self._past: Sums = {}
        self._beats: dict[str, Beat] = {}

    def hear(self, child: str, beat: Beat) -> None:
        """Take a child's beat; it replaces the one before."""
        self._beats[child] = beat

    def bury(self, child: str) -> None:
        """Keep the counters of a child that died; its gauges are gone with it."""
        beat = self._beats.pop(child, None)
        if beat:
            self._past = _add(_samples(self._past), beat.counters)

    def counters(self) -> tuple[Sample, ...]:
        """Return all counters, summed over the living and the dead."""
        return _samples(_add(_samples(self._past), *(beat.counters for beat in self._beats.values())))

    def gauges(self) -> tuple[Sample, ...]:
        """Return all gauges, summed over the living."""
        return _samples(_add(*(beat.gauges for beat in self._beats.values())))

    def gauge(self, name: str, *labels: str) -> float:
        """Return one gauge, summed over the living."""
        return _add(*(beat.gauges for beat in self._beats.values())).get((name, labels), 0.0)


def _add(*groups: Iterable[Sample]) -> Sums:
    sums: Sums = defaultdict(float)
    for group in groups:
        for sample in group:
            sums[sample.name, sample.labels] += sample.value
    return sums


def _samples(sums: Sums) -> tuple[Sample, ...]:
    return tuple(Sample(name, labels, value) for (name, labels), value in sums.items())
