"""System Overview: every service and real server with its light and the reason, figures, what wants attention."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.actions import GetReport, ReportIs
from ftpair.core.jobs import Job
from ftpair.core.reports import Measure
from ftpair.core.status import CertificateStatus, NodeStatus, overload_sentences
from ftpair.web.banner import shown
from ftpair.web.doctor import last_examinations, verdict
from ftpair.web.lights import SOON_DAYS
from ftpair.web.news import News, figures, part
from ftpair.web.pages import may_operate, rendered

router = APIRouter()

DRAWN_S = 300.0
"""What the charts show."""
CHARTS: dict[str, tuple[Measure, ...]] = {
    "traffic": ("bytes_down", "bytes_up"),
    "sessions": ("sessions",),
    "transfers": ("transfers",),
}


@router.get("/", dependencies=[may("viewer")])
async def overview(request: Request, door: TheDoor) -> HTMLResponse:
    """Show the whole node."""
    node = await door.status()
    stats, services = _stats(node), _part(node, request, await last_examinations(door))
    return await shown(
        door,
        request,
        "overview.html",
        stats=stats,
        part=services,
        drawn=await _drawn(door),
    )


async def look(door: Door, request: Request) -> Iterable[News]:
    """Return the node as it is now, and its figures."""
    node = await door.status()
    services = _part(node, request, await last_examinations(door))
    return part("stats", _stats(node)), part("overview", services), _figures(node)


async def _drawn(door: Door) -> dict[str, str]:
    """Return what the charts begin with, as JSON: moments, then a value for each; nothing where none is kept."""
    since = time.time() - DRAWN_S
    measures = [measure for measures in CHARTS.values() for measure in measures]
    try:
        found = iter(await asyncio.gather(*(door.ask(GetReport(each, since=since), ReportIs) for each in measures)))
    except RefusalError:
        return dict.fromkeys(CHARTS, "")
    return {chart: _columns([next(found) for _measure in own]) for chart, own in CHARTS.items()}


def _columns(reports: Sequence[ReportIs]) -> str:
    moments = [moment for moment, _value in reports[0].points]
    values = [[value for _moment, value in report.points] for report in reports]
    return json.dumps([moments, *values])


def _stats(node: NodeStatus) -> str:
    services = node.services
    return rendered(
        "overview_stats.html",
        sessions=sum(service.sessions for service in services),
        transfers=sum(service.transfers for service in services),
        rate=sum(service.bytes_per_second for service in services),
        ports=sum(service.passive_ports for service in services),
        ports_in_use=sum(service.passive_ports_in_use for service in services),
    )


def _part(node: NodeStatus, request: Request, examinations: Mapping[str, Job]) -> str:
    return rendered(
        "overview_part.html",
        node=node,
        expiring=_expiring(node),
        overloads=overload_sentences(node),
        examinations=examinations,
        verdict=verdict,
        may_operate=may_operate(request),
    )


def _expiring(node: NodeStatus) -> list[tuple[str, CertificateStatus]]:
    return [
        (service.name, certificate)
        for service in node.services
        for certificate in service.certificates
        if certificate.days_left < SOON_DAYS
    ]


def _figures(node: NodeStatus) -> News:
    """Return counts as they are, and bytes since the start: the page makes rates of them."""
    services = node.services
    return figures(
        at=round(time.time()),
        sessions=sum(service.sessions for service in services),
        transfers=sum(service.transfers for service in services),
        up=sum(server.bytes_up for service in services for server in service.servers),
        down=sum(server.bytes_down for service in services for server in service.servers),
    )
