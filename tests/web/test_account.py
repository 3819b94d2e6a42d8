"""One's own account in the browser."""

import pytest

from ftpair.core.account_actions import (
    BeginTotp,
    ChangePassword,
    ConfirmTotp,
    EndTotp,
    GetUsers,
    TotpIs,
    UsersAre,
)
from ftpair.core.accounts import Role, UserRow
from ftpair.core.actions import Refused

GIVEN = {"password": "the former one", "wanted": "a new password", "again": "a new password"}


def users(**changes):
    known = {"has_totp": False, "is_disabled": False, "made": 0.0} | changes
    return UsersAre(tuple(UserRow(f"an-{role}", role, **known) for role in Role))


@pytest.fixture
def viewer(browsing, supervisor):
    supervisor.answers[GetUsers] = users()
    with browsing(Role.VIEWER) as client:
        yield client


def asked(supervisor, kind):
    return [action for action in supervisor.actions if isinstance(action, kind)]


def test_everybody_has_a_page_of_his_own_and_sees_nobody_else(viewer):
    page = viewer.get("/account").text
    assert "an-viewer" in page
    assert "an-admin" not in page
    assert "Set it up" in page


def test_a_new_password_is_followed_by_a_login(viewer, supervisor):
    answer = viewer.act("POST", "/account/password", data=GIVEN)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/login?next=/account")
    (order,) = asked(supervisor, ChangePassword)
    assert (order.password, order.wanted) == ("the former one", "a new password")


def test_two_that_differ_are_told_before_anything_is_asked(viewer, supervisor):
    answer = viewer.act("POST", "/account/password", data=GIVEN | {"again": "another"})
    assert (answer.status_code, 'id="again-problem">The two' in answer.text) == (422, True)
    assert asked(supervisor, ChangePassword) == []


@pytest.mark.parametrize(
    ("refused", "field"),
    [
        (Refused("not-allowed", "the password is wrong; nothing was changed"), "password"),
        (Refused("wrong-request", "a password has 12 to 1024 characters"), "wanted"),
    ],
)
def test_what_is_refused_stands_at_its_field_and_no_password_comes_back(viewer, supervisor, refused, field):
    supervisor.answers[ChangePassword] = refused
    answer = viewer.act("POST", "/account/password", data=GIVEN)
    assert answer.status_code >= 400
    assert f'id="{field}-problem">{refused.sentence}' in answer.text
    assert "the former one" not in answer.text
    assert "a new password" not in answer.text


def test_a_second_factor_is_shown_as_a_picture_and_as_text(viewer, supervisor):
    supervisor.answers[BeginTotp] = TotpIs("otpauth://totp/ftpair:an-viewer?secret=JBSW&x=<b>", "JBSW")
    shown = viewer.act("POST", "/account/factor").text
    assert "<svg" in shown
    assert "style=" not in shown
    assert ">JBSW</pre>" in shown
    assert asked(supervisor, BeginTotp) == [BeginTotp("an-viewer")]


def test_a_code_confirms_it(viewer, supervisor):
    answer = viewer.act("POST", "/account/factor/confirm", data={"code": "123 456"})
    assert answer.headers["hx-trigger"] == "dialog:close, people:changed"
    (order,) = asked(supervisor, ConfirmTotp)
    assert (order.user, order.code) == ("an-viewer", "123456")


@pytest.mark.parametrize(("what", "kind"), [("confirm", ConfirmTotp), ("remove", EndTotp)])
def test_a_wrong_code_stands_at_its_field(viewer, supervisor, what, kind):
    supervisor.answers[kind] = Refused("wrong-request", "the code is wrong")
    answer = viewer.act("POST", f"/account/factor/{what}", data={"code": "1"})
    assert answer.status_code == 400
    assert 'id="code-problem">the code is wrong' in answer.text
    assert f'hx-post="/account/factor/{what}"' in answer.text


def test_who_has_a_second_factor_takes_it_away_by_a_last_code(viewer, supervisor):
    supervisor.answers[GetUsers] = users(has_totp=True)
    assert 'hx-post="/account/factor/remove"' in viewer.get("/account").text
    viewer.act("POST", "/account/factor/remove", data={"code": "123456"})
    assert asked(supervisor, EndTotp)[-1].user == "an-viewer"
