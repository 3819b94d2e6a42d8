"""Users and tokens: who may log in, which programs may ask, and the dialogs that change that. For admins."""

import time
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.account_actions import AddUser, ChangeUser, GetTokens, GetUsers, RemoveUser, TokensAre, UsersAre
from ftpair.core.accounts import Role, UserRow
from ftpair.core.actions import Said
from ftpair.web.acting import toast
from ftpair.web.banner import shown
from ftpair.web.pages import rendered

router = APIRouter(prefix="/users", dependencies=[may("admin")])

ROLES = (
    (Role.VIEWER, "viewer: sees everything, changes nothing"),
    (Role.OPERATOR, "operator: drains, halts, ends sessions, bans, asks the doctor"),
    (Role.ADMIN, "admin: changes the configuration, users and tokens, too"),
)
"""What each one may, in words."""
CHANGED = "dialog:close, people:changed"
"""The events after which the lists are asked for anew."""


class Wish(BaseModel):
    """What the dialogs send; an empty password stays as it is."""

    name: str = ""
    password: str = ""
    role: str = Role.VIEWER
    is_disabled: bool = False
    forget_totp: bool = False


@router.get("")
async def users(request: Request, door: TheDoor) -> HTMLResponse:
    """List users and tokens."""
    return await shown(door, request, "users.html", part=await _lists(door, request))


@router.get("/part")
async def part(request: Request, door: TheDoor) -> HTMLResponse:
    """Return the lists as they are now."""
    return HTMLResponse(await _lists(door, request))


@router.get("/new")
async def ask_for_new() -> HTMLResponse:
    """Ask who shall be let in."""
    return _new(Wish())


@router.post("")
async def add(door: TheDoor, wish: Annotated[Wish, Form()]) -> HTMLResponse:
    """Let somebody log in, or say at the field why not."""
    try:
        said = await door.ask(AddUser(wish.name, wish.password, role_of(wish.role)), Said)
    except RefusalError as refusal:
        return _new(wish, refusal)
    return told(said.sentence)


@router.get("/{user}/change")
async def ask_for_change(door: TheDoor, user: str) -> HTMLResponse:
    """Ask what shall be otherwise of a user."""
    row = await _row(door, user)
    return _change(row, Wish(role=row.role, is_disabled=row.is_disabled))


@router.post("/{user}/change")
async def change(door: TheDoor, user: str, wish: Annotated[Wish, Form()]) -> HTMLResponse:
    """Change a user, or say why not."""
    row = await _row(door, user)
    role, is_disabled = role_of(wish.role), wish.is_disabled
    order = ChangeUser(
        user,
        wish.password,
        role if role is not row.role else None,
        is_disabled if is_disabled != row.is_disabled else None,
        wish.forget_totp,
    )
    try:
        said = await door.ask(order, Said)
    except RefusalError as refusal:
        return _change(row, wish, refusal)
    return told(said.sentence)


@router.get("/{user}/remove")
async def ask_before_removal(door: TheDoor, user: str) -> HTMLResponse:
    """Say what will become of a user, and ask whether that is meant."""
    row = await _row(door, user)
    sentence = "Nobody logs in by this name any more, and the sessions of this user end at once."
    return HTMLResponse(rendered("remove_dialog.html", name=row.name, path="users", what="user", sentence=sentence))


@router.delete("/{user}")
async def remove(door: TheDoor, user: str) -> HTMLResponse:
    """Let a user in no more."""
    return told((await door.ask(RemoveUser(user), Said)).sentence)


def role_of(text: str) -> Role:
    """Return the role of that name. Raises RefusalError."""
    if text not in set(Role):
        raise RefusalError("wrong-request", f"{text!r} is no role: choose {', '.join(Role)}.")
    return Role(text)


def told(sentence: str) -> HTMLResponse:
    """Return the message that something was done, after which the dialog closes and the lists are made anew."""
    answer = toast(sentence)
    answer.headers["HX-Trigger"] = CHANGED
    return answer


def _new(wish: Wish, refusal: RefusalError | None = None) -> HTMLResponse:
    problems = _at_field(refusal, "name") if refusal else {}
    return _dialog("user_new_dialog.html", refusal, wish=wish, problems=problems, roles=ROLES)


def _change(row: UserRow, wish: Wish, refusal: RefusalError | None = None) -> HTMLResponse:
    problems = _at_field(refusal, "refused") if refusal else {}
    return _dialog("user_dialog.html", refusal, row=row, wish=wish, problems=problems, roles=ROLES)


def _dialog(template: str, refusal: RefusalError | None, **values: object) -> HTMLResponse:
    return HTMLResponse(rendered(template, **values), refusal.status if refusal else 200)


def _at_field(refusal: RefusalError, otherwise: str) -> Mapping[str, str]:
    """Return a refusal by the field that it speaks of."""
    return {"password" if refusal.sentence.startswith("a password") else otherwise: refusal.sentence}


async def _row(door: Door, name: str) -> UserRow:
    rows = (await door.ask(GetUsers(), UsersAre)).users
    found = next((row for row in rows if row.name == name), None)
    if found is None:
        raise RefusalError("not-found", f"There is no user {name}.")
    return found


async def _lists(door: Door, request: Request) -> str:
    return rendered(
        "users_part.html",
        users=(await door.ask(GetUsers(), UsersAre)).users,
        tokens=(await door.ask(GetTokens(), TokensAre)).tokens,
        who=request.state.visitor.identity.name,
        now=time.time(),
    )
