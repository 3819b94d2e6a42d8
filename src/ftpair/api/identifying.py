"""Routes of who asks: log in, log out, and what belongs to oneself."""

from typing import cast

from fastapi import APIRouter, Request, Response

from ftpair.api import account_examples, examples
from ftpair.api.access import ANYBODY, COOKIE, address_of, demand_no_foreign_page, end_cookie, may, set_cookie
from ftpair.api.account_bodies import CodeWish, LoginWish, Me, PasswordWish, SetUpLink, TotpBegun
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import Done
from ftpair.api.problems import ASKING, documented
from ftpair.core.account_actions import (
    BeginTotp,
    ChangePassword,
    ConfirmTotp,
    EndTotp,
    GetSetUpLink,
    IdentityIs,
    LoggedIn,
    LogIn,
    LogOut,
    SetUpLinkIs,
    TotpIs,
)
from ftpair.core.accounts import Identity, Role
from ftpair.core.actions import Said

router = APIRouter(prefix="/api/v1", tags=["users"], responses=documented(*ASKING))


@router.post(
    "/login",
    dependencies=[ANYBODY],
    summary="Log in",
    responses=examples.ok(account_examples.ME) | documented("too-often", "wrong-request"),
)
async def log_in(door: TheDoor, request: Request, response: Response, wish: LoginWish) -> Me:
    """Begin a session: its cookie is set, and `csrf` goes into `X-CSRF-Token` of all that changes something."""
    demand_no_foreign_page(request)
    begun = await door.ask(LogIn(wish.user, wish.password, wish.code, address_of(request)), LoggedIn)
    set_cookie(response, begun.secret)
    return _me(begun.identity, begun.csrf)


@router.post(
    "/logout",
    dependencies=[may("viewer")],
    summary="Log out",
    responses=examples.ok(account_examples.LOGGED_OUT) | documented("wrong-request"),
)
async def log_out(door: TheDoor, request: Request, response: Response) -> Done:
    """End the session of the cookie."""
    said = await door.ask(LogOut(request.cookies.get(COOKIE, "")), Said)
    end_cookie(response)
    return Done(said.sentence)


@router.get(
    "/setup-link",
    dependencies=[may("admin")],
    summary="Where the first user is made",
    responses=examples.ok(account_examples.SET_UP_LINK) | documented("not-found"),
)
async def set_up_link(door: TheDoor) -> SetUpLink:
    """Return the link that makes the first user; before there is one, only the control socket can ask."""
    return SetUpLink((await door.ask(GetSetUpLink(), SetUpLinkIs)).link)


@router.get("/me", dependencies=[may("viewer")], summary="Who asks", responses=examples.ok(account_examples.ME))
async def me(request: Request) -> Me:
    """Return who asks, and by what that is known."""
    visitor = cast("IdentityIs", request.state.visitor)
    return _me(visitor.identity, visitor.csrf)


@router.put(
    "/me/password",
    dependencies=[may("viewer")],
    summary="Change one's own password",
    responses=examples.ok(account_examples.PASSWORD) | documented("too-often", "wrong-request", "not-found"),
)
async def change_password(door: TheDoor, wish: PasswordWish) -> Done:
    """Change the password of who has logged in; all his sessions end."""
    return Done((await door.ask(ChangePassword(wish.password, wish.wanted), Said)).sentence)


@router.post(
    "/me/totp",
    dependencies=[may("viewer")],
    summary="Begin with an authenticator",
    responses=examples.ok(account_examples.TOTP) | documented("wrong-request", "not-found"),
)
async def begin_totp(door: TheDoor) -> TotpBegun:
    """Make a secret for an authenticator (TOTP, RFC 6238); nothing is asked for until `confirm` comes."""
    begun = await door.ask(BeginTotp(door.who.name), TotpIs)
    return TotpBegun(begun.uri, begun.secret)


@router.post(
    "/me/totp/confirm",
    dependencies=[may("viewer")],
    summary="Use the authenticator from now on",
    responses=examples.ok(account_examples.TOTP_ON) | documented("wrong-request", "not-found"),
)
async def confirm_totp(door: TheDoor, wish: CodeWish) -> Done:
    """Ask for a code at every login, once a first one shows that the authenticator has the secret."""
    return Done((await door.ask(ConfirmTotp(door.who.name, wish.code), Said)).sentence)


@router.post(
    "/me/totp/end",
    dependencies=[may("viewer")],
    summary="Use the authenticator no more",
    responses=examples.ok(account_examples.TOTP_OFF) | documented("too-often", "wrong-request", "not-found"),
)
async def end_totp(door: TheDoor, wish: CodeWish) -> Done:
    """Ask for no code any more, by a last one."""
    return Done((await door.ask(EndTotp(door.who.name, wish.code), Said)).sentence)


def _me(identity: Identity, csrf: str) -> Me:
    return Me(identity.name, cast("Role", identity.role), identity.via, csrf)
