"""Reports: what was over time, of the node, of a service or of a real server; as charts, as a table and as CSV."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.sheets import MEDIA_TYPE, csv_text
from ftpair.core.actions import GetReport, ReportIs
from ftpair.core.reports import MEASURES, Measure
from ftpair.core.status import NodeStatus
from ftpair.core.units import duration, moment, size
from ftpair.web.banner import shown
from ftpair.web.pages import rendered

router = APIRouter(prefix="/reports", dependencies=[may("viewer")])

Span = Literal["hour", "day", "week", "month", "quarter"]
SPANS: Mapping[Span, tuple[str, int]] = {
    "hour": ("Hour", 3600),
    "day": ("Day", 86_400),
    "week": ("Week", 7 * 86_400),
    "month": ("Month", 30 * 86_400),
    "quarter": ("90 days", 90 * 86_400),
}
"""What each one is called, and its seconds."""
STEPS: Mapping[int, str] = {10: "10 seconds", 300: "5 minutes", 3600: "an hour"}


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its title, how its figures are written, and its lines."""

    title: str
    unit: Literal["rate", "number", "count", "share"]
    """A count is of what happened in a step."""
    lines: tuple[tuple[Measure, str], ...]


CHARTS = (
    Chart("Traffic", "rate", (("bytes_down", "to clients"), ("bytes_up", "from clients"))),
    Chart("Sessions", "number", (("sessions", "mean"), ("sessions_peak", "peak"))),
    Chart("Logins", "count", (("logins", "accepted"), ("logins_refused", "refused"))),
    Chart("Transfers", "count", (("transfers_done", "complete"), ("transfers_failed", "failed"))),
    Chart("Errors", "count", (("errors", "errors"), ("refusals", "clients turned away"))),
    Chart("Health", "share", (("healthy", "of the time"),)),
)
TITLES: Mapping[Measure, str] = {
    "bytes_up": "From clients, B/s",
    "bytes_down": "To clients, B/s",
    "sessions": "Sessions, mean",
    "sessions_peak": "Sessions, peak",
    "transfers": "Transfers, mean",
    "transfers_done": "Transfers complete",
    "transfers_failed": "Transfers failed",
    "logins": "Logins accepted",
    "logins_refused": "Logins refused",
    "errors": "Errors",
    "refusals": "Clients turned away",
    "healthy": "Healthy, share of the time",
}
"""What each measure is called in the table and in the sheet."""


class Wanted:
    """What is shown: `of` is `SERVICE`, `SERVICE/SERVER`, or empty for the whole node."""

    def __init__(self, of: Annotated[str, Query(max_length=200)] = "", span: Span = "hour") -> None:
        self.of, self.span = of, span

    @property
    def place(self) -> tuple[str, str]:
        """Return service and server; empty: all."""
        service, _, server = self.of.partition("/")
        return service, server


TheWanted = Annotated[Wanted, Depends()]


@dataclass(frozen=True, slots=True)
class Figures:
    """All measures of one place over the same steps; times in seconds since the epoch."""

    step_s: int
    at: Sequence[int]
    values: Mapping[Measure, Sequence[float | None]]

    def known(self, measure: Measure) -> list[float]:
        """Return the values of a measure where ftpair ran."""
        return [value for value in self.values[measure] if value is not None]

    def totals(self) -> dict[str, str]:
        """Return what stands above the charts, in words."""
        healthy = self.known("healthy")
        share = f"{100 * sum(healthy) / len(healthy):.4g} %" if healthy else "not known"
        return {
            "To clients": size(self.step_s * sum(self.known("bytes_down"))),
            "From clients": size(self.step_s * sum(self.known("bytes_up"))),
            "Sessions at most": f"{max(self.known('sessions_peak'), default=0):.0f}",
            "Transfers": f"{sum(self.known('transfers_done')):.0f}",
            "Failed": f"{sum(self.known('transfers_failed')):.0f}",
            "Healthy": share,
        }


@router.get("")
async def reports(request: Request, door: TheDoor, wanted: TheWanted) -> HTMLResponse:
    """Show the charts."""
    figures = await _figures(door, wanted)
    return await shown(
        door,
        request,
        "reports.html",
        wanted=wanted,
        spans=SPANS,
        charts=CHARTS,
        step=STEPS.get(figures.step_s, duration(figures.step_s)),
        places=_places(await door.status()),
        totals=figures.totals(),
        has_figures=any(figures.known(measure) for measure in MEASURES),
    )


@router.get("/figures")
async def figures_of(door: TheDoor, wanted: TheWanted) -> Response:
    """Return the figures for the charts: `at`, `step_s`, and a column for each measure."""
    found = await _figures(door, wanted)
    return JSONResponse({"at": list(found.at), "step_s": found.step_s, "values": dict(found.values)})


@router.get("/table")
async def table(door: TheDoor, wanted: TheWanted) -> HTMLResponse:
    """Return the same figures as a table."""
    found = await _figures(door, wanted)
    return HTMLResponse(rendered("reports_table.html", titles=TITLES, rows=list(_rows(found))))


@router.get("/figures.csv")
async def sheet(door: TheDoor, wanted: TheWanted) -> Response:
    """Return the same figures as a sheet."""
    found = await _figures(door, wanted)
    text = csv_text([("Time", *TITLES.values()), *_rows(found)])
    name = f"ftpair-{wanted.of.replace('/', '-') or 'node'}-{wanted.span}.csv"  # Names that are known have no signs.
    return Response(text, media_type=MEDIA_TYPE, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _figures(door: Door, wanted: Wanted) -> Figures:
    until = time.time()
    since = until - SPANS[wanted.span][1]
    found = [await door.ask(GetReport(measure, *wanted.place, since, until), ReportIs) for measure in MEASURES]
    columns = {measure: [value for _at, value in one.points] for measure, one in zip(MEASURES, found, strict=True)}
    return Figures(found[0].step_s, [at for at, _value in found[0].points], columns)


def _rows(figures: Figures) -> Iterator[tuple[str | float | None, ...]]:
    """Yield the moment and all values of each step, the newest first; a step without ftpair has none."""
    columns = [[_short(value) for value in figures.values[measure]] for measure in TITLES]
    for at, *values in sorted(zip(figures.at, *columns, strict=True), key=itemgetter(0), reverse=True):
        yield moment(at), *values


def _short(value: float | None) -> float | None:
    if value is None:
        return None
    return int(value) if value.is_integer() else round(value, 3)


def _places(node: NodeStatus) -> list[tuple[str, list[str]]]:
    """Return each service with its real servers."""
    return [(service.name, [server.name for server in service.servers]) for service in node.services]
