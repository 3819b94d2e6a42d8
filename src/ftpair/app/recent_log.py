"""The latest lines of all processes, in memory: what pages and `ftpair log` show. What must be kept is on stderr."""

import re
from collections import deque
from collections.abc import Iterator

from ftpair.core.actions import GetLog, LogIs
from ftpair.core.log_lines import LogLine
from ftpair.core.messages import LogLines
from ftpair.observe.recent import GRAVE

KEPT = 2000
KEPT_GRAVE = 500
"""Warnings and errors that no flood of other lines pushes out."""
RANKS = {"debug": 0, "info": 1, "warning": 2, "error": 3}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_INVITATION = re.compile(r"(/setup\?key=)[\w-]+")
"""Whoever has the set-up link becomes an admin, and who sees the log may be none: it stands on stderr alone."""


class RecentLog:
    """Written on the supervisor's loop alone."""

    def __init__(self) -> None:
        self._lines: deque[LogLine] = deque(maxlen=KEPT)
        self._grave: deque[LogLine] = deque(maxlen=KEPT_GRAVE)
        self._latest = 0

    def hear(self, process: str, message: LogLines) -> None:
        """Take the lines of a process."""
        for at, level, text in message.lines:
            self._latest += 1
            shown = _INVITATION.sub(r"\1...", _COLOUR.sub("", text))
            line = LogLine(self._latest, at, level, process, shown)
            self._lines.append(line)
            if level in GRAVE:
                self._grave.append(line)

    def find(self, wanted: GetLog) -> LogIs:
        """Return the newest lines that fit."""
        fitting = [line for line in self._newest_first() if _fits(line, wanted)][: wanted.limit]
        return LogIs(tuple(sorted(fitting, key=lambda line: (line.at, line.number))), self._latest)

    def _newest_first(self) -> Iterator[LogLine]:
        yield from reversed(self._lines)
        oldest = self._lines[0].number if self._lines else 0
        yield from (line for line in reversed(self._grave) if line.number < oldest)


def _fits(line: LogLine, wanted: GetLog) -> bool:
    return (
        line.number > wanted.after
        and RANKS[line.level] >= RANKS[wanted.level]
        and wanted.process in ("", line.process)
        and wanted.contains.casefold() in line.text.casefold()
    )
