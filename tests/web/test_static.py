"""Static files: complete, named by their content, kept by browsers, and nothing beside them is served."""

import asyncio
import gzip
import re

import httpx
import pytest
from fastapi import FastAPI

from ftpair.core.errors import SetupError
from ftpair.web.pages import FOLDER as TEMPLATES
from ftpair.web.pages import MENU
from ftpair.web.static import FOLDER, asset, bundle_missing, files, read, router


def site_of_files():
    site = FastAPI()
    site.include_router(router)
    return site


def got(url, method="GET", site=None, **headers):
    """Return what a site answers, one of static files if none is given."""
    site = site or site_of_files()

    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="https://node") as browser:
            return await browser.request(
                method, url, headers={name.replace("_", "-"): headers[name] for name in headers}
            )

    return asyncio.run(asked())


def test_a_url_names_the_content_and_is_kept_for_a_year():
    answer = got(asset("vendor/htmx.min.js"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.content == (FOLDER / "vendor/htmx.min.js").read_bytes()


def test_other_content_has_another_url(tmp_path):
    (tmp_path / "own.css").write_text("one")
    before = read(tmp_path, tmp_path / "own.css")["own.css"].version
    (tmp_path / "own.css").write_text("two")
    assert read(tmp_path, tmp_path / "own.css")["own.css"].version != before


@pytest.mark.parametrize("version", ["", "?v=0123456789abcdef"])
def test_a_url_of_other_content_is_asked_for_again(version):
    assert got(f"/static/vendor/htmx.min.js{version}").headers["cache-control"] == "public, no-cache"


def test_what_the_browser_has_is_not_sent_again():
    first = got(asset("vendor/tabler.min.css"))
    again = got(asset("vendor/tabler.min.css"), if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_a_browser_that_unpacks_gets_it_packed():
    plain = got("/static/vendor/tabler.min.css", accept_encoding="identity")
    assert "content-encoding" not in plain.headers
    packed = got("/static/vendor/tabler.min.css", accept_encoding="br, gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "accept-encoding"
    assert int(packed.headers["content-length"]) < 100_000 < int(plain.headers["content-length"])
    assert packed.content == plain.content == gzip.decompress(files()["vendor/tabler.min.css"].packed)


def test_a_head_request_gets_the_headers_alone():
    answer = got(asset("vendor/icons.svg"), "HEAD")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize("path", ["vendor/stamp", "nothing.css", "../pages.py", "%2e%2e/static.py", "/etc/passwd", ""])
def test_nothing_else_is_served(path):
    assert got(f"/static/{path}").status_code == 404


def test_files_that_are_missing_are_told_in_one_sentence(tmp_path):
    with pytest.raises(SetupError, match=r"are missing; install ftpair again \(pip install --editable \.\)$"):
        read(tmp_path, tmp_path / "stamp")


def test_a_page_without_them_says_so_and_nothing_else(tmp_path):
    site = FastAPI()
    site.add_exception_handler(SetupError, bundle_missing)
    site.get("/")(lambda: read(tmp_path, tmp_path / "stamp"))
    answer = got("/", site=site)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain; charset=utf-8")
    assert answer.text.startswith("the style sheets and scripts of the web UI are missing; install ftpair again")


def test_every_icon_that_a_page_shows_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', files()["vendor/icons.svg"].content.decode()))
    pages = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    named = re.findall(r'icon(?:_name)?(?:\(|=)"([\w-]+)"', pages)
    assert {*named, *(entry.icon for _, entries in MENU for entry in entries)} - drawn == set()


def test_no_file_fetches_anything_from_another_host():
    remote = re.compile(rb"""(?:url\(|@import|src=|fetch\(|import\()\s*["']?(?:https?:)?//""")
    assert [path for path, file in files().items() if remote.search(file.content)] == []
