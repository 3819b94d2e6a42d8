"""Tokens: dialogs that let a program in and out. The secret of a token is told once."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from ftpair.api.access import may
from ftpair.api.asking import TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.account_actions import AddToken, RemoveToken, TokenIs
from ftpair.core.accounts import Role
from ftpair.core.actions import Said
from ftpair.web.pages import rendered
from ftpair.web.users import ROLES, role_of, told

router = APIRouter(prefix="/tokens", dependencies=[may("admin")])

DAY_S = 86_400.0
LIVES = (("1", "a day"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("1825", "five years"))
"""How long a token may last, in days."""


class Wish(BaseModel):
    """What the dialog sends."""

    name: str = ""
    role: str = Role.VIEWER
    days: str = "90"


@router.get("/new")
async def ask_for_new() -> HTMLResponse:
    """Ask which program shall be let in."""
    return _new(Wish())


@router.post("")
async def add(door: TheDoor, wish: Annotated[Wish, Form()]) -> HTMLResponse:
    """Let a program in and show its secret, or say at the field why not."""
    try:
        made = await door.ask(AddToken(wish.name, role_of(wish.role), _seconds(wish.days)), TokenIs)
    except RefusalError as refusal:
        return _new(wish, refusal)
    shown = rendered("token_secret_dialog.html", name=wish.name, secret=made.secret, sentence=made.sentence)
    return HTMLResponse(shown, headers={"HX-Trigger": "people:changed"})


@router.get("/{name}/remove")
async def ask_before_removal(name: str) -> HTMLResponse:
    """Say what will become of a token, and ask whether that is meant."""
    sentence = "Whatever uses it is refused from now on."
    return HTMLResponse(rendered("remove_dialog.html", name=name, path="tokens", what="token", sentence=sentence))


@router.delete("/{name}")
async def remove(door: TheDoor, name: str) -> HTMLResponse:
    """Let a program in no more."""
    return told((await door.ask(RemoveToken(name), Said)).sentence)


def _new(wish: Wish, refusal: RefusalError | None = None) -> HTMLResponse:
    problem = refusal.sentence if refusal else ""
    html = rendered("token_new_dialog.html", wish=wish, problem=problem, roles=ROLES, lives=LIVES)
    return HTMLResponse(html, refusal.status if refusal else 200)


def _seconds(days: str) -> float:
    if days not in dict(LIVES):
        raise RefusalError("wrong-request", "Choose one of the times that are offered.")
    return float(days) * DAY_S
