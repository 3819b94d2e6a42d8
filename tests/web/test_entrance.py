"""The way in: log in, log out, the first user; and nobody is led astray."""

import pytest

from ftpair.api.access import COOKIE
from ftpair.core.account_actions import LoggedIn, LogIn, LogOut, SetUp
from ftpair.core.accounts import Role
from ftpair.core.actions import Refused, Said
from tests.web.conftest import CSRF, PEOPLE

COOKIE_OF_ADMIN = "cookie of admin"
WRONG = Refused("not-identified", "User or password is wrong.")


@pytest.fixture
def people(supervisor):
    known = LoggedIn(COOKIE_OF_ADMIN, PEOPLE[COOKIE_OF_ADMIN], CSRF)
    supervisor.answers |= {
        LogIn: lambda action: known if action.password == "right" else WRONG,
        SetUp: lambda action: known if action.secret == "the key" else Refused("not-allowed", "The link is used up."),
        LogOut: Said("logged out"),
    }


def test_who_knows_the_password_comes_where_he_wanted_to(browsing, people):
    with browsing() as stranger:
        answer = stranger.post("/login", data={"user": "anna", "password": "right", "next": "/?q=1"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/?q=1")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f'{COOKIE}="{COOKIE_OF_ADMIN}"')
        for attribute in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
            assert attribute in cookie
        assert "Domain" not in cookie


def test_who_does_not_know_it_reads_why_and_keeps_the_name(browsing, people):
    with browsing() as stranger:
        answer = stranger.post("/login", data={"user": "<anna>", "password": "wrong", "code": "1"})
    assert answer.status_code == 401
    assert "User or password is wrong." in answer.text
    assert 'value="&lt;anna&gt;"' in answer.text
    assert 'wrong"' not in answer.text, "a password is never sent back"


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_login_leads_to_no_other_site(browsing, people, there):
    with browsing() as stranger:
        answer = stranger.post("/login", data={"user": "anna", "password": "right", "next": there})
        assert answer.headers["location"] == "/"
        assert "evil" not in stranger.get("/login", params={"next": there}).text


@pytest.mark.parametrize("path", ["/login", "/setup"])
def test_another_site_cannot_log_anybody_in(browsing, people, supervisor, path):
    form = {"user": "anna", "password": "right", "again": "right", "key": "the key"}
    with browsing() as stranger:
        answer = stranger.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert not any(isinstance(action, LogIn | SetUp) for action in supervisor.actions)


def test_the_first_user_is_made_by_the_link(browsing, people, supervisor):
    with browsing() as stranger:
        assert 'value="the key"' in stranger.get("/setup?key=the%20key").text
        form = {"key": "the key", "user": "admin", "password": "a long sentence", "again": "a long sentence"}
        assert stranger.post("/setup", data=form).headers["location"] == "/"
    assert supervisor.actions[-1] == SetUp("the key", "admin", "a long sentence", "127.0.0.1")


def test_a_link_that_is_used_up_and_a_slip_of_the_finger_are_told(browsing, people, supervisor):
    with browsing() as stranger:
        form = {"key": "old", "user": "admin", "password": "a long sentence", "again": "a long sentence"}
        assert "The link is used up." in stranger.post("/setup", data=form).text
        assert "The two passwords differ" in stranger.post("/setup", data=form | {"again": "another"}).text
    assert len([action for action in supervisor.actions if isinstance(action, SetUp)]) == 1


def test_who_logs_out_has_no_session_any_more(admin, people, supervisor):
    answer = admin.act("POST", "/logout")
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert LogOut(COOKIE_OF_ADMIN) in supervisor.actions


def test_a_page_can_ask_whether_its_session_lasts(browsing):
    with browsing() as stranger, browsing(Role.VIEWER) as viewer:
        assert (stranger.get("/session").status_code, viewer.get("/session").status_code) == (401, 204)


@pytest.mark.parametrize("path", ["/login", "/setup"])
def test_what_is_too_long_is_told_without_the_password_and_without_our_files(browsing, people, path):
    form = {"user": "a" * 65, "password": "my secret words " * 100, "again": "", "key": ""}
    with browsing() as stranger:
        answer = stranger.post(path, data=form)
    assert answer.status_code == 400
    assert "body.user: String should have at most 64 characters; body.password: " in answer.text
    for hidden in ("my secret words", "aaaaa", ".py"):
        assert hidden not in answer.text
