"""Virtual Services: the list, one of them as it runs and as it is wanted, and its end."""

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.core.status import ServiceStatus
from ftpair.core.units import counted
from ftpair.web.acting import gone_to
from ftpair.web.banner import shown
from ftpair.web.news import News, part
from ftpair.web.pages import may_change, may_operate, rendered
from ftpair.web.saving import save, sent
from ftpair.web.service import Service, service_named, services_of
from ftpair.web.wanted import wanted

router = APIRouter()


@router.get("/services", dependencies=[may("viewer")])
async def listed(request: Request, door: TheDoor) -> HTMLResponse:
    """List the services."""
    return await shown(
        door,
        request,
        "services.html",
        part=await _list(door, request),
        may_change=may_change(request),
    )


async def look_at_all(door: Door, request: Request) -> Iterable[News]:
    """Return the list as it is now."""
    return (part("services", await _list(door, request)),)


async def _list(door: Door, request: Request) -> str:
    found = await wanted(door)
    services = services_of(found, await door.status())
    return rendered("services_part.html", services=services, found=found, may_change=may_change(request))


@router.get("/services/{name}", dependencies=[may("viewer")])
async def one(request: Request, door: TheDoor, name: str) -> HTMLResponse:
    """Show one service."""
    found = await wanted(door)
    service = service_named(name, found, await door.status())
    return await shown(
        door,
        request,
        "service.html",
        service=service,
        part=_part(service, request),
        may_change=may_change(request),
    )


async def look_at_one(door: Door, request: Request) -> Iterable[News]:
    """Return one service as it is now; nothing, once it is gone."""
    name = request.query_params.get("name", "")
    known = services_of(await wanted(door), await door.status())
    return [part("service", _part(each, request)) for each in known if each.name == name]


def _part(service: Service, request: Request) -> str:
    rights = {"may_change": may_change(request), "may_operate": may_operate(request)}
    return rendered("service_part.html", service=service, **rights)


@router.get("/services/{name}/delete", dependencies=[may("admin")])
async def ask_before_delete(door: TheDoor, name: str) -> HTMLResponse:
    """Say what will become of a service and its sessions, and ask whether that is meant."""
    found = await wanted(door)
    found.service(name)
    running = next((each for each in (await door.status()).services if each.name == name), None)
    return HTMLResponse(
        rendered(
            "delete_dialog.html",
            what=f"virtual service {name}",
            sentence=_after_delete(running),
            action=f"/services/{name}/delete",
            etag=found.etag,
        )
    )


def _after_delete(running: ServiceStatus | None) -> str:
    if running is None:
        return "It does not run yet: nothing else changes."
    if not running.sessions:
        return "Nobody uses it now. With the next apply it listens no more."
    stay = "session stays" if running.sessions == 1 else "sessions stay"
    ended = "it ends by itself" if running.sessions == 1 else "they end by themselves"
    transfers = counted(running.transfers, "transfer")
    return f"With the next apply it listens no more; {running.sessions} {stay} ({transfers}) until {ended}."


@router.post("/services/{name}/delete", dependencies=[may("admin")])
async def delete(request: Request, door: TheDoor, name: str) -> HTMLResponse:
    """Take a service out of the file."""
    etag = (await sent(request)).get("etag", "")
    await save(door, {"virtual_services": {name: None}}, etag, f"delete the virtual service {name}")
    return gone_to("/services")
