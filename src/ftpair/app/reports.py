"""Figures over time as the supervisor keeps them: a reading every ten seconds, questions answered, nobody waits."""

import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from ftpair.app.clerk import ANSWER_TIMEOUT_S, Clerk
from ftpair.app.readings import NODE, Place, Readings
from ftpair.app.report_store import FILE, STEP_S, ReportStore, span_of
from ftpair.core.actions import GetReport, Refused, ReportIs
from ftpair.core.errors import BusyError, NotFoundError
from ftpair.core.reports import UNITS
from ftpair.core.status import NodeStatus, Sample

MARGIN_S = 1.0
"""A reading tells of the time before it, so it counts for the step of a moment ago."""
log = structlog.get_logger("ftpair")


class Reports:
    """Written on the supervisor's loop, stored by a thread. `warn` hears sentences."""

    def __init__(
        self,
        state: Path,
        warn: Callable[[str], None],
        now: Callable[[], float] = time.time,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._path, self._now = state / FILE, now
        self._readings = Readings()
        self._clerk = Clerk("figures over time", lambda: ReportStore(self._path, warn, now), timeout_s)

    def seconds_left(self) -> float:
        """Return when the next reading is due: just after the end of the running step."""
        return STEP_S - (self._now() - MARGIN_S / 2) % STEP_S

    def record(self, status: NodeStatus, counters: Iterable[Sample]) -> None:
        """Take a reading; one for which the disk is too slow is missing."""
        at, readings = self._now() - MARGIN_S, self._readings.take(status, counters)
        if not self._clerk.post(lambda store: store.add(at, readings)):
            log.warning("figures of ten seconds are missing in the reports: the disk is too slow")

    async def find(self, wanted: GetReport, status: NodeStatus) -> ReportIs | Refused:
        """Answer a question. Raises NotFoundError for what never was."""
        place, span = (wanted.service, wanted.server), span_of(wanted.since, wanted.until, self._now())
        try:
            is_known, points = await self._clerk.ask(
                lambda store: (store.knows(place), store.find(place, wanted.measure, span))
            )
        except BusyError as error:
            return Refused("busy", error.sentence)
        except sqlite3.Error as error:
            remedy = f"stop ftpair, move {self._path} away, and it begins anew"
            return Refused("setup", f"the figures over time cannot be read ({error}): {remedy}")
        if not is_known:
            _demand_present(place, status)
        return ReportIs(UNITS[wanted.measure], span.step_s, points)

    def close(self) -> None:
        """Write what waits, and leave the file."""
        self._clerk.close()


def _demand_present(place: Place, status: NodeStatus) -> None:
    """Raise NotFoundError unless the place is there now: its first figures come within ten seconds."""
    present = {(service.name, server.name) for service in status.services for server in service.servers}
    present |= {(service.name, "") for service in status.services} | {NODE}
    if place not in present:
        known = ", ".join(sorted(" ".join(each).strip() for each in present - {NODE}))
        raise NotFoundError(f"there are no figures of {' '.join(place).strip()}; there are some of: {known}")
