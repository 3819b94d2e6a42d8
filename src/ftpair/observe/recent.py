"""The latest lines of this process's log, until the next beat takes them to the supervisor; bounded."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count

from ftpair.core.messages import LogLines
from ftpair.observe.stderr import STDERR, Stderr

MOST = 200
"""Between two beats. In a flood the older ones are in the log alone."""
MOST_GRAVE = 50
"""Warnings and errors that no flood of other lines pushes out."""
GRAVE = frozenset({"warning", "error", "critical"})


class Recent:
    """Lines since the last beat."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._numbers = count()
        self._lines: deque[tuple[int, float, str, bytes]] = deque(maxlen=MOST)
        self._grave: deque[tuple[int, float, str, bytes]] = deque(maxlen=MOST_GRAVE)

    def add(self, level: str, line: bytes) -> None:
        """Keep a line; this stands in the way of every line, so it does no more."""
        kept = (next(self._numbers), self._now(), level, line)
        self._lines.append(kept)
        if level in GRAVE:
            self._grave.append(kept)

    def taken(self) -> Iterator[LogLines]:
        """Yield the lines in a message, if there are any, and begin anew."""
        lines = sorted({*self._lines, *self._grave})
        self._lines.clear()
        self._grave.clear()
        if lines:
            yield LogLines(tuple((at, level, line.decode("utf-8", "backslashreplace")) for _, at, level, line in lines))


class Sink:
    """Where the lines of a process go: to its standard error, and to those who look at the log from elsewhere."""

    def __init__(self, stderr: Stderr, recent: Recent) -> None:
        self._stderr, self._recent = stderr, recent

    def put(self, level: str, line: bytes) -> None:
        """Write one line; its end is added."""
        self._recent.add(level, line)
        self._stderr.msg(line)

    def debug(self, line: bytes) -> None:
        """Write what only who looks for a fault wants to know."""
        self.put("debug", line)

    def info(self, line: bytes) -> None:
        """Write what happens."""
        self.put("info", line)

    def warning(self, line: bytes) -> None:
        """Write what somebody should look at."""
        self.put("warning", line)

    def error(self, line: bytes) -> None:
        """Write what went wrong."""
        self.put("error", line)

    critical = error


RECENT = Recent()
"""Of this process."""
SINK = Sink(STDERR, RECENT)
