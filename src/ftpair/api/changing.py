"""Routes that change what runs: drain, halt, online, the end of a session."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Query

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import Done, DrainWish
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import KillSession, Said, SetAdmin
from ftpair.core.status import Admin

router = APIRouter(prefix="/api/v1", tags=["actions"], dependencies=[may("operator")], responses=documented(*ASKING))
ADMIN = {"drain": Admin.DRAIN, "halt": Admin.HALT, "online": Admin.ONLINE}


def wanted(
    service: str,
    server: str,
    wish: Literal["drain", "halt", "online"],
    dry_run: Annotated[bool, Query(description="Only tell what would happen.")] = False,
    how: Annotated[DrainWish | None, Body(description="How it is drained; with `drain` only.")] = None,
) -> SetAdmin:
    """Return what a request asks for."""
    how = how or DrainWish()
    return SetAdmin(service, server, ADMIN[wish], dry_run, how.wait_for, how.deadline_s)


@router.post(
    "/services/{service}/servers/{server}/{wish}",
    summary="Drain, halt or bring online a real server",
    responses=examples.ok(examples.DONE) | documented("not-found", "wrong-request"),
)
async def set_admin(door: TheDoor, action: Annotated[SetAdmin, Depends(wanted)]) -> Done:
    """Set what the administrator wants of a real server; the sentence says what stays."""
    said = await door.ask(action, Said)
    return Done(said.sentence)


@router.delete(
    "/sessions/{session}",
    summary="End a session",
    responses=examples.ok(examples.KILLED) | documented("not-found"),
)
async def kill_session(door: TheDoor, session: str) -> Done:
    """End one live session; its client gets a 421 with the reason, a running transfer is cut."""
    said = await door.ask(KillSession(session), Said)
    return Done(said.sentence)
