"""The route of the log: its latest lines, of all processes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import Log
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import GetLog, LogIs
from ftpair.core.plan import LogLevel

router = APIRouter(prefix="/api/v1", tags=["history"], dependencies=[may("viewer")])


class Lines:
    """Which lines."""

    def __init__(
        self,
        level: Annotated[LogLevel, Query(description="Of this level and above.")] = "debug",
        contains: Annotated[str, Query(description="Only with this in it, in any case.", max_length=1000)] = "",
        process: Annotated[str, Query(description="Only of: supervisor, worker 0, prober, api.", max_length=100)] = "",
    ) -> None:
        self.level, self.contains, self.process = level, contains, process


@router.get(
    "/log",
    summary="The latest lines of the log",
    responses=examples.ok(examples.LOG) | documented(*ASKING, "wrong-request"),
)
async def recent_log(
    door: TheDoor,
    lines: Annotated[Lines, Depends()],
    limit: Annotated[int, Query(ge=1, le=2500)] = 200,
    after: Annotated[int, Query(ge=0, lt=2**53, description="Only lines of a higher number.")] = 0,
) -> Log:
    """Return the newest lines that fit, in the order of time; give `latest` as `after` for what comes next."""
    found = await door.ask(GetLog(lines.level, lines.contains, lines.process, limit, after), LogIs)
    return Log(found.lines, found.latest)
