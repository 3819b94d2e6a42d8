"""Revisions: the list of them, what one of them changed, and what waits to be applied."""

import time
from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.actions import (
    ConfigurationIs,
    GetConfiguration,
    GetRevisions,
    GetWaiting,
    RevisionsAre,
    WaitingIs,
)
from ftpair.core.revisions import Revision
from ftpair.web.banner import shown
from ftpair.web.differences import difference
from ftpair.web.news import News, part
from ftpair.web.pages import may_change, rendered

router = APIRouter(dependencies=[may("viewer")])

SHOWN = 50
Number = Annotated[int, Path(ge=1, lt=2**31)]
NOTHING = ConfigurationIs("nothing", "", "")
"""What the first revision that is known is compared with."""


@router.get("/revisions")
async def revisions(request: Request, door: TheDoor, before: Annotated[int, Query(ge=0, lt=2**31)] = 0) -> HTMLResponse:
    """List them, the newest first, `SHOWN` on a page; `before` is where the page begins."""
    return await shown(
        door,
        request,
        "revisions.html",
        before=before,
        part=await _list(door, request, before),
    )


async def look(door: Door, request: Request) -> Iterable[News]:
    """Return the list as it is now."""
    before = request.query_params.get("before", "")
    is_number = before.isdecimal() and len(before) < 10
    return (part("revisions", await _list(door, request, int(before) if is_number else 0)),)


@router.get("/revisions/waiting")
async def waiting(request: Request, door: TheDoor) -> HTMLResponse:
    """Show what separates the file from what runs."""
    return await shown(door, request, "waiting.html", part=await _waiting(door, request))


async def look_at_waiting(door: Door, request: Request) -> Iterable[News]:
    """Return what separates the file from what runs now."""
    return (part("waiting", await _waiting(door, request)),)


@router.get("/revisions/{number}")
async def revision(
    request: Request, door: TheDoor, number: Number, show: Literal["before", "running", "text"] = "before"
) -> HTMLResponse:
    """Show what a revision changed, what separates it from what runs, or its text."""
    text = await door.ask(GetConfiguration(str(number)), ConfigurationIs)
    former = await _former(door, number, show)
    return await shown(
        door,
        request,
        "revision.html",
        revision=await _row(door, number),
        running=(await door.status()).revision,
        show=show,
        former=former,
        later=text,
        hunks=difference(former.content, text.content),
        may_change=may_change(request),
    )


async def _list(door: Door, request: Request, before: int) -> str:
    found = (await door.ask(GetRevisions(SHOWN + 1, before), RevisionsAre)).revisions
    node = await door.status()
    return rendered(
        "revisions_part.html",
        revisions=found[:SHOWN],
        is_more=len(found) > SHOWN,
        running=node.revision,
        unconfirmed=node.unconfirmed,
        now=time.time(),
        may_change=may_change(request),
    )


async def _waiting(door: Door, request: Request) -> str:
    running, file = [await door.ask(GetConfiguration(which), ConfigurationIs) for which in ("running", "file")]
    return rendered(
        "waiting_part.html",
        waiting=await door.ask(GetWaiting(), WaitingIs),
        former=running,
        later=file,
        hunks=difference(running.content, file.content),
        running=(await door.status()).revision,
        may_change=may_change(request),
    )


async def _row(door: Door, number: int) -> Revision:
    rows = (await door.ask(GetRevisions(1, number + 1), RevisionsAre)).revisions
    if not rows or rows[0].number != number:
        raise RefusalError("not-found", f"There is no revision {number}.")
    return rows[0]


async def _former(door: Door, number: int, show: str) -> ConfigurationIs:
    """Return what a revision is compared with."""
    if show == "running":
        return await door.ask(GetConfiguration("running"), ConfigurationIs)
    rows = (await door.ask(GetRevisions(1, number), RevisionsAre)).revisions if show == "before" else ()
    return await door.ask(GetConfiguration(str(rows[0].number)), ConfigurationIs) if rows else NOTHING
