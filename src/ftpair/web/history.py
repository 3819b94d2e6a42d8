"""Transfers that have ended: searched by a form whose fields stand in the URL, page by page."""

import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.core.actions import GetTransferHistory, TransferHistoryIs
from ftpair.web.banner import shown
from ftpair.web.sifting import choices

router = APIRouter(prefix="/transfers", dependencies=[may("viewer")])

AT_ONCE = 50
RESULTS = ("complete", "failed", "refused", "cut", "aborted")
WRONG_MOMENT = "Write a date and a time such as 2026-03-31T18:00."
Word = Annotated[str, Field(max_length=1000)]


class Search(BaseModel):
    """The form, as it stands in the URL; what is wrong in it is said at its field."""

    service: Word = ""
    server: Word = ""
    user: Word = ""
    client: Word = ""
    path: Word = ""
    result: Word = ""
    since: Annotated[Word, Field(alias="from")] = ""
    until: Word = ""
    before: Annotated[int, Field(ge=0, lt=2**53)] = 0

    def words(self) -> dict[str, str]:
        """Return what is filled in, but for the page."""
        given = self.model_dump(by_alias=True, exclude={"before"})
        return {name: word for name, word in given.items() if word}


@router.get("/history")
async def transfer_history(request: Request, door: TheDoor, search: Annotated[Search, Query()]) -> HTMLResponse:
    """Show what the form asks for, the newest first."""
    problems = _problems(search)
    found = TransferHistoryIs((), 0, 0) if problems else await door.ask(_wanted(search), TransferHistoryIs)
    return await shown(
        door,
        request,
        "transfer_history.html",
        status=422 if problems else 200,
        search=search,
        problems=problems,
        found=found,
        choices=choices(await door.status(), search.service, search.server),
        results=RESULTS,
        links=_links(search, found),
    )


def _problems(search: Search) -> dict[str, str]:
    moments = {"from": search.since, "until": search.until}
    wrong = {name: WRONG_MOMENT for name, text in moments.items() if _moment(text) is None}
    return wrong if search.result in ("", *RESULTS) else wrong | {"result": f"Choose one of {', '.join(RESULTS)}."}


def _wanted(search: Search) -> GetTransferHistory:
    return GetTransferHistory(
        service=search.service,
        server=search.server,
        user=search.user,
        client=search.client,
        path=search.path,
        result=search.result,
        since=_moment(search.since) or 0.0,
        until=_moment(search.until) or 0.0,
        limit=AT_ONCE,
        before=search.before,
    )


def _links(search: Search, found: TransferHistoryIs) -> dict[str, str]:
    """Return where the buttons lead: the pages by this address, the sheet by the API."""
    words: dict[str, Any] = search.words()
    moments = {name: _moment(words[name]) for name in ("from", "until") if name in words}
    return {
        "newest": f"/transfers/history?{urlencode(words)}",
        "older": f"/transfers/history?{urlencode(words | {'before': found.next})}" if found.next else "",
        "sheet": f"/api/v1/transfers/history?{urlencode(words | moments | {'format': 'csv'})}",
    }


def _moment(text: str) -> float | None:
    """Return seconds since the epoch of a moment in UTC; 0 for none, None for what is no moment."""
    if not text:
        return 0.0
    try:
        return max(0.0, datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp())
    except ValueError:
        return None
