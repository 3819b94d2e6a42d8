"""Log in, log out, and what belongs to oneself; the answers of the supervisor are given."""

import pytest

from ftpair.core.account_actions import BeginTotp, ChangePassword, ConfirmTotp, EndTotp, LogIn, LogOut
from ftpair.core.actions import Refused

WISH = {"user": "anna", "password": "correct horse", "code": "123456"}


def test_a_login_sets_a_cookie_that_no_script_and_no_other_site_can_use(http, supervisor):
    answer = http.post("/api/v1/login", json=WISH)
    assert answer.json() == {"name": "anna", "role": "operator", "via": "web", "csrf": "word"}
    cookie = answer.headers["set-cookie"].split("; ")
    assert cookie[0] == "__Host-ftpair=cookie"
    assert {each.lower() for each in cookie[1:]} == {"httponly", "path=/", "samesite=strict", "secure"}
    assert supervisor.actions == [LogIn("anna", "correct horse", "123456", "")]


def test_a_wrong_login_sets_none(http):
    answer = http.post("/api/v1/login", json=WISH | {"password": "wrong"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert answer.json()["detail"] == "the user, the password or the code is wrong"


def test_too_many_wrong_logins_are_told_when_to_try_again(http, supervisor):
    supervisor.answers[LogIn] = Refused("too-often", "too many wrong logins: try again in 8 s")
    answer = http.post("/api/v1/login", json=WISH)
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:ftpair:problem:too-often")
    assert answer.json()["detail"] == "too many wrong logins: try again in 8 s"


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_log_its_visitor_in(http, supervisor, headers):
    answer = http.post("/api/v1/login", json=WISH, headers=headers)
    assert (answer.status_code, supervisor.actions) == (403, [])


@pytest.mark.parametrize("wish", [{}, {"user": "anna"}, WISH | {"password": "x" * 1025}, WISH | {"user": ["anna"]}])
def test_a_login_without_a_user_or_with_a_book_as_a_password_is_wrong(http, supervisor, wish):
    answer = http.post("/api/v1/login", json=wish)
    assert (answer.status_code, supervisor.actions) == (400, [])
    assert "x" * 1025 not in answer.text


def test_a_logout_ends_the_session_and_forgets_the_cookie(http, supervisor):
    answer = http.post("/api/v1/logout", headers={"Cookie": "__Host-ftpair=cookie"})
    assert answer.json() == {"sentence": "anna is logged out"}
    assert supervisor.actions == [LogOut("cookie")]
    assert 'ftpair=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_who_asks_over_the_socket_owns_ftpair(http):
    assert http.get("/api/v1/me").json() == {"name": "local", "role": "admin", "via": "socket", "csrf": ""}


def test_what_belongs_to_oneself_is_asked_for_in_ones_own_name(http, supervisor):
    password = http.put("/api/v1/me/password", json={"password": "old", "wanted": "a new horse"})
    assert password.json()["sentence"].startswith("anna has a new password")
    assert http.post("/api/v1/me/totp").json()["secret"] == "JBSW"
    assert http.post("/api/v1/me/totp/confirm", json={"code": "123 456"}).status_code == 200
    assert http.post("/api/v1/me/totp/end", json={"code": "123456"}).status_code == 200
    assert supervisor.actions == [
        ChangePassword("old", "a new horse"),
        BeginTotp("local"),
        ConfirmTotp("local", "123 456"),
        EndTotp("local", "123456"),
    ]


def test_the_control_socket_tells_where_the_first_user_is_made(http):
    assert http.get("/api/v1/setup-link").json() == {"link": "https://127.0.0.1:8443/setup?key=secret"}
