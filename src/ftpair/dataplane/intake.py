"""A client's lines on their way to its session: split, and held back from who sends more than its share."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from ftpair.balance import buckets
from ftpair.balance.buckets import Level, Rate
from ftpair.core.limits import Limits
from ftpair.ftp.lines import LineSplitter

AHEAD_S = 5.0
"""So many seconds' worth of commands may come at once, as clients do when they begin."""
GROSS_S = 10.0
"""More than so many seconds' worth of commands that wait is no client, but an attack."""
FEWEST_GROSS = 100


class Intake:
    """Gives `on_line` one line after the other. Who sends too many waits; who sends far too many is `on_abuse`'s."""

    __slots__ = ("_level", "_lines", "_loop", "_most", "_on_abuse", "_on_line", "_rate", "_timer", "_waiting", "begun")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        on_line: Callable[[bytes], None],
        on_abuse: Callable[[], None],
    ) -> None:
        per_second = limits.commands_per_second
        self._loop, self._on_line, self._on_abuse = loop, on_line, on_abuse
        self._lines = LineSplitter(limits.line_bytes)
        self._waiting: deque[bytes] = deque()
        self._rate = Rate(per_second, max(1.0, per_second * AHEAD_S)) if per_second else None
        self._most = max(FEWEST_GROSS, per_second * GROSS_S)
        self._level: Level | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.begun = 0.0
        """When the line began that is not finished yet; 0.0: there is none."""

    @property
    def has_more(self) -> bool:
        """Whether lines wait, or a part of one: behind AUTH they are an injection."""
        return bool(self._waiting) or self._lines.is_pending

    @property
    def is_slowed(self) -> bool:
        """Whether lines wait for their time: nothing more is to be read from the client."""
        return self._timer is not None

    @property
    def is_overflowed(self) -> bool:
        """Whether a line was too long."""
        return self._lines.is_overflowed

    def feed(self, data: bytes, now: float) -> None:
        """Take bytes; give the lines whose time has come."""
        lines = self._lines.feed(data)
        if not self._lines.is_pending:
            self.begun = 0.0
        elif lines or not self.begun:
            self.begun = now
        self._waiting.extend(lines)
        if not self.is_slowed:
            self._go_on()
        if self._rate is not None and len(self._waiting) > self._most:
            self.close()
            self._on_abuse()

    def close(self) -> None:
        """Give no line any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go_on(self) -> None:
        self._timer = None
        while self._waiting:
            if self._rate is not None and not self._has_time_come(self._rate):
                return
            self._on_line(self._waiting.popleft())

    def _has_time_come(self, rate: Rate) -> bool:
        now = time.monotonic()
        taken = buckets.take(rate, self._level, now)
        if taken is None:
            self._timer = self._loop.call_later(buckets.next_one_s(rate, self._level, now), self._go_on)
            return False
        self._level = taken.level
        return True
