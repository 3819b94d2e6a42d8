"""How many lines of one kind the log takes: a flood of refusals must not become a flood of lines."""

import time
from collections.abc import Callable

MOST_PER_S = 20


class Sparing:
    """Lets `most` lines through in a second, and counts the rest."""

    def __init__(self, most: int = MOST_PER_S, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = most, now
        self._until = 0.0
        self._written = self._left_out = 0

    def spare(self) -> int | None:
        """Return how many lines were left out before this one; None: leave this one out, too."""
        now = self._now()
        if now >= self._until:
            self._until, self._written = now + 1.0, 0
        if self._written >= self._most:
            self._left_out += 1
            return None
        self._written += 1
        left_out, self._left_out = self._left_out, 0
        return left_out
