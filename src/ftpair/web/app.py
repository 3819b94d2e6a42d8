"""The site: the API's routes, the pages, and the headers that keep a browser from doing what they do not ask for."""

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ftpair.api.access import Access
from ftpair.api.app import create_app
from ftpair.app.control import Control
from ftpair.core.errors import SetupError
from ftpair.web import (
    account,
    acting,
    applying,
    audit,
    bans,
    certificates,
    doctor,
    editing,
    entrance,
    guides,
    history,
    live,
    logs,
    overview,
    refusals,
    reports,
    revisions,
    routes,
    server_editing,
    service_editing,
    services,
    sessions,
    static,
    tokens,
    transfers,
    users,
)
from ftpair.web.streams import Streams

ROUTERS = (
    overview.router,
    entrance.router,
    sessions.router,
    logs.router,
    audit.router,
    bans.router,
    history.router,
    transfers.router,
    applying.router,
    doctor.router,
    account.router,
    tokens.router,
    users.router,
    reports.router,
    editing.router,
    revisions.router,
    guides.router,
    server_editing.router,
    service_editing.router,
    services.router,
    certificates.router,
    routes.router,
    routes.changing,
    acting.router,
    live.router,
    static.router,
)
"""The first route that fits a path answers: `/revisions/edit` stands before `/revisions/{number}`."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""Content-Security-Policy: nothing but what this site serves; `data:` for the pictures in its style sheet."""
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def create_site(control: Control, access: Access) -> FastAPI:
    """Return the application that browsers and API clients reach over TLS."""
    site = create_app(control, access)
    site.state.streams = Streams()
    for router in ROUTERS:
        site.include_router(router, include_in_schema=False)
    refusals.install(site)
    site.add_exception_handler(SetupError, static.bundle_missing)
    site.add_middleware(SafeHeaders)
    return site


class SafeHeaders:
    """Adds `HEADERS` to every answer, and keeps all but static files out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)
