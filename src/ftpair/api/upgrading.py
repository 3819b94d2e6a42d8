"""The route that makes way for another version of ftpair."""

from typing import Annotated

from fastapi import APIRouter, Query

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import Done
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import Said
from ftpair.core.upgrades import Upgrade

router = APIRouter(prefix="/api/v1", tags=["actions"], dependencies=[may("admin")], responses=documented(*ASKING))


@router.post(
    "/upgrade",
    summary="Become the version that is installed",
    responses=examples.ok(examples.UPGRADING) | documented("setup", "busy", "wrong-request"),
)
async def upgrade(
    door: TheDoor,
    dry_run: Annotated[bool, Query(description="Only tell what would happen.")] = False,
) -> Done:
    """Prove that what is installed can serve, then become it; sessions go on, and the API is gone for a moment."""
    said = await door.ask(Upgrade(dry_run), Said)
    return Done(said.sentence)
