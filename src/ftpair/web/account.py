"""One's own account: another password, and the second factor with its QR code."""

from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from ftpair.api.access import may
from ftpair.api.asking import Door, TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.account_actions import BeginTotp, ChangePassword, ConfirmTotp, EndTotp, GetUsers, TotpIs, UsersAre
from ftpair.core.accounts import UserRow
from ftpair.core.actions import Said
from ftpair.web.banner import shown
from ftpair.web.pages import rendered
from ftpair.web.users import told

router = APIRouter(prefix="/account", dependencies=[may("viewer")])

UNEQUAL = "The two passwords differ: type them again."


class Passwords(BaseModel):
    """The password that is, and the wanted one twice."""

    password: str = ""
    wanted: str = ""
    again: str = ""


class Code(BaseModel):
    """What the authenticator shows."""

    code: str = ""


@router.get("")
async def account(request: Request, door: TheDoor) -> HTMLResponse:
    """Show what one may change of one's own."""
    row = await _row(door, request)
    return await shown(
        door,
        request,
        "account.html",
        row=row,
        form=rendered("password_form.html", problems={}, first=""),
        factor=_factor(row),
    )


@router.get("/factor")
async def factor(request: Request, door: TheDoor) -> HTMLResponse:
    """Return how it is with the second factor now."""
    return HTMLResponse(_factor(await _row(door, request)))


@router.post("/password")
async def change_password(door: TheDoor, given: Annotated[Passwords, Form()]) -> Response:
    """Change one's password, after which one logs in anew; or say at the field why not."""
    if given.wanted != given.again:
        return _refused("again", UNEQUAL, 422)
    try:
        await door.ask(ChangePassword(given.password, given.wanted), Said)
    except RefusalError as refusal:
        is_new_one = refusal.kind == "wrong-request"
        return _refused("wanted" if is_new_one else "password", refusal.sentence, refusal.status)
    return Response(status_code=204, headers={"HX-Redirect": "/login?next=/account"})


@router.post("/factor")
async def begin(request: Request, door: TheDoor) -> HTMLResponse:
    """Make a secret and show it, as a picture and as text."""
    made = await door.ask(BeginTotp(_name(request)), TotpIs)
    picture = segno.make(made.uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
    return HTMLResponse(rendered("factor_begun.html", picture=picture, secret=made.secret, code=_code("confirm")))


@router.post("/factor/confirm")
async def confirm(request: Request, door: TheDoor, given: Annotated[Code, Form()]) -> HTMLResponse:
    """Ask for a code at every login from now on."""
    try:
        said = await door.ask(ConfirmTotp(_name(request), given.code.replace(" ", "")), Said)
    except RefusalError as refusal:
        return HTMLResponse(_code("confirm", refusal.sentence), refusal.status)
    return told(said.sentence)


@router.post("/factor/remove")
async def remove(request: Request, door: TheDoor, given: Annotated[Code, Form()]) -> HTMLResponse:
    """Ask for no code any more, by a last one."""
    try:
        said = await door.ask(EndTotp(_name(request), given.code.replace(" ", "")), Said)
    except RefusalError as refusal:
        return HTMLResponse(_code("remove", refusal.sentence), refusal.status)
    return told(said.sentence)


def _refused(field: str, sentence: str, status: int) -> HTMLResponse:
    """Return the form; passwords are typed again, for they are not sent back."""
    return HTMLResponse(rendered("password_form.html", problems={field: sentence}, first=field), status)


def _code(what: str, problem: str = "") -> str:
    return rendered("code_form.html", what=what, problem=problem)


def _factor(row: UserRow | None) -> str:
    return rendered("factor.html", row=row, code=_code("remove"))


def _name(request: Request) -> str:
    return str(request.state.visitor.identity.name)


async def _row(door: Door, request: Request) -> UserRow | None:
    """Return who looks; None: a token, which has neither password nor second factor."""
    identity = request.state.visitor.identity
    rows = (await door.ask(GetUsers(), UsersAre)).users if identity.via == "web" else ()
    return next((row for row in rows if row.name == identity.name), None)
