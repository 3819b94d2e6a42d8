"""Figures over time on the disk: `reports.sqlite` in the state folder, coarser the older they are.

Each reading is added to the running step of every tier at once, so that nothing has to be summed up later, however
ftpair ends.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from ftpair.app.database import Contents, Database, Statement
from ftpair.app.mishaps import Mishaps
from ftpair.app.readings import Happened, Place, Reading
from ftpair.core.reports import UNITS, Measure

FILE = "reports.sqlite"
DAY_S = 86400
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Tier:
    """Steps of so many seconds, kept for so many days."""

    step_s: int
    days: int


TIERS = (Tier(10, 1), Tier(300, 14), Tier(3600, 90))
STEP_S = TIERS[0].step_s
MOST_POINTS = 2200
"""What a chart gets at most; a longer span has longer steps."""
PRUNE_EVERY = 360
"""Readings from one look at what is too old to the next: an hour."""

_COUNTED = tuple(field.name for field in fields(Happened))
MIGRATIONS = (
    """
    CREATE TABLE series (
        number INTEGER PRIMARY KEY,
        service TEXT NOT NULL,
        server TEXT NOT NULL,
        UNIQUE (service, server)
    );
    CREATE TABLE point (
        series INTEGER NOT NULL,
        step INTEGER NOT NULL,
        at INTEGER NOT NULL,
        readings INTEGER NOT NULL,
        sessions INTEGER NOT NULL,
        sessions_peak INTEGER NOT NULL,
        transfers INTEGER NOT NULL,
        healthy INTEGER NOT NULL,
        bytes_up INTEGER NOT NULL,
        bytes_down INTEGER NOT NULL,
        transfers_done INTEGER NOT NULL,
        transfers_failed INTEGER NOT NULL,
        logins INTEGER NOT NULL,
        logins_refused INTEGER NOT NULL,
        errors INTEGER NOT NULL,
        refusals INTEGER NOT NULL,
        PRIMARY KEY (series, step, at)
    ) WITHOUT ROWID;
    """,
)
_CONTENTS = Contents("figures over time", MIGRATIONS, is_dispensable=True, is_written_ahead=True)
_SUMS = ("readings", "sessions", "transfers", "healthy", *_COUNTED)
_NAME = "INSERT OR IGNORE INTO series (service, server) VALUES (?, ?)"
_ADD = f"""
    INSERT INTO point (series, step, at, readings, sessions, sessions_peak, transfers, healthy, {", ".join(_COUNTED)})
    VALUES ((SELECT number FROM series WHERE service = ? AND server = ?), ?, ?, 1, ?, ?, ?, ?{", ?" * len(_COUNTED)})
    ON CONFLICT DO UPDATE SET sessions_peak = max(sessions_peak, excluded.sessions_peak),
        {", ".join(f"{name} = {name} + excluded.{name}" for name in _SUMS)}
"""  # noqa: S608 - our own names.
_VALUES: dict[str, str] = {
    "bytes/s": f"CAST({{name}} AS REAL) / (readings * {STEP_S})",
    "mean": "CAST({name} AS REAL) / readings",
    "peak": "{name}",
    "number": "{name}",
    "share": "CAST({name} AS REAL) / readings",
}
"""How a point tells the unit of a measure; a step in which ftpair was started is as long as its readings."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when (seconds since the epoch), and in which steps."""

    since: int
    until: int
    step_s: int

    @property
    def moments(self) -> range:
        """Return the beginnings of all steps."""
        return range(self.since, self.until, self.step_s)


def span_of(since: float, until: float, now: float) -> Span:
    """Return the steps that fit the wish: the shortest that are still kept and are not too many; 0 is the last hour.

    The ten seconds that still run have no figures yet.
    """
    known = now // STEP_S * STEP_S
    until = min(until, known) if until else known
    since = since or until - HOUR_S
    fitting = (
        tier for tier in TIERS if since >= now - tier.days * DAY_S and (until - since) / tier.step_s <= MOST_POINTS - 1
    )
    tier = next(fitting, TIERS[-1])
    begin = int(max(since, now - tier.days * DAY_S)) // tier.step_s * tier.step_s
    return Span(begin, int(until), tier.step_s)


class ReportStore:
    """The points and their bounds; used by one thread. `warn` hears sentences."""

    def __init__(self, path: Path, warn: Callable[[str], None], now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._database = Database(path, _CONTENTS, warn)
        self._mishaps = Mishaps(path, _CONTENTS.noun, warn)
        self._until_pruned = 0

    def add(self, at: float, readings: Iterable[Reading]) -> None:
        """Record readings; those that the disk does not take are missing, and that is said once."""
        rows = [statement for reading in readings for statement in _statements(at, reading)]
        try:
            self._database.write(*rows)
            self._prune()
        except sqlite3.Error as error:
            self._mishaps.miss(1, error)
        else:
            self._mishaps.recover()

    def find(self, place: Place, measure: Measure, span: Span) -> tuple[tuple[int, float | None], ...]:
        """Return the value of each step, None where there is none. Raises sqlite3.Error."""
        value = _VALUES[UNITS[measure]].format(name=measure)
        found = self._database.rows(
            f"SELECT at, {value} FROM point JOIN series ON series = number"  # noqa: S608 - a name of ours.
            " WHERE service = ? AND server = ? AND step = ? AND at >= ? AND at < ?",
            *place,
            span.step_s,
            span.since,
            span.until,
        )
        values = {at: float(value) for at, value in found}
        return tuple((at, values.get(at)) for at in span.moments)

    def knows(self, place: Place) -> bool:
        """Tell whether there are figures of it."""
        return self._database.row("SELECT 1 FROM series WHERE service = ? AND server = ?", *place) is not None

    def close(self) -> None:
        """Leave the file."""
        self._database.close()

    def _prune(self) -> None:
        self._until_pruned -= 1
        if self._until_pruned > 0:
            return
        self._until_pruned = PRUNE_EVERY
        now = int(self._now())
        numbers = [number for (number,) in self._database.rows("SELECT number FROM series")]
        # What a clock that was wrong has left in the future would never grow too old.
        old = "DELETE FROM point WHERE series = ? AND step = ? AND (at < ? OR at > ?)"
        self._database.write(
            *(
                (old, (number, tier.step_s, now - tier.days * DAY_S, now + DAY_S))
                for number in numbers
                for tier in TIERS
            ),
            ("DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM point WHERE series = number)", ()),
        )


def _statements(at: float, reading: Reading) -> Iterable[Statement]:
    yield _NAME, reading.place
    gauges = (reading.sessions, reading.sessions, reading.transfers, int(reading.is_healthy))
    for tier in TIERS:
        step = (tier.step_s, int(at) // tier.step_s * tier.step_s)
        yield _ADD, (*reading.place, *step, *gauges, *astuple(reading.happened))
