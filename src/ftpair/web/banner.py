"""The banner of every page (lost quorums, what waits to be applied or confirmed), and pages under it."""

import time
from collections.abc import Iterable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from ftpair.api.asking import Door
from ftpair.core.actions import GetWaiting, WaitingIs
from ftpair.web.news import News, part
from ftpair.web.pages import may_change, page, rendered


async def banner(door: Door, request: Request) -> str:
    """Return the banner as HTML; empty where nothing waits."""
    status = await door.status()
    unconfirmed = status.unconfirmed
    waiting = await door.ask(GetWaiting(), WaitingIs)
    left = max(0, round(unconfirmed.until - time.time())) if unconfirmed else 0
    return rendered(
        "banner.html",
        unconfirmed=unconfirmed,
        waiting=waiting,
        seconds_left=left,
        lost=[(each.name, quorum.sentence) for each in status.services for quorum in each.quorums if not quorum.is_met],
        may_change=may_change(request),
    ).strip()


async def shown(door: Door, request: Request, template: str, **values: Any) -> HTMLResponse:
    """Return a whole page under its banner."""
    return page(request, template, banner=await banner(door, request), **values)


async def look(door: Door, request: Request) -> Iterable[News]:
    """Return the banner as it is now."""
    return (part("banner", await banner(door, request)),)
