"""Log in, log out, and the first password: the only pages that anybody sees."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from ftpair.api.access import ANYBODY, COOKIE, address_of, demand_own_origin, end_cookie, may, set_cookie
from ftpair.api.asking import TheDoor
from ftpair.api.problems import RefusalError
from ftpair.core.account_actions import LoggedIn, LogIn, LogOut, SetUp
from ftpair.core.actions import Said
from ftpair.web.pages import page

router = APIRouter()

UNEQUAL = "The two passwords differ: type them again."


class Credentials(BaseModel):
    """What somebody types to log in."""

    user: str = Field(max_length=64)
    password: str = Field(max_length=1024)
    code: str = Field(default="", max_length=20)
    next: str = Field(default="/", max_length=2000)


class FirstUser(BaseModel):
    """What the first user types; `key` came with the link."""

    key: str = Field(max_length=200)
    user: str = Field(max_length=64)
    password: str = Field(max_length=1024)
    again: str = Field(max_length=1024)


@router.get("/login", dependencies=[ANYBODY])
async def login_page(request: Request, then: Annotated[str, Query(alias="next", max_length=2000)] = "/") -> Response:
    """Ask for user and password."""
    return page(request, "login.html", next=_own(then), user="", sentence="")


@router.post("/login", dependencies=[ANYBODY])
async def log_in(request: Request, door: TheDoor, given: Annotated[Credentials, Form()]) -> Response:
    """Begin a session of the browser, or say why not."""
    demand_own_origin(request)
    try:
        session = await door.ask(LogIn(given.user, given.password, given.code, address_of(request)), LoggedIn)
    except RefusalError as refusal:
        status = refusal.status
        return page(request, "login.html", status, next=_own(given.next), user=given.user, sentence=refusal.sentence)
    return _begun(session, _own(given.next))


@router.get("/setup", dependencies=[ANYBODY])
async def set_up_page(request: Request, key: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """Ask for the first user and password; `key` is what the set-up link was told with."""
    return page(request, "setup.html", key=key, user="admin", sentence="")


@router.post("/setup", dependencies=[ANYBODY])
async def set_up(request: Request, door: TheDoor, given: Annotated[FirstUser, Form()]) -> Response:
    """Make the first user and log in."""
    demand_own_origin(request)
    if given.password != given.again:
        return page(request, "setup.html", 422, key=given.key, user=given.user, sentence=UNEQUAL)
    try:
        session = await door.ask(SetUp(given.key, given.user, given.password, address_of(request)), LoggedIn)
    except RefusalError as refusal:
        status = refusal.status
        return page(request, "setup.html", status, key=given.key, user=given.user, sentence=refusal.sentence)
    return _begun(session, "/")


@router.get("/session", dependencies=[may("viewer")])
async def session() -> Response:
    """Answer 204 while the session of the browser lasts, 401 after it."""
    return Response(status_code=204)


@router.post("/logout", dependencies=[may("viewer")])
async def log_out(request: Request, door: TheDoor) -> Response:
    """End the session of the browser."""
    await door.ask(LogOut(request.cookies.get(COOKIE, "")), Said)
    answer = Response(status_code=204, headers={"HX-Redirect": "/login"})
    end_cookie(answer)
    return answer


def _begun(session: LoggedIn, there: str) -> Response:
    answer = RedirectResponse(there, 303)
    set_cookie(answer, session.secret)
    return answer


def _own(there: str) -> str:
    """Return a place of this site: a link must not lead to another one after the login."""
    parts = urlsplit(there)
    is_own = not parts.scheme and not parts.netloc and there.startswith("/") and not there.startswith(("//", "/\\"))
    return there if is_own else "/"
