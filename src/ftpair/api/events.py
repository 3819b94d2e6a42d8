"""The route of server-sent events: what is new, told to pages and programs as it happens."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.newsroom import Newsroom
from ftpair.api.problems import ASKING, documented

router = APIRouter(
    prefix="/api/v1",
    tags=["status"],
    dependencies=[may("viewer")],
    responses=documented(*ASKING, "too-many", "wrong-request"),
)
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""No proxy in between shall keep events back."""


class EventStream(StreamingResponse):
    """Server-sent events; FastAPI's own class asks the generator in a task of its own, ahead of a slow reader."""

    media_type = "text/event-stream"


def _newsroom(request: Request) -> Newsroom:
    return cast("Newsroom", request.app.state.newsroom)


TheNewsroom = Annotated[Newsroom, Depends(_newsroom)]


@router.get(
    "/events",
    summary="What is new, as it happens",
    response_class=Response,
    responses=examples.ok(examples.EVENTS, "text/event-stream"),
)
async def events(
    door: TheDoor,
    newsroom: TheNewsroom,
    last_event_id: Annotated[str, Header(description="The `id` of the last event that was seen.", max_length=100)] = "",
) -> EventStream:
    """Send the status when it is another, at most once a second, and each change as it is made; see the manual."""
    await newsroom.newest(door.news, 0, door.ended)  # Where nobody answers this is a problem, and no silent stream.
    listening = newsroom.follow(newsroom.enter(), door.news, last_event_id, door.ended)
    return EventStream(listening, headers=HEADERS)
