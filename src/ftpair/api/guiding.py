"""Routes that tell what to do on real servers and firewalls."""

from typing import Annotated

from fastapi import APIRouter, Query

from ftpair.api import examples, guide_examples
from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.problems import ASKING, documented
from ftpair.core.guides import FirewallIs, FirewallRules, GetFirewall, GetGuide, GuideIs, GuideText
from ftpair.guides.firewall import Format
from ftpair.guides.guide import Kind

router = APIRouter(
    prefix="/api/v1/services/{service}", tags=["guides"], dependencies=[may("viewer")], responses=documented(*ASKING)
)


@router.get(
    "/servers/{server}/guide",
    summary="What to do on a real server",
    responses=examples.ok(guide_examples.GUIDE) | documented("not-found", "wrong-request"),
)
async def guide(
    door: TheDoor,
    service: str,
    server: str,
    kind: Annotated[Kind | None, Query(description="Its make; without it, as the doctor has found it.")] = None,
) -> GuideText:
    """Return the steps and the files for one server, by what the file says, applied or not."""
    return (await door.ask(GetGuide(service, server, kind or ""), GuideIs)).guide


@router.get(
    "/firewall",
    summary="What a firewall must let in",
    responses=examples.ok(guide_examples.RULES) | documented("not-found", "wrong-request"),
)
async def firewall(
    door: TheDoor,
    service: str,
    format_: Annotated[Format, Query(alias="format", description="In the language of which firewall.")] = "nftables",
) -> FirewallRules:
    """Return the rules that a firewall in front of a service needs, by what the file says, applied or not."""
    return (await door.ask(GetFirewall(service, format_), FirewallIs)).rules
