"""Bans: who is banned and for how long, a ban by hand, and the end of one."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.actions import AddBan, BansAre, GetBans, LiftBan, Said
from ftpair.core.text import safe
from ftpair.web.acting import toast
from ftpair.web.banner import shown
from ftpair.web.news import News, part
from ftpair.web.pages import may_operate, rendered

router = APIRouter(prefix="/bans")

DURATIONS = {
    900: "15 minutes",
    3600: "1 hour",
    86_400: "1 day",
    604_800: "7 days",
    2_592_000: "30 days",
    31_536_000: "1 year",
}
"""What the form offers, in seconds; the API takes any."""


class Wish(BaseModel):
    """Whom to ban, as the form says it."""

    service: str = ""
    by: Literal["address", "user"] = "address"
    subject: Annotated[str, Field(max_length=4096)] = ""
    seconds: Annotated[int, Field(gt=0, le=31_536_000)] = 900


class Lifting(BaseModel):
    """Which ban to lift."""

    service: str
    by: Literal["address", "user"]
    subject: str


@router.get("", dependencies=[may("viewer")])
async def bans(request: Request, door: TheDoor) -> HTMLResponse:
    """Show the bans in force."""
    has_services = bool(await _services(door))
    return await shown(
        door,
        request,
        "bans.html",
        part=await _part(door, request),
        may_operate=may_operate(request),
        has_services=has_services,
    )


@router.get("/add", dependencies=[may("operator")])
async def begin(door: TheDoor, wish: Annotated[Wish, Query()]) -> HTMLResponse:
    """Ask whom to ban, from what and for how long."""
    return HTMLResponse(await _form(door, wish, {}))


@router.post("", dependencies=[may("operator")])
async def add(door: TheDoor, wish: Annotated[Wish, Form()]) -> HTMLResponse:
    """Ban, and say so; or show the form again, with what is wrong in it."""
    if not wish.subject.strip():
        return await _again(door, wish, "Write an address such as 198.51.100.7, or the name of a user.")
    try:
        said = await door.ask(AddBan(wish.service, wish.by, wish.subject.strip(), float(wish.seconds)), Said)
    except RefusalError as refusal:
        if refusal.kind != "wrong-request":
            raise
        return await _again(door, wish, refusal.sentence)
    return toast(safe(said.sentence))


@router.get("/lift", dependencies=[may("operator")])
async def ask_before(ban: Annotated[Lifting, Query()]) -> HTMLResponse:
    """Say what becomes of who was banned, and ask whether that is meant."""
    return HTMLResponse(rendered("lift_dialog.html", ban=ban))


@router.post("/lift", dependencies=[may("operator")])
async def lift(door: TheDoor, ban: Annotated[Lifting, Form()]) -> HTMLResponse:
    """Lift a ban, and say so."""
    said = await door.ask(LiftBan(ban.service, ban.by, ban.subject), Said)
    return toast(safe(said.sentence))


async def look(door: Door, request: Request) -> Iterable[News]:
    """Return the bans as they are now."""
    return (part("bans", await _part(door, request)),)


async def _part(door: Door, request: Request) -> str:
    found = (await door.ask(GetBans(), BansAre)).bans
    return rendered("bans_part.html", bans=found, may_operate=may_operate(request))


async def _services(door: Door) -> list[str]:
    """Return the services that can ban: in TCP mode TLS hides users and passwords."""
    return [service.name for service in (await door.status()).services if service.mode == "ftp"]


async def _form(door: Door, wish: Wish, problems: dict[str, str]) -> str:
    return rendered(
        "ban_dialog.html", wish=wish, problems=problems, services=await _services(door), durations=DURATIONS
    )


async def _again(door: Door, wish: Wish, sentence: str) -> HTMLResponse:
    return HTMLResponse(await _form(door, wish, {"subject": sentence}), 422)
