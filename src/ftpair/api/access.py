"""Who may use a route. Every route says which role it needs: `dependencies=[may("operator")]`, or `[ANYBODY]`.

The application for the control socket takes everybody for its owner (`LocalAccess`); the one for the network asks the
supervisor whose token or session cookie it was given (`WebAccess`).
"""

import hmac
from typing import Annotated, Any, Literal, NoReturn, Protocol, cast

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from ftpair.api.asking import Door
from ftpair.api.problems import RefusalError
from ftpair.app.control import Control
from ftpair.core.account_actions import Denied, Identify, IdentityIs
from ftpair.core.accounts import LOCAL, NOBODY, Identity, Role
from ftpair.core.actions import Said

COOKIE = "__Host-ftpair"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""They change nothing (RFC 9110, 9.2.1), so that a foreign page may have them sent."""
ASKED_CHARACTERS = 200
FOREIGN = "Another site sent this, not a page of ftpair: nothing was done."
TOKEN = HTTPBearer(scheme_name="token", description="A token of `ftpair token add`.", auto_error=False)
SESSION = APIKeyCookie(
    name=COOKIE,
    scheme_name="session",
    description=f"The session of a browser; what changes something needs the header {CSRF_HEADER} too.",
    auto_error=False,
)


class Access(Protocol):
    """How an application learns who asks."""

    async def identify(self, request: Request) -> IdentityIs:
        """Return who asks; raises RefusalError if that cannot be told."""


class LocalAccess:
    """Who may open the control socket owns ftpair."""

    async def identify(self, _request: Request) -> IdentityIs:
        """Return the owner."""
        return IdentityIs(LOCAL)


class WebAccess:
    """Over the network everybody needs a token or a session."""

    def __init__(self, control: Control) -> None:
        self._door = Door(control, NOBODY)

    async def identify(self, request: Request) -> IdentityIs:
        """Return whose token it is, else whose session; raises RefusalError."""
        if "authorization" in request.headers:
            return await self._owner_of(_bearer(request), request)
        if cookie := request.cookies.get(COOKIE):
            visitor = await self._owner_of(cookie, request)
            if request.method not in SAFE_METHODS and (why := why_foreign(request, visitor.csrf)):
                await deny(request, visitor.identity, why)
            return visitor
        raise RefusalError("not-identified", "Log in first, or send a token: Authorization: Bearer TOKEN.")

    async def _owner_of(self, secret: str, request: Request) -> IdentityIs:
        return await self._door.ask(Identify(secret, address_of(request)), IdentityIs)


class May:
    """Lets nobody in without the role; what it finds out stands in `request.state.visitor`."""

    def __init__(self, needed: Role) -> None:
        self.needed = needed

    async def __call__(
        self, request: Request, _token: Annotated[Any, Security(TOKEN)], _session: Annotated[Any, Security(SESSION)]
    ) -> None:
        """Raise RefusalError unless who asks may."""
        visitor = await cast("Access", request.app.state.access).identify(request)
        identity = visitor.identity
        if not identity.may(self.needed):
            role = identity.role.value if identity.role else "nobody"
            await deny(request, identity, f"This needs the role {self.needed.value}; {identity.name} is {role}.")
        request.state.visitor = visitor


def may(role: Literal["viewer", "operator", "admin"]) -> Any:
    """Return the dependency of a route that needs this role."""
    return Depends(May(Role(role)))


async def anybody(request: Request) -> None:
    """Let everybody in: a monitor, or somebody who is about to log in."""
    request.state.visitor = IdentityIs(NOBODY)


ANYBODY = Depends(anybody)


async def deny(request: Request, who: Identity, sentence: str) -> NoReturn:
    """Raise RefusalError, and let the audit trail have it."""
    asked = f"{request.method} {request.url.path}"[:ASKED_CHARACTERS]
    await Door(cast("Control", request.app.state.control), who).ask(Denied(asked, sentence), Said)
    raise AssertionError("the supervisor refuses what was denied")


def why_foreign(request: Request, csrf: str) -> str:
    """Return why no page of ours can have sent this in the session that it was made for; empty if one did."""
    if not is_of_own_origin(request):
        return FOREIGN
    if not csrf or not hmac.compare_digest(request.headers.get(CSRF_HEADER, "").encode(), csrf.encode()):
        return f"The header {CSRF_HEADER} is missing or old: load the page anew."
    return ""


def demand_own_origin(request: Request) -> None:
    """Raise RefusalError if another site sent this."""
    if not is_of_own_origin(request):
        raise RefusalError("not-allowed", FOREIGN)


def demand_no_foreign_page(request: Request) -> None:
    """Raise RefusalError if a browser sent this for another site; a program says nothing of either."""
    if {"origin", "sec-fetch-site"} & set(request.headers):
        demand_own_origin(request)


def set_cookie(response: Response, secret: str) -> None:
    """Let the browser keep a session until it is closed; no script can read it, and no other site have it sent."""
    response.set_cookie(COOKIE, secret, path="/", secure=True, httponly=True, samesite="strict")


def end_cookie(response: Response) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")


def address_of(request: Request) -> str:
    """Return the IP address that asks; empty over a unix socket."""
    return request.client.host if request.client else ""


def is_of_own_origin(request: Request) -> bool:
    """Whether the browser says so; each says one of the two, and a page can set neither."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    is_own = origin == f"https://{request.headers.get('host', '')}"
    return (site == "same-origin" if site else is_own) and (origin is None or is_own)


def _bearer(request: Request) -> str:
    scheme, _, secret = request.headers["authorization"].partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise RefusalError("not-identified", "Send a token like this: Authorization: Bearer TOKEN.")
    return secret.strip()
