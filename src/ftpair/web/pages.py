"""Pages: templates, what all of them know, and the menu. A page is made whole, or as the part of it that lives."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

import ftpair
from ftpair.core import units
from ftpair.core.account_actions import IdentityIs
from ftpair.core.accounts import NOBODY, Role
from ftpair.core.text import safe
from ftpair.web.lights import light_of_server, light_of_service
from ftpair.web.static import asset

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; `icon` is a name of the sprite."""

    title: str
    path: str
    icon: str
    role: Role = Role.VIEWER
    """Who has less is not shown it."""


MENU: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", (Entry("System Overview", "/", "layout-dashboard"),)),
    (
        "Cluster Configuration",
        (
            Entry("Virtual Services", "/services", "server"),
            Entry("Certificates", "/certificates", "certificate"),
            Entry("Routes", "/routes", "route"),
        ),
    ),
    (
        "Live",
        (
            Entry("Sessions", "/sessions", "plug-connected"),
            Entry("Transfers", "/transfers", "transfer"),
            Entry("Bans", "/bans", "ban"),
        ),
    ),
    (
        "Maintenance",
        (
            Entry("Doctor", "/doctor", "stethoscope"),
            Entry("Reports", "/reports", "chart-line"),
            Entry("Revisions", "/revisions", "history"),
            Entry("Logs", "/log", "file-text"),
            Entry("Audit", "/audit", "shield-check", Role.ADMIN),
            Entry("Users", "/users", "users", Role.ADMIN),
        ),
    ),
)

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {
    "size": units.size,
    "rate": units.rate,
    "duration": units.duration,
    "moment": units.moment,
    "counted": units.counted,
    "shown": safe,
}
_ENVIRONMENT.globals |= {
    "asset": asset,
    "menu": MENU,
    "version": ftpair.__version__,
    "light_of_server": light_of_server,
    "light_of_service": light_of_service,
}


def rendered(template: str, **values: Any) -> str:
    """Return a template as HTML."""
    return _ENVIRONMENT.get_template(template).render(**values)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a whole page; its menu shows where it is, its corner who looks."""
    visitor = getattr(request.state, "visitor", IdentityIs(NOBODY))
    known = {"path": request.url.path, "identity": visitor.identity, "csrf": visitor.csrf, "banner": ""}
    return HTMLResponse(rendered(template, **known | values), status)


def may_operate(request: Request) -> bool:
    """Whether who looks may drain, halt and end."""
    return bool(request.state.visitor.identity.may(Role.OPERATOR))


def may_change(request: Request) -> bool:
    """Whether who looks may change the configuration."""
    return bool(request.state.visitor.identity.may(Role.ADMIN))
