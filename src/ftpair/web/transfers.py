"""Transfers that run, as a table that lives. Those that have ended are in `history`."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.core.status import TransferRow
from ftpair.core.text import safe
from ftpair.web.banner import shown
from ftpair.web.news import News
from ftpair.web.pages import may_operate
from ftpair.web.rows import Row, Rows, speed
from ftpair.web.sifting import Sieve, choices

router = APIRouter(prefix="/transfers", dependencies=[may("viewer")])


@router.get("")
async def transfers(request: Request, door: TheDoor, sieve: Annotated[Sieve, Depends()]) -> HTMLResponse:
    """Show the frame of the table; its rows come with the stream."""
    return await shown(
        door,
        request,
        "transfers.html",
        sieve=sieve,
        choices=choices(await door.status(), sieve.service, sieve.server),
        may_operate=may_operate(request),
    )


@dataclass(slots=True)
class Watch:
    """What one page of transfers has been told."""

    _rows: Rows = field(default_factory=Rows)
    _looked: float = 0.0

    async def __call__(self, door: Door, _request: Request) -> Iterable[News]:
        """Return what is new since the last look."""
        table, now = await door.table(), time.time()
        rows = {_key(row): self._row(row, now) for row in table.transfers}
        self._looked = now
        return self._rows.news(rows, now)

    def _row(self, row: TransferRow, now: float) -> Row:
        former = self._rows.former(_key(row))
        is_new = "bytes" not in former
        return {
            "session": row.session,
            "client": row.client,
            "user": safe(row.user),
            "service": row.service,
            "server": row.server,
            "path": safe(row.path),
            "verb": " ".join(filter(None, (row.verb, row.direction))),
            "bytes": row.bytes,
            "rate": round(row.bytes_per_second if is_new else speed(row.bytes - former["bytes"], now - self._looked)),
            "began": former.get("began", round(now - row.seconds, 1)),
        }


def _key(row: TransferRow) -> str:
    """Return what is one transfer's alone: HAProxy knows no sessions of its data connections, but their clients' ports.

    One session's transfers follow each other, so that the path is needed too.
    """
    return f"{row.service} {row.session or row.client} {row.path}"
