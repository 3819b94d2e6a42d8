"""What is kept of drains beside their wishes: the bytes that they began with, and the sessions that they ended."""

from collections import Counter
from typing import Literal

from ftpair.core.columns import BYTES_DOWN, BYTES_UP
from ftpair.core.drain import Drain, DrainStatus, Moving, told
from ftpair.core.plan import ServerPlan
from ftpair.core.status import Sample
from ftpair.dataplane.counts import Counts

How = Literal["ended", "cut"]
_Key = tuple[int, float]
"""The row of a server, and when its drain began: another drain begins anew."""


class DrainBook:
    """Drains of this run."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._began: dict[_Key, int] = {}
        self._cut: Counter[_Key] = Counter()
        self._ended: Counter[tuple[str, str, How]] = Counter()
        self._unfinished: set[_Key] = set()
        """Drains that have had sessions or transfers, and were not empty yet."""

    def bytes(self, server: ServerPlan, drain: Drain) -> int:
        """Return what a server has moved since its drain began, or since it is looked at."""
        total = self._counts.total(server.slot, BYTES_UP) + self._counts.total(server.slot, BYTES_DOWN)
        return total - self._began.setdefault((server.slot, drain.since), total)

    def is_busy(self, server: ServerPlan) -> bool:
        """Return whether a server has sessions or transfers."""
        return bool(self._counts.sessions(server.slot) or self._counts.transfers(server.slot))

    def has_emptied(self, server: ServerPlan, drain: Drain) -> bool:
        """Return, once, that a server is empty which was not when its drain began, or was looked at before."""
        key = (server.slot, drain.since)
        if self.is_busy(server):
            self._unfinished.add(key)
        elif key in self._unfinished:
            self._unfinished.remove(key)
            return True
        return False

    def note_cut(self, server: ServerPlan, drain: Drain, sessions: int) -> None:
        """Sessions were ended at the deadline."""
        self._cut[server.slot, drain.since] += sessions
        self._ended[server.service, server.name, "cut"] += sessions

    def note_ended(self, server: ServerPlan, sessions: int) -> None:
        """Sessions of TCP mode were ended between two transfers; those of FTP mode are told by the workers."""
        self._ended[server.service, server.name, "ended"] += sessions

    def status(self, server: ServerPlan, drain: Drain, moving: Moving, now: float) -> DrainStatus:
        """Return how far a drain is."""
        cut = self._cut[server.slot, drain.since]
        sentence = told(server.name, drain, moving, cut, now)
        return DrainStatus(drain.wait_for, drain.since, drain.until, moving.bytes, cut, sentence)

    def keep(self, drained: tuple[tuple[ServerPlan, Drain], ...]) -> None:
        """Forget all drains but these."""
        keys = {(server.slot, drain.since) for server, drain in drained}
        self._began = {key: value for key, value in self._began.items() if key in keys}
        self._unfinished &= keys
        self._cut = Counter({key: value for key, value in self._cut.items() if key in keys})

    def counters(self) -> tuple[Sample, ...]:
        """Return how many sessions drains have ended."""
        return tuple(Sample("drained_sessions_total", labels, float(count)) for labels, count in self._ended.items())
