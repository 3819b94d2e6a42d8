"""The threshold of a worker: whether anybody may come in at all. Asked before any work is done for a connection.

A refusal costs one short write: no session, no TLS, no name. So a worker that has enough can refuse thousands a second
while those who are here go on.
"""

import socket
from collections.abc import Callable, Iterable

from ftpair.balance.admission import AT_EASE, Seen
from ftpair.config.descriptors import sessions_with
from ftpair.config.memory import available_memory
from ftpair.core.facts import Fact, Overloaded, Refusal
from ftpair.core.overload import SHORTAGES, Overload, Shortage
from ftpair.core.plan import Entrance
from ftpair.core.status import Sample
from ftpair.dataplane.descriptors import most_descriptors, open_descriptors
from ftpair.dataplane.gate import TOO_MANY_IN_ALL, turn_away

TOLD_EVERY_S = 60.0
"""How often the log hears of a shortage that lasts: a flood of refusals must not flood the log."""
QUIET_S = 3.0
"""After so long without a refusal, a shortage that does not hold any more is over."""


class _Episode:
    """One shortage from its beginning to its end."""

    __slots__ = ("last_s", "refused", "told_s", "why")

    def __init__(self, why: str, now: float) -> None:
        self.why, self.refused = why, 0
        self.last_s = self.told_s = now


class Threshold:
    """Lets in or turns away; looks once a second at what is left. `note` hears of every refusal and shortage."""

    def __init__(
        self,
        note: Callable[[Fact], None],
        clock: Callable[[], float],
        memory: Callable[[], int | None] = available_memory,
    ) -> None:
        self._note, self._clock, self._memory = note, clock, memory
        self.limits = Overload()
        self.most_sessions = sessions_with(most_descriptors())
        self.open_descriptors = open_descriptors()
        """When it was last looked at."""
        self._admission = AT_EASE
        self._episodes: dict[Shortage, _Episode] = {}

    def shortage(self, sessions: int) -> Shortage | None:
        """Return what there is too little of for one more beside so many sessions; None: it may come in."""
        if self._admission.shortages:
            return next(iter(self._admission.shortages))
        return "descriptors" if sessions >= self.most_sessions else None

    def turn_away(self, shortage: Shortage, service: str, entrance: Entrance, sock: socket.socket, host: str) -> None:
        """Refuse a connection, in words where a client can read them before TLS."""
        episode = self._episode(shortage, f"{self.most_sessions} sessions are as many as it has descriptors for")
        episode.refused += 1
        episode.last_s = self._clock()
        self._note(Refusal(service, shortage, host))
        turn_away(sock, TOO_MANY_IN_ALL if entrance == "explicit" else "")

    def look(self, lag_s: float) -> None:
        """Look at what is left; called about every second."""
        self.open_descriptors = open_descriptors()
        seen = Seen(self.open_descriptors, most_descriptors(), self._memory(), lag_s)
        self._admission = self._admission.after(self.limits, seen)
        now = self._clock()
        for shortage, why in self._admission.shortages.items():
            episode = self._episode(shortage, why)
            episode.why, episode.last_s = why, now
        for shortage, episode in tuple(self._episodes.items()):
            self._tell(shortage, episode, now)

    def _episode(self, shortage: Shortage, why: str) -> _Episode:
        episode = self._episodes.get(shortage)
        if episode is None:
            episode = self._episodes[shortage] = _Episode(why, self._clock())
            self._note(Overloaded("", shortage, why, 0))
        return episode

    def _tell(self, shortage: Shortage, episode: _Episode, now: float) -> None:
        is_over = now - episode.last_s > QUIET_S
        if is_over:
            del self._episodes[shortage]
        if is_over or now - episode.told_s >= TOLD_EVERY_S:
            episode.told_s = now
            self._note(Overloaded("", shortage, episode.why, episode.refused, is_over))

    def gauges(self, worker: int) -> Iterable[Sample]:
        """Yield one gauge per shortage, 1 while it holds, and the open descriptors."""
        yield Sample("process_open_fds", (f"worker {worker}",), float(self.open_descriptors))
        for shortage in SHORTAGES:
            yield Sample("overload", (str(worker), shortage), float(shortage in self._episodes))
