"""What keeps browsers from harm: headers, sessions, and no request of a foreign page."""

import json

import pytest

from ftpair.api.access import CSRF_HEADER
from ftpair.core.account_actions import Identify
from ftpair.core.accounts import Role
from tests.api.supervisor import running
from tests.web.conftest import CSRF, Browser, identified, papers

DRAIN = "/services/FTPS_VIP/servers/FTP_SVR1/drain"


@pytest.mark.parametrize("path", ["/", "/login", "/static/site.css", "/api/v1/status", "/nowhere", "/livez"])
def test_every_answer_forbids_what_no_page_needs(admin, path):
    headers = admin.get(path).headers
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


def test_no_page_has_script_or_style_of_its_own(admin):
    page = admin.get("/").text
    assert "<script>" not in page
    assert " style=" not in page
    assert "onclick" not in page


def test_pages_stay_out_of_caches_and_static_files_in_them(admin):
    page = admin.get("/")
    assert page.headers["cache-control"] == "no-store"
    link = page.text.split('href="/static/site.css')[1].split('"')[0]
    assert "immutable" in admin.get(f"/static/site.css{link}").headers["cache-control"]


def test_who_is_not_logged_in_is_sent_there_and_comes_back(browsing):
    with browsing() as stranger:
        answer = stranger.get("/?q=anna")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F%3Fq%3Danna")
        part = stranger.get("/", headers={"HX-Request": "true"})
        assert part.headers["hx-redirect"] == "/login"


def test_the_api_answers_strangers_as_it_answers_machines(browsing):
    with browsing() as stranger:
        answer = stranger.get("/api/v1/status")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {CSRF_HEADER: "another"},
        {CSRF_HEADER: CSRF, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_request_that_no_page_of_ours_made_changes_nothing(admin, supervisor, headers):
    answer = admin.post(DRAIN, headers={"HX-Request": "true"} | headers)
    assert answer.status_code == 403
    assert [type(action).__name__ for action in supervisor.actions if type(action).__name__ == "SetAdmin"] == []


def test_a_page_that_does_not_exist_says_so_in_a_page(admin):
    answer = admin.get("/nowhere")
    assert (answer.status_code, "System Overview" in answer.text) == (404, True)


def test_what_lives_is_sent_once_and_again_only_when_it_changed(admin, supervisor):
    with admin.stream("GET", "/live/overview", timeout=10) as stream:
        events = []
        for line in stream.iter_lines():
            if line.startswith("event: "):
                events.append(line.removeprefix("event: "))
            if line.startswith("data: ") and events[-1] == "part":
                events[-1] = json.loads(line.removeprefix("data: "))["id"]
            if len(events) == 5:
                break
    assert events == ["banner", "stats", "overview", "figures", "figures"]


def test_the_role_of_who_looks_stands_in_the_corner(browsing):
    with browsing(Role.OPERATOR) as operator:
        assert "an-operator, operator" in operator.get("/").text


def test_an_open_page_does_not_hold_up_the_end(tmp_path):
    with running(tmp_path) as supervisor:
        supervisor.answers[Identify] = identified
        port = supervisor.serve_https(papers())
        with Browser(port, Role.VIEWER) as viewer, viewer.stream("GET", "/live/overview") as stream:
            next(stream.iter_lines())
            supervisor.say_stop()
            assert supervisor.process.wait(20) == 0
            assert supervisor.process.stderr.read() == "", "uvicorn says so if it had to cut somebody off"


def test_a_page_knows_what_its_changes_must_carry(admin):
    assert admin.get("/api/v1/me").json()["csrf"] == "csrf of the session"
