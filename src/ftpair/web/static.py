"""Static files: read once, and served with a URL that names their content.

`asset("vendor/htmx.min.js")` is `/static/vendor/htmx.min.js?v=...`: what that URL gives never changes, so a browser
keeps it for a year. Without the `v` of today, a browser asks each time whether it has changed.
"""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from ftpair.api.access import ANYBODY
from ftpair.core.errors import SetupError

FOLDER = Path(__file__).parent / "static"
BUNDLED = FOLDER / "vendor" / "stamp"
"""What hatch_build.py writes when it has bundled the files of others."""
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""What is served; a file of another kind is not."""
FOR_EVER, ASK_AGAIN = "public, max-age=31536000, immutable", "public, no-cache"

router = APIRouter(dependencies=[ANYBODY])


@dataclass(frozen=True, slots=True)
class File:
    """One static file: as it is, and packed."""

    content: bytes
    packed: bytes
    media_type: str
    version: str

    @property
    def etag(self) -> str:
        """Its entity tag; a weak one, for packed or not it is the same."""
        return f'W/"{self.version}"'


def read(folder: Path = FOLDER, stamp: Path = BUNDLED) -> Mapping[str, File]:
    """Read all static files, by their paths below `folder`. Raises SetupError if those of others are missing."""
    if not stamp.is_file():
        raise SetupError(
            "the style sheets and scripts of the web UI are missing; install ftpair again (pip install --editable .)"
        )
    return dict(_files(folder))


@cache
def files() -> Mapping[str, File]:
    """Return the static files of this installation, read once."""
    return read()


def asset(path: str) -> str:
    """Return the URL of a static file: `asset("vendor/htmx.min.js")`."""
    return f"/static/{path}?v={files()[path].version}"


async def bundle_missing(_request: Request, error: Exception) -> PlainTextResponse:
    """Answer a page that lacks the files of others: in plain text, for nothing else can be shown."""
    return PlainTextResponse(f"{error}\n", 503)


@router.api_route("/static/{path:path}", methods=["GET", "HEAD"])
async def static(request: Request, path: str, v: str = "") -> Response:
    """Serve a static file, packed where the browser takes it."""
    file = files().get(path)
    return answer(file, v, request.headers) if file else PlainTextResponse("There is no such file.\n", 404)


def answer(file: File, version: str, asked: Mapping[str, str]) -> Response:
    """Return a file, or that it is what the browser has; `asked` are the request's headers."""
    headers = {
        "cache-control": FOR_EVER if version == file.version else ASK_AGAIN,
        "etag": file.etag,
        "vary": "accept-encoding",
    }
    if file.etag in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in asked.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(file.packed, headers=headers, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)


def _files(folder: Path) -> Iterator[tuple[str, File]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in TYPES and path.is_file():
            content = path.read_bytes()
            version = hashlib.sha256(content).hexdigest()[:16]
            packed = gzip.compress(content, mtime=0)
            yield path.relative_to(folder).as_posix(), File(content, packed, TYPES[path.suffix], version)
