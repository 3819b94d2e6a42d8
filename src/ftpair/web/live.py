"""Parts of pages that live: one stream of server-sent events per page; what did not change is not sent again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from ftpair.api.access import Access, may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.web import (
    banner,
    bans,
    doctor,
    logs,
    overview,
    revisions,
    services,
    sessions,
    transfers,
)
from ftpair.web.news import News
from ftpair.web.streams import Streams

router = APIRouter()

EVERY_S = 1.0
HEARTBEAT_S = 15.0
Look = Callable[[Door, Request], Awaitable[Iterable[News]]]

PAGES: dict[str, Look] = {
    "banner": banner.look,
    "bans": bans.look,
    "doctor": doctor.look,
    "examination": doctor.look_at_examination,
    "overview": overview.look,
    "revisions": revisions.look,
    "service": services.look_at_one,
    "services": services.look_at_all,
    "session": sessions.look,
    "waiting": revisions.look_at_waiting,
}
"""What lives on which page, beside the banner that is on all of them."""
TABLES: dict[str, Callable[[], Look]] = {"log": logs.Watch, "sessions": sessions.Watch, "transfers": transfers.Watch}
"""Pages whose stream remembers what it has told them: one look is made for each stream."""


@router.get("/live/{page}", dependencies=[may("viewer")])
async def live(request: Request, door: TheDoor, page: str) -> StreamingResponse:
    """Tell a page what is new, once a second, until the browser leaves or ftpair stops."""
    looks = (banner.look,) if page == "banner" else (banner.look, _look_of(page))
    return StreamingResponse(_stream(request, door, looks), media_type="text/event-stream")


def _look_of(page: str) -> Look:
    if page in TABLES:
        return TABLES[page]()
    if page not in PAGES:
        raise RefusalError("not-found", f"Nothing lives on the page {page!r}.")
    return PAGES[page]


async def _stream(request: Request, door: Door, looks: Iterable[Look]) -> AsyncIterator[bytes]:
    sent: dict[tuple[str, str], bytes] = {}
    silent_s = 0.0
    streams = cast("Streams", request.app.state.streams)
    with streams.place(door.who) as must_go:
        while not (door.ended.is_set() or must_go.is_set() or await request.is_disconnected()):
            try:
                await _demand_same_person(request)
                news = [one for look in looks for one in await look(door, request)]
            except RefusalError:  # Nobody answers, or who looks is logged out: the page hears it from the end of this.
                return
            fresh = [one for one in news if sent.get(one.key) != one.data]
            sent.update((one.key, one.data) for one in fresh)
            silent_s = 0.0 if fresh else silent_s + EVERY_S
            yield b"".join(map(_frame, fresh)) or (b": beat\n\n" if silent_s % HEARTBEAT_S < EVERY_S else b"")
            with suppress(TimeoutError):
                await asyncio.wait_for(door.ended.wait(), EVERY_S)


async def _demand_same_person(request: Request) -> None:
    """Raise RefusalError if who looks has been logged out, was disabled or may do other things by now."""
    visitor = await cast("Access", request.app.state.access).identify(request)
    if visitor.identity != request.state.visitor.identity:
        raise RefusalError("not-identified", "Log in again.")


def _frame(news: News) -> bytes:
    return b"event: " + news.event.encode() + b"\ndata: " + news.data + b"\n\n"
