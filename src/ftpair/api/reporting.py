"""The route of figures over time."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import Report
from ftpair.api.history import Moment
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import GetReport, ReportIs
from ftpair.core.reports import Measure

router = APIRouter(prefix="/api/v1", tags=["history"], dependencies=[may("viewer")])


class Place:
    """Of what."""

    def __init__(
        self,
        service: Annotated[str, Query(description="Of this virtual service; empty: of the whole node.")] = "",
        server: Annotated[str, Query(description="Of this real server; empty: of the whole service.")] = "",
    ) -> None:
        self.service, self.server = service, server


@router.get(
    "/reports",
    summary="Figures over time",
    responses=examples.ok(examples.REPORT) | documented(*ASKING, "not-found", "busy", "setup", "wrong-request"),
)
async def report(
    door: TheDoor,
    measure: Annotated[Measure, Query(description="What was measured.")],
    place: Annotated[Place, Depends()],
    since: Annotated[Moment, Query(alias="from")] = 0.0,
    until: Moment = 0.0,
) -> Report:
    """Return one value for each step, `null` where ftpair did not run; by default the last hour."""
    found = await door.ask(GetReport(measure, place.service, place.server, since, until), ReportIs)
    moments, values = tuple(at for at, _ in found.points), tuple(value for _, value in found.points)
    return Report(place.service, place.server, measure, found.unit, found.step_s, moments, values)
