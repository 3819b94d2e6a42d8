"""Routes of bans: who is banned, and bans set and lifted by hand."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import BanRow, BanWish, Done
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import AddBan, BansAre, GetBans, LiftBan, Said

router = APIRouter(prefix="/api/v1", tags=["bans"], responses=documented(*ASKING))

ByQuery = Annotated[Literal["address", "user"], Query(description="What the ban goes by.")]
SubjectQuery = Annotated[str, Query(description="The address, or the user, as the list of bans has it.", min_length=1)]
"""No part of the path: a user may be named `..` or `a/b`, and what is on the way makes another path of it."""


@router.get("/bans", dependencies=[may("viewer")], summary="Bans in force", responses=examples.ok([examples.BAN]))
async def bans(
    door: TheDoor, service: Annotated[str, Query(description="Only of this virtual service.")] = ""
) -> list[BanRow]:
    """Return who is banned, from which service and until when; the oldest first."""
    found = (await door.ask(GetBans(), BansAre)).bans
    return [
        BanRow(ban.service, ban.by, ban.subject, ban.until, ban.reason) for ban in found if service in ("", ban.service)
    ]


@router.post(
    "/services/{service}/bans",
    dependencies=[may("operator")],
    summary="Ban an address or a user",
    responses=examples.ok(examples.BANNED) | documented("not-found", "wrong-request"),
)
async def add_ban(door: TheDoor, service: str, wish: BanWish) -> Done:
    """Ban from a service for so many seconds; an IPv6 address stands for its network of 64 bits."""
    said = await door.ask(AddBan(service, wish.by, wish.subject, wish.for_s), Said)
    return Done(said.sentence)


@router.delete(
    "/services/{service}/bans",
    dependencies=[may("operator")],
    summary="Lift a ban",
    responses=examples.ok(examples.LIFTED) | documented("not-found", "wrong-request"),
)
async def lift_ban(door: TheDoor, service: str, by: ByQuery, subject: SubjectQuery) -> Done:
    """Take a ban back; its wrong passwords are forgotten."""
    said = await door.ask(LiftBan(service, by, subject), Said)
    return Done(said.sentence)
