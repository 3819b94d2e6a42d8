"""Users and tokens in the browser."""

import pytest

from ftpair.core.account_actions import (
    AddToken,
    AddUser,
    ChangeUser,
    GetTokens,
    GetUsers,
    RemoveToken,
    RemoveUser,
    TokenIs,
    TokensAre,
    UsersAre,
)
from ftpair.core.accounts import Role, TokenRow, UserRow
from ftpair.core.actions import Refused

ANNA = UserRow("anna", Role.ADMIN, has_totp=True, is_disabled=False, made=1767225600.0, last_login=1767225700.0)
BEN = UserRow("ben", Role.VIEWER, has_totp=False, is_disabled=True, made=1767225600.0)
OLD = TokenRow("backup", Role.VIEWER, 1767225600.0, "anna", 1767225601.0)
WEAK = "a password has 12 to 1024 characters; several words are easy to keep"
LAST = "anna is the last admin: make another one first"


@pytest.fixture
def supervisor(supervisor):
    supervisor.answers |= {GetUsers: UsersAre((ANNA, BEN)), GetTokens: TokensAre((OLD,))}
    return supervisor


def asked(supervisor, kind):
    return [action for action in supervisor.actions if isinstance(action, kind)]


def test_the_page_lists_users_and_tokens_with_their_state(admin):
    page = admin.get("/users").text
    for word in ("anna", "ben", "disabled", "backup", "expired", "2026-01-01 00:01:40 UTC", "never"):
        assert word in page


def test_a_user_is_added_and_the_lists_are_made_anew(admin, supervisor):
    answer = admin.act("POST", "/users", data={"name": "carl", "password": "a long password", "role": "operator"})
    assert answer.headers["hx-trigger"] == "dialog:close, people:changed"
    assert "carl may log in as operator" in answer.text
    (order,) = asked(supervisor, AddUser)
    assert (order.user, order.password, order.role) == ("carl", "a long password", Role.OPERATOR)


@pytest.mark.parametrize(
    ("sentence", "field"), [(WEAK, "password"), ("there is a user carl already: choose another name", "name")]
)
def test_what_is_refused_of_a_new_user_stands_at_its_field(admin, supervisor, sentence, field):
    supervisor.answers[AddUser] = Refused("wrong-request", sentence)
    answer = admin.act("POST", "/users", data={"name": "carl", "password": "short", "role": "operator"})
    assert answer.status_code == 400
    assert f'id="{field}-problem">{sentence}' in answer.text
    for kept in ('value="carl"', 'value="short"', '<option value="operator" selected'):
        assert kept in answer.text


def test_only_what_is_otherwise_is_changed(admin, supervisor):
    dialog = admin.get("/users/ben/change").text
    assert '<option value="viewer" selected' in dialog
    assert "forget_totp" not in dialog, "he has no second factor"
    admin.act("POST", "/users/ben/change", data={"role": "operator", "is_disabled": "true", "password": ""})
    assert asked(supervisor, ChangeUser)[-1].role is Role.OPERATOR
    assert asked(supervisor, ChangeUser)[-1].is_disabled is None
    admin.act("POST", "/users/anna/change", data={"role": "admin", "password": "a new password", "forget_totp": "true"})
    order = asked(supervisor, ChangeUser)[-1]
    assert (order.password, order.role, order.is_disabled, order.forget_totp) == ("a new password", None, None, True)


def test_the_last_admin_stays_one_and_the_dialog_says_so(admin, supervisor):
    supervisor.answers[ChangeUser] = Refused("wrong-request", LAST)
    answer = admin.act("POST", "/users/anna/change", data={"role": "viewer"})
    assert answer.status_code == 400
    assert f'role="alert">{LAST}' in answer.text
    supervisor.answers[RemoveUser] = Refused("wrong-request", LAST)
    assert LAST in admin.act("DELETE", "/users/anna").text


def test_a_user_is_removed_after_it_was_asked(admin, supervisor):
    assert 'hx-delete="/users/ben"' in admin.get("/users/ben/remove").text
    assert asked(supervisor, RemoveUser) == []
    assert "ben is removed" in admin.act("DELETE", "/users/ben").text
    assert asked(supervisor, RemoveUser) == [RemoveUser("ben")]


def test_who_is_not_there_is_told(admin):
    assert admin.get("/users/nobody/change").status_code == 404


@pytest.mark.parametrize("path", ["/users", "/tokens", "/users/ben/change"])
def test_a_role_that_does_not_exist_is_refused(admin, supervisor, path):
    answer = admin.act("POST", path, data={"name": "carl", "role": "root", "days": "1"})
    assert answer.status_code == 400
    assert "is no role" in answer.text
    assert not any(isinstance(action, (AddUser, AddToken, ChangeUser)) for action in supervisor.actions)


def test_the_secret_of_a_token_is_shown_once(admin, supervisor):
    supervisor.answers[AddToken] = TokenIs("ftpair_<secret>", "token monitor may do what viewers may")
    answer = admin.act("POST", "/tokens", data={"name": "monitor", "role": "viewer", "days": "30"})
    assert "ftpair_&lt;secret&gt;</pre>" in answer.text
    assert 'data-copy="#secret"' in answer.text
    assert answer.headers["hx-trigger"] == "people:changed"
    assert asked(supervisor, AddToken) == [AddToken("monitor", Role.VIEWER, 30 * 86_400.0)]
    assert "secret&gt;" not in admin.get("/users").text


def test_a_token_is_refused_at_its_name(admin, supervisor):
    supervisor.answers[AddToken] = Refused("wrong-request", "there is a token monitor already")
    answer = admin.act("POST", "/tokens", data={"name": "monitor", "role": "viewer", "days": "30"})
    assert 'id="name-problem">there is a token monitor already' in answer.text


@pytest.mark.parametrize("days", ["0", "-1", "1e9", "nan", ""])
def test_a_token_lasts_as_long_as_is_offered(admin, supervisor, days):
    answer = admin.act("POST", "/tokens", data={"name": "monitor", "role": "viewer", "days": days or "none"})
    assert answer.status_code == 400
    assert asked(supervisor, AddToken) == []


def test_a_token_is_removed_after_it_was_asked(admin, supervisor):
    assert 'hx-delete="/tokens/backup"' in admin.get("/tokens/backup/remove").text
    assert "token backup is removed" in admin.act("DELETE", "/tokens/backup").text
    assert asked(supervisor, RemoveToken) == [RemoveToken("backup")]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_admins_see_and_change_users(browsing, supervisor, role):
    with browsing(role) as person:
        for method, path in (
            ("GET", "/users"),
            ("GET", "/users/part"),
            ("GET", "/users/ben/change"),
            ("POST", "/users"),
            ("DELETE", "/users/ben"),
            ("POST", "/tokens"),
            ("DELETE", "/tokens/backup"),
        ):
            assert person.act(method, path).status_code == 403
    assert {type(action).__name__ for action in supervisor.actions} <= {"Identify", "Denied"}
