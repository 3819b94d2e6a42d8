"""Who may, on a running ftpair over real TLS: the first user, roles, guessing, foreign pages, and what is kept."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import fresh_address

pytestmark = pytest.mark.interop
PORT = 8443
PASSWORD = "correct horse battery"
DRAIN = "/api/v1/services/S/servers/SVR/drain"


@pytest.fixture
def balancer(tmp_path: Path, authority: Authority) -> Iterator[Balancer]:
    server = new_server(tmp_path, authority, "vsftpd", "clear")
    wanted = service(fresh_address(), {"SVR": entry(server.address)}, health={"check": "off"})
    web = {"address": fresh_address(), "port": PORT}
    with running(tmp_path, settings(tmp_path, authority, {"S": wanted}, web=web)) as balancer:
        yield balancer


def url(balancer: Balancer) -> str:
    """Where the web UI is; it opens to its address a moment after the first user was made."""
    return str(balancer.records("web UI")[-1]["url"])


def visitor(balancer: Balancer, **headers: str) -> httpx.Client:
    return httpx.Client(base_url=url(balancer), verify=False, headers=headers, timeout=30)


@contextmanager
def page_of(balancer: Balancer, user: str) -> Iterator[httpx.Client]:
    """A browser that has logged in, on a page of ftpair: it sends its origin and what the page knows."""
    with visitor(balancer, **{"Origin": url(balancer), "Sec-Fetch-Site": "same-origin"}) as browser:
        answer = browser.post("/api/v1/login", json={"user": user, "password": PASSWORD})
        assert answer.is_success, answer.text
        browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield browser


def run(balancer: Balancer, *arguments: str, typed: str = "") -> str:
    line = [sys.executable, "-m", "ftpair.cli.main", *arguments, "--socket", str(balancer.socket)]
    ran = subprocess.run(line, input=typed, capture_output=True, text=True, check=True, timeout=60)
    return ran.stdout.strip()


def add_user(balancer: Balancer, name: str, role: str) -> None:
    run(balancer, "user", "add", name, "--role", role, "--password-file", "-", typed=PASSWORD)


def trail(balancer: Balancer, **wanted: Any) -> list[tuple[str, str, str]]:
    query = "&".join(f"{key}={value}" for key, value in wanted.items())
    return [(row["name"], row["action"], row["outcome"]) for row in balancer.ask(f"/audit?{query}")]


def test_s20_guessing_passwords_is_slowed_down_for_users_that_exist_and_for_others(balancer: Balancer) -> None:
    add_user(balancer, "anna", "admin")
    with visitor(balancer) as guesser:
        for name in ("anna", "nobody"):
            answers = [
                guesser.post("/api/v1/login", json={"user": name, "password": f"guess number {number}"})
                for number in range(8)
            ]
            assert {answer.status_code for answer in answers} <= {401, 429}
            assert answers[-1].status_code == 429
            assert re.search(r"try again in \d+ s", answers[-1].json()["detail"])
        assert guesser.post("/api/v1/login", json={"user": "anna", "password": PASSWORD}).status_code == 429
    refused = trail(balancer, action="log-in", outcome="refused")
    assert 4 <= len(refused) <= 8, "what was not looked at is no entry"
    assert "guess number" not in balancer.log()


def test_s21_a_page_of_another_site_changes_nothing_with_the_cookie_of_its_visitor(balancer: Balancer) -> None:
    add_user(balancer, "anna", "admin")
    with page_of(balancer, "anna") as page:
        csrf = page.headers["X-CSRF-Token"]
        for headers in (
            {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
            {"Origin": "null"},
            {"X-CSRF-Token": ""},
            {"X-CSRF-Token": csrf[::-1]},
        ):
            assert page.post(DRAIN, headers=headers).status_code == 403
        assert balancer.ask("/services/S/servers/SVR")["admin"] == "online"
        assert page.post(DRAIN).is_success
    assert balancer.ask("/services/S/servers/SVR")["admin"] == "drain"
    assert trail(balancer, user="anna", limit=3)[:3] == [
        ("anna", "drain", "done"),
        *[("anna", "denied", "refused")] * 2,
    ]


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_s22_a_token_does_what_its_role_may_and_is_useless_once_removed(balancer: Balancer, role: str) -> None:
    add_user(balancer, "anna", "admin")
    secret = run(balancer, "token", "add", "program", "--role", role)
    mays = ["viewer", "operator", "admin"].index(role)
    with visitor(balancer, Authorization=f"Bearer {secret}") as program:
        codes = [
            program.get("/api/v1/status").status_code,
            program.post(DRAIN).status_code,
            program.get("/api/v1/users").status_code,
        ]
        assert codes == [200 if at <= mays else 403 for at in range(3)]
        assert program.put("/api/v1/me/password", json={"password": "", "wanted": PASSWORD}).status_code == 403
        run(balancer, "token", "delete", "program")
        assert program.get("/api/v1/status").status_code == 401
    assert secret not in balancer.log()
    files = list(balancer.configuration.parent.rglob("*.sqlite"))
    assert {"accounts.sqlite", "audit.sqlite"} <= {file.name for file in files}
    assert secret.encode() not in b"".join(file.read_bytes() for file in files)


def test_s23_nobody_becomes_the_first_user_without_the_link_of_the_log(balancer: Balancer) -> None:
    (told,) = balancer.records("web UI: there is no user yet: make the first one by this link")
    form = {"user": "mallory", "password": PASSWORD, "again": PASSWORD, "key": "guessed"}
    with visitor(balancer, **{"Origin": url(balancer), "Sec-Fetch-Site": "same-origin"}) as stranger:
        assert stranger.post("/setup", data=form).status_code in {401, 403}
        assert stranger.get("/api/v1/status").status_code == 401
        assert balancer.ask("/users") == []
        key = told["link"].partition("key=")[2]
        assert stranger.post("/setup", data=form | {"user": "anna", "key": key}).status_code < 400
        stranger.cookies.clear()
        assert stranger.post("/setup", data=form | {"key": key}).status_code >= 400
    assert [user["name"] for user in balancer.ask("/users")] == ["anna"]


def test_a_session_lives_on_when_the_api_dies_and_when_ftpair_starts_again(balancer: Balancer) -> None:
    add_user(balancer, "anna", "admin")
    with page_of(balancer, "anna") as page:
        os.kill(_api(balancer), signal.SIGKILL)
        assert _patiently(page).json()["name"] == "anna"
        balancer.stop()
        balancer.restart()
        assert _patiently(page).json()["name"] == "anna"
        run(balancer, "user", "add", "ben", "--role", "admin", "--password-file", "-", typed=PASSWORD)
        run(balancer, "user", "set", "anna", "--role", "viewer")
        assert page.get("/api/v1/me").status_code == 401
        assert page.post("/api/v1/logout").status_code == 401
    with page_of(balancer, "anna") as page:
        assert page.get("/api/v1/me").json()["role"] == "viewer"
        assert page.post("/api/v1/logout").is_success
        assert page.get("/api/v1/me").status_code == 401


def _patiently(page: httpx.Client) -> httpx.Response:
    deadline = time.monotonic() + 20
    while True:
        try:
            return page.get("/api/v1/me").raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def _api(balancer: Balancer) -> int:
    line = ["pgrep", "-P", str(balancer.daemon.pid), "-f", "ftpair.web"]
    return int(subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()[0])
