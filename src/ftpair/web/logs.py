"""The log: its latest lines, and those that come; the browser filters them by level, process and words."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.core.actions import GetLog, LogIs
from ftpair.core.log_lines import LogLine
from ftpair.core.text import safe
from ftpair.web.banner import shown
from ftpair.web.news import News
from ftpair.web.rows import Row

router = APIRouter(prefix="/log", dependencies=[may("viewer")])

KEPT = 2500
"""Lines that a page has at most: as many as the supervisor remembers, old warnings and errors among them."""
LEVELS = {"debug": "All levels", "info": "info and above", "warning": "warning and above", "error": "error"}


@router.get("")
async def log(request: Request, door: TheDoor, q: str = "", level: str = "debug", process: str = "") -> HTMLResponse:
    """Show the frame of the log; its lines come with the stream."""
    wanted = {"q": q, "level": level, "process": process}
    return await shown(door, request, "log.html", wanted=wanted, levels=LEVELS, kept=KEPT)


@dataclass(slots=True)
class Watch:
    """What one page of the log has been told."""

    _latest: int = -1

    async def __call__(self, door: Door, _request: Request) -> Iterable[News]:
        """Return the lines that have come since the last look; all that are remembered at first."""
        is_first = self._latest < 0
        found = await door.ask(GetLog(limit=KEPT, after=max(self._latest, 0)), LogIs)
        self._latest = found.latest
        if not found.lines and not is_first:
            return ()
        told = {"now": time.time(), "whole": is_first, "rows": [_row(line) for line in found.lines], "gone": []}
        return (News("rows", "", msgspec.json.encode(told)),)


def _row(line: LogLine) -> Row:
    text = "\n".join(map(safe, line.text.splitlines()))
    return {"key": str(line.number), "at": line.at, "level": line.level, "process": line.process, "text": text}
