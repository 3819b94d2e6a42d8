"""Routes of pools and of what the probes say: looked at, and weighed."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from ftpair.api import examples, pool_examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import ApplyDone, Words
from ftpair.api.configuring import apply_done
from ftpair.api.problems import ASKING, documented
from ftpair.core.actions import Applied
from ftpair.core.health import GetHealth, HealthIs, ServerHealth
from ftpair.core.pools import GetPools, PoolsAre, PoolStatus, SetWeight

router = APIRouter(prefix="/api/v1", tags=["pools and health"], responses=documented(*ASKING))

ServiceQuery = Annotated[str, Query(description="Only of this virtual service.")]
ServerQuery = Annotated[str, Query(description="Only of real servers of this name.")]


@dataclass(frozen=True, slots=True)
class WeightWish:
    """The share of new sessions compared with the other servers; 0 gets none."""

    weight: Annotated[int, Field(ge=0, le=256)]
    author: Words = "api"
    comment: Words = ""


@router.get("/pools", dependencies=[may("viewer")], summary="Pools", responses=examples.ok([pool_examples.POOL]))
async def pools(door: TheDoor, service: ServiceQuery = "") -> list[PoolStatus]:
    """Return the pools of the virtual services: which rules lead there, who is in them, whether they take sessions."""
    return [pool for pool in (await door.ask(GetPools(), PoolsAre)).pools if service in ("", pool.service)]


@router.get(
    "/health",
    dependencies=[may("viewer")],
    summary="What the probes say",
    responses=examples.ok([pool_examples.HEALTH]),
)
async def health(door: TheDoor, service: ServiceQuery = "", server: ServerQuery = "") -> list[ServerHealth]:
    """Return the health of every real server, what its probe does and when, and the last verdicts."""
    found = (await door.ask(GetHealth(), HealthIs)).servers
    return [one for one in found if service in ("", one.service) and server in ("", one.server)]


@router.put(
    "/services/{service}/servers/{server}/weight",
    dependencies=[may("operator")],
    summary="Set the weight of a real server",
    responses=examples.ok(pool_examples.WEIGHED) | documented("not-found", "invalid", "setup", "busy", "wrong-request"),
)
async def set_weight(door: TheDoor, service: str, server: str, wish: WeightWish) -> ApplyDone:
    """Set a weight at once, in what runs and in the file, as a revision; other changes of the file go on waiting."""
    order = SetWeight(service, server, wish.weight, wish.author, wish.comment)
    return apply_done(await door.ask(order, Applied), is_dry_run=False)
