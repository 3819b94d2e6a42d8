"""Ended transfers on their way from a worker into the history: kept until the next beat, and bounded."""

import time
from collections.abc import Callable, Iterator

from ftpair.core.facts import TransferEnded
from ftpair.core.messages import TransfersEnded

MOST = 2000
"""Of one worker in a second. What comes above it is counted, and does not slow a transfer."""
FRAME = 250
"""In one message, so that none is long to read for the supervisor."""


class EndedTransfers:
    """Those since the last beat."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._ended: list[tuple[float, TransferEnded]] = []
        self._unrecorded = 0

    def add(self, fact: TransferEnded) -> None:
        """Keep one; this stands in the way of every transfer, so it does no more."""
        if len(self._ended) < MOST:
            self._ended.append((self._now(), fact))
        else:
            self._unrecorded += 1

    def taken(self) -> Iterator[TransfersEnded]:
        """Yield all of them in messages, and begin anew."""
        ended, unrecorded = self._ended, self._unrecorded
        self._ended, self._unrecorded = [], 0
        for first in range(0, len(ended), FRAME):
            yield TransfersEnded(tuple(ended[first : first + FRAME]), unrecorded)
            unrecorded = 0
