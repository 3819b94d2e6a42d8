"""Dialogs that say what will happen before it does, and messages that say what was done."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.changing import ADMIN
from ftpair.core.actions import Said, SetAdmin
from ftpair.web.pages import rendered

router = APIRouter(dependencies=[may("operator")])
Wish = Literal["drain", "halt", "online"]
DEADLINES = {"0": "never", "60": "1 minute", "300": "5 minutes", "900": "15 minutes", "3600": "1 hour"}
"""What the dialog offers, in seconds; the command line and the API take any."""


class How(BaseModel):
    """How a server is drained, as the dialog says it; what is empty is as it drains already, or as its service says."""

    wait_for: Literal["", "sessions", "transfers"] = ""
    deadline_s: Literal["", "0", "60", "300", "900", "3600"] = ""


def toast(sentence: str, *, is_bad: bool = False, status: int = 200) -> HTMLResponse:
    """Return a message for the corner of the page, whatever was asked for; on success the dialog closes."""
    headers = {"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"}
    if not is_bad:
        headers["HX-Trigger"] = "dialog:close"
    return HTMLResponse(rendered("toast.html", sentence=sentence, is_bad=is_bad), status, headers)


def gone_to(path: str) -> HTMLResponse:
    """Lead to another page after something was done."""
    return HTMLResponse("", headers={"HX-Redirect": path})


@router.get("/services/{service}/servers/{server}/{wish}")
async def ask_before(
    door: TheDoor, service: str, server: str, wish: Wish, how: Annotated[How, Query()]
) -> HTMLResponse:
    """Say what will become of a real server and its sessions, and ask whether that is meant."""
    said = await door.ask(_action(service, server, wish, how, dry_run=True), Said)
    about = {"service": service, "server": server, "wish": wish, "how": how, "deadlines": DEADLINES}
    return HTMLResponse(rendered("server_dialog.html", sentence=said.sentence, **about))


@router.post("/services/{service}/servers/{server}/{wish}")
async def act(door: TheDoor, service: str, server: str, wish: Wish, how: Annotated[How, Form()]) -> HTMLResponse:
    """Do it, and say what was done."""
    said = await door.ask(_action(service, server, wish, how), Said)
    return toast(said.sentence)


def _action(service: str, server: str, wish: Wish, how: How, *, dry_run: bool = False) -> SetAdmin:
    deadline_s = float(how.deadline_s) if how.deadline_s else None
    return SetAdmin(service, server, ADMIN[wish], dry_run, how.wait_for or None, deadline_s)
