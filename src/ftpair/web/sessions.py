"""Sessions: a table that lives, one session in all its details, and the end of one."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.actions import KillSession, Said, SessionTable
from ftpair.core.status import SessionRow, TransferRow
from ftpair.core.text import safe
from ftpair.web.acting import toast
from ftpair.web.banner import shown
from ftpair.web.news import News, part
from ftpair.web.pages import may_operate, rendered
from ftpair.web.rows import Row, Rows, speed, steady
from ftpair.web.sifting import Sieve, choices

router = APIRouter(prefix="/sessions")


@router.get("", dependencies=[may("viewer")])
async def sessions(request: Request, door: TheDoor, sieve: Annotated[Sieve, Depends()]) -> HTMLResponse:
    """Show the frame of the table; its rows come with the stream."""
    of_filters = choices(await door.status(), sieve.service, sieve.server)
    return await shown(
        door,
        request,
        "sessions.html",
        sieve=sieve,
        choices=of_filters,
        may_operate=may_operate(request),
    )


@router.get("/{session}", dependencies=[may("viewer")])
async def one_session(request: Request, door: TheDoor, session: str) -> HTMLResponse:
    """Show one session and what it transfers."""
    detail = _part(await door.table(), session, request)
    return await shown(
        door,
        request,
        "session.html",
        session=session,
        part=detail,
        may_operate=may_operate(request),
    )


@router.get("/{session}/end", dependencies=[may("operator")])
async def ask_before(door: TheDoor, session: str) -> HTMLResponse:
    """Say whose session it is and what an end does to it, and ask whether that is meant."""
    table = await door.table()
    found = _found(table, session)
    if found is None:
        raise RefusalError("not-found", f"There is no session {session} (it may have ended).")
    return HTMLResponse(rendered("session_dialog.html", row=found, transfers=_transfers(table, session)))


@router.post("/{session}/end", dependencies=[may("operator")])
async def end(door: TheDoor, session: str) -> HTMLResponse:
    """End it, and say so."""
    said = await door.ask(KillSession(session), Said)
    return toast(safe(said.sentence))


@dataclass(slots=True)
class Watch:
    """What one page of sessions has been told."""

    _rows: Rows = field(default_factory=Rows)
    _looked: float = 0.0

    async def __call__(self, door: Door, _request: Request) -> Iterable[News]:
        """Return what is new since the last look."""
        table, now = await door.table(), time.time()
        rows = {row.id: self._row(row, now) for row in table.sessions}
        self._looked = now
        return self._rows.news(rows, now)

    def _row(self, row: SessionRow, now: float) -> Row:
        former = self._rows.former(row.id)
        moved = row.bytes_up + row.bytes_down - former.get("up", row.bytes_up) - former.get("down", row.bytes_down)
        return {
            "session": row.id,
            "client": row.client,
            "user": safe(row.user),
            "service": f"{row.service} (removed)" if row.removed == "service" else row.service,
            "server": row.server_in_words,
            "entrance": row.entrance,
            "tls": safe(row.tls),
            "state": row.state,
            "command": safe(row.command),
            "transfers": row.transfers,
            "up": row.bytes_up,
            "down": row.bytes_down,
            "rate": round(speed(moved, now - self._looked)),
            "began": former.get("began", round(now - row.seconds, 1)),
            "heard": steady(former.get("heard"), now - row.idle_seconds) if row.idle_seconds else None,
        }


async def look(door: Door, request: Request) -> Iterable[News]:
    """Return one session as it is now."""
    return (part("session", _part(await door.table(), request.query_params.get("session", ""), request)),)


def _part(table: SessionTable, session: str, request: Request) -> str:
    found = _found(table, session)
    return rendered(
        "session_part.html",
        row=found,
        address=found.client.rpartition(":")[0].strip("[]") if found else "",
        transfers=_transfers(table, session),
        may_operate=may_operate(request),
    )


def _found(table: SessionTable, session: str) -> SessionRow | None:
    return next((row for row in table.sessions if row.id == session), None)


def _transfers(table: SessionTable, session: str) -> list[TransferRow]:
    return [row for row in table.transfers if row.session == session]
