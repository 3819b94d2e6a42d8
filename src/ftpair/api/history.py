"""The route of ended transfers, as JSON in pages or as one sheet of CSV."""

from collections.abc import AsyncIterator
from dataclasses import astuple, fields
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from msgspec.structs import replace

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.bodies import TransferHistory
from ftpair.api.problems import ASKING, documented
from ftpair.api.sheets import MEDIA_TYPE, csv_text
from ftpair.core.actions import GetTransferHistory, TransferHistoryIs
from ftpair.core.transfers import PastTransfer

router = APIRouter(
    prefix="/api/v1",
    tags=["history"],
    dependencies=[may("viewer")],
    responses=documented(*ASKING, "busy", "setup", "wrong-request"),
)
PAGE = 1000
TITLES = tuple(field.name for field in fields(PastTransfer))
Moment = Annotated[float, Query(ge=0, le=1e11, allow_inf_nan=False, description="Seconds since 1970; 0: any.")]
Word = Annotated[str, Query(max_length=1000)]


class Sought:
    """Whose transfers, and which; an empty word is any."""

    def __init__(
        self,
        service: Annotated[Word, Query(description="Only of this virtual service.")] = "",
        server: Annotated[Word, Query(description="Only on this real server.")] = "",
        user: Annotated[Word, Query(description="Only of this user.")] = "",
        client: Annotated[Word, Query(description="Only from this address.")] = "",
        path: Annotated[Word, Query(description="Only where this is a part of the path.")] = "",
    ) -> None:
        self.words = {"service": service, "server": server, "user": user, "client": client, "path": path}


class Span:
    """From when to when, and how they went."""

    def __init__(
        self,
        result: Annotated[
            Literal["", "complete", "failed", "refused", "cut", "aborted"],
            Query(description="How it went; `failed` is all but complete."),
        ] = "",
        since: Annotated[Moment, Query(alias="from")] = 0.0,
        until: Moment = 0.0,
    ) -> None:
        self.result, self.since, self.until = result, since, until


class Page:
    """How many at a time, and where to go on."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=PAGE, description="JSON only: a sheet has all of them.")] = 100,
        before: Annotated[int, Query(ge=0, lt=2**53, description="Only those of a lower number; 0: the newest.")] = 0,
    ) -> None:
        self.limit, self.before = limit, before


@router.get(
    "/transfers/history",
    summary="Ended transfers, newest first",
    response_model=TransferHistory,
    responses=examples.ok_either(examples.TRANSFER_HISTORY, examples.SHEET, "text/csv"),
)
async def transfer_history(
    door: TheDoor,
    sought: Annotated[Sought, Depends()],
    span: Annotated[Span, Depends()],
    page: Annotated[Page, Depends()],
    format: Annotated[Literal["json", "csv"], Query(description="A page of JSON, or a sheet of CSV.")] = "json",  # noqa: A002
) -> TransferHistory | Response:
    """Return transfers that have ended, and with `next` what to give as `before` to go on (0: there are no more)."""
    words = {"result": span.result, **sought.words}
    limit = PAGE if format == "csv" else page.limit
    wanted = GetTransferHistory(since=span.since, until=span.until, limit=limit, before=page.before, **words)
    found = await door.ask(wanted, TransferHistoryIs)
    if format == "csv":
        headers = {"Content-Disposition": 'attachment; filename="transfers.csv"'}
        return StreamingResponse(_sheet(door, wanted, found), media_type=MEDIA_TYPE, headers=headers)
    return TransferHistory(found.transfers, found.next, found.unrecorded)


async def _sheet(door: Door, wanted: GetTransferHistory, found: TransferHistoryIs) -> AsyncIterator[str]:
    """Yield the titles and page after page; if one cannot be had the answer is cut, so that it does not look whole."""
    yield csv_text([TITLES])
    while True:
        yield csv_text(map(_cells, found.transfers))
        if not found.next:
            return
        found = await door.ask(replace(wanted, before=found.next), TransferHistoryIs)


def _cells(transfer: PastTransfer) -> tuple[object, ...]:
    number, at, *rest = astuple(transfer)
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return number, moment, *rest
