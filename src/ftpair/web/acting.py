"""Dialogs that say what will happen before it does, and messages that say what was done."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.changing import ADMIN
from ftpair.core.actions import Said, SetAdmin
from ftpair.web.pages import rendered

router = APIRouter(dependencies=[may("operator")])
Wish = Literal["drain", "halt", "online"]


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
async def ask_before(door: TheDoor, service: str, server: str, wish: Wish) -> HTMLResponse:
    """Say what will become of a real server and its sessions, and ask whether that is meant."""
    said = await door.ask(SetAdmin(service, server, ADMIN[wish], dry_run=True), Said)
    return HTMLResponse(
        rendered("server_dialog.html", service=service, server=server, wish=wish, sentence=said.sentence)
    )


@router.post("/services/{service}/servers/{server}/{wish}")
async def act(door: TheDoor, service: str, server: str, wish: Wish) -> HTMLResponse:
    """Do it, and say what was done."""
    said = await door.ask(SetAdmin(service, server, ADMIN[wish]), Said)
    return toast(said.sentence)
