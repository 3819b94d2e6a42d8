"""What to do on real servers and firewalls for a service, ready to be copied."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.guides import FirewallIs, GetFirewall, GetGuide, GuideIs, GuideText
from ftpair.guides.firewall import Format
from ftpair.guides.guide import STEPS, TITLES, Kind
from ftpair.web.banner import shown

router = APIRouter(prefix="/services/{service}", dependencies=[may("viewer")])

FORMATS: dict[Format, str] = {
    "nftables": "nftables",
    "iptables": "iptables",
    "ufw": "ufw",
    "windows": "Windows",
    "aws": "AWS",
    "azure": "Azure",
}


@router.get("/servers/{server}/guide")
async def guide(request: Request, door: TheDoor, service: str, server: str, kind: Kind | None = None) -> HTMLResponse:
    """Show the steps and the files for one server; which make it is, the doctor may know."""
    text = await _guide(door, service, server, kind)
    return await shown(
        door,
        request,
        "guide.html",
        service=service,
        server=server,
        titles=TITLES,
        guide=text,
        steps=STEPS,
    )


async def _guide(door: Door, service: str, server: str, kind: Kind | None) -> GuideText | None:
    """Return a guide; None: nobody has said yet for which make."""
    try:
        return (await door.ask(GetGuide(service, server, kind or ""), GuideIs)).guide
    except RefusalError as refusal:
        if kind is None and refusal.kind == "wrong-request":
            return None
        raise


@router.get("/firewall")
async def firewall(
    request: Request, door: TheDoor, service: str, format_: Annotated[Format, Query(alias="format")] = "nftables"
) -> HTMLResponse:
    """Show the rules that a firewall in front of a service needs."""
    rules = (await door.ask(GetFirewall(service, format_), FirewallIs)).rules
    return await shown(door, request, "firewall.html", service=service, formats=FORMATS, rules=rules)
