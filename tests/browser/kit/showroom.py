"""Pages of the tests' own, under the web UI's policy, for trying the kit and the bundled files."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from ftpair.web.app import SafeHeaders
from ftpair.web.static import asset, router
from tests.interop.lab.authority import Authority
from tests.interop.lab.places import fresh_address

PORT = 8443
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="htmx-config" content='{{"allowEval": false, "includeIndicatorStyles": false}}'>
<link rel="icon" href="{icons}">{links}</head>
<body>{body}</body></html>
"""


@dataclass
class Showroom:
    """A site that shows what the tests put into it."""

    url: str
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Media type and content, by path."""

    def show(self, name: str, body: str, script: str = "") -> str:
        """Put up a page with this body, and with a script if there is one; returns its address."""
        links = [f'<link rel="stylesheet" href="{asset(f"vendor/{css}")}">' for css in _vendor(".css")]
        links += [f'<script src="{asset(f"vendor/{js}")}" defer></script>' for js in _vendor(".js")]
        if script:
            self.pages[f"/{name}.js"] = ("text/javascript", script)
            links.append(f'<script src="/{name}.js" defer></script>')
        head = {"title": name, "icons": asset("vendor/icons.svg"), "links": "\n".join(links)}
        self.pages[f"/{name}"] = ("text/html; charset=utf-8", _PAGE.format(body=body, **head))
        return f"{self.url}/{name}"

    def part(self, path: str, html: str) -> None:
        """Put up a part of a page, for htmx to fetch."""
        self.pages[path] = ("text/html; charset=utf-8", html)


def _vendor(suffix: str) -> list[str]:
    # The extensions of htmx register with it, so it comes first; the rest is in no order.
    names = [path.name for path in Path("src/ftpair/web/static/vendor").iterdir() if path.suffix == suffix]
    return sorted(names, key=lambda name: (name != "htmx.min.js", name))


def _site(room: Showroom) -> FastAPI:
    site = FastAPI()
    site.include_router(router)
    site.add_middleware(SafeHeaders)

    @site.get("/{name:path}")
    async def page(name: str) -> Response:
        media_type, content = room.pages.get(f"/{name}", ("text/html", ""))
        return HTMLResponse(content, 200 if content else 404, media_type=media_type)

    return site


@contextmanager
def showroom(folder: Path) -> Iterator[Showroom]:
    """Serve for the length of a block."""
    address = fresh_address()
    place = folder / "showroom"
    place.mkdir()
    identity = Authority(place).issue("showroom", address)
    room = Showroom(f"https://{address}:{PORT}")
    tls = {"ssl_certfile": str(identity.certificate), "ssl_keyfile": str(identity.key)}
    server = uvicorn.Server(uvicorn.Config(_site(room), host=address, port=PORT, log_level="error", **tls))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while thread.is_alive() and not server.started:
            time.sleep(0.02)
        yield room
    finally:
        server.should_exit = True
        thread.join()
