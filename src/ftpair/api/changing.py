"""Routes that change: drain, halt, online, the end of a session, apply."""

from typing import Literal

from fastapi import APIRouter

from ftpair.api import examples
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import ApplyDone, ApplyWish, ConfigurationProblem, Done
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import Applied, Apply, KillSession, Said, SetAdmin
from ftpair.core.status import Admin

router = APIRouter(prefix="/api/v1", tags=["actions"], responses=documented(*ASKING))
ADMIN = {"drain": Admin.DRAIN, "halt": Admin.HALT, "online": Admin.ONLINE}


@router.post(
    "/services/{service}/servers/{server}/{wish}",
    summary="Drain, halt or bring online a real server",
    responses=examples.ok(examples.DONE) | documented("not-found", "wrong-request"),
)
async def set_admin(door: TheDoor, service: str, server: str, wish: Literal["drain", "halt", "online"]) -> Done:
    """Set what the administrator wants of a real server; the sentence says what stays."""
    said = await door.ask(SetAdmin(service, server, ADMIN[wish]), Said)
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


@router.post(
    "/apply",
    summary="Bring the configuration file in",
    responses=examples.ok(examples.APPLIED) | documented("invalid", "setup", "busy", "wrong-request"),
)
async def apply(door: TheDoor, wish: ApplyWish | None = None) -> ApplyDone:
    """Read the configuration file again and work by it; running sessions keep the plan they began with.

    A refused change changes nothing.
    """
    dry_run = wish is not None and wish.dry_run
    applied = await door.ask(Apply(dry_run), Applied)
    warnings = tuple(ConfigurationProblem(at.path, at.line, at.sentence) for at in applied.warnings)
    return ApplyDone(applied.revision, dry_run, applied.steps, warnings)
