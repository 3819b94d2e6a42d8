"""`ftpair user`, `ftpair token` and `ftpair audit`."""

import json
import subprocess
import sys

import pytest

from ftpair.core.account_actions import AddToken, AddUser, ChangeUser, GetAudit, RemoveToken, RemoveUser, UsersAre
from ftpair.core.account_actions import GetUsers as UsersAsked
from ftpair.core.accounts import Role
from tests.cli.terminal import Terminal

PASSWORD = "correct horse battery"


@pytest.fixture
def password_file(tmp_path):
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nanother line\n")
    return str(file)


def test_users_are_shown(ftpair, supervisor):
    ran = ftpair("user")
    assert (ran.status, ran.err) == (0, "")
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == ["USER", "ROLE", "CODE", "STATE", "LAST", "LOGIN"]
    assert lines[1][:5] == ["anna", "admin", "asked", "for", "enabled"]
    assert lines[2] == ["ben", "viewer", "-", "disabled", "never"]


def test_users_are_shown_for_programs(ftpair, supervisor):
    rows = json.loads(ftpair("user", "list", "--json").out)
    assert [(row["name"], row["role"], row["has_totp"]) for row in rows] == [
        ("anna", "admin", True),
        ("ben", "viewer", False),
    ]


def test_without_a_user_there_is_nothing_to_show(ftpair, supervisor):
    supervisor.answers[UsersAsked] = UsersAre(())
    assert json.loads(ftpair("user", "--json").out) == []


def test_a_user_is_added_with_the_password_of_a_file(ftpair, supervisor, password_file):
    ran = ftpair("user", "add", "ben", "--role", "operator", "--password-file", password_file)
    assert (ran.status, ran.out) == (0, "ben may log in as operator\n")
    assert supervisor.actions == [AddUser("ben", PASSWORD, Role.OPERATOR)]


def test_a_password_may_come_from_the_standard_input(supervisor):
    command = [sys.executable, "-m", "ftpair.cli.main", "user", "add", "ben", "--password-file", "-"]
    subprocess.run(command, input=f"{PASSWORD}\r\n".encode(), check=True)
    assert supervisor.actions == [AddUser("ben", PASSWORD, Role.VIEWER)]


def test_a_person_types_it_twice_and_it_is_not_seen(supervisor):
    terminal = Terminal(["user", "add", "ben"])
    for words in ("Password: ", "Repeat for confirmation: "):
        terminal.wait_for(words)
        terminal.type(f"{PASSWORD}\r")
    seen = terminal.end()
    assert seen.status == 0, seen.text
    assert "ben may log in as viewer" in seen.text
    assert PASSWORD not in seen.text
    assert supervisor.actions == [AddUser("ben", PASSWORD, Role.VIEWER)]


def test_without_a_terminal_there_must_be_a_file(ftpair, supervisor, tmp_path):
    ran = ftpair("user", "add", "ben")
    assert (ran.status, supervisor.actions) == (2, [])
    assert "say --password-file FILE" in ran.err
    ran = ftpair("user", "add", "ben", "--password-file", str(tmp_path / "none"))
    assert (ran.status, "none cannot be read: no such file or directory." in ran.err) == (2, True)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    ran = ftpair("user", "add", "ben", "--password-file", str(tmp_path / "bytes"))
    assert (ran.status, "it is no text in utf-8." in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        (("--role", "admin"), ChangeUser("ben", role=Role.ADMIN)),
        (("--disable",), ChangeUser("ben", is_disabled=True)),
        (("--enable",), ChangeUser("ben", is_disabled=False)),
        (("--no-totp", "--role", "viewer"), ChangeUser("ben", role=Role.VIEWER, forget_totp=True)),
    ],
)
def test_a_user_is_changed_in_what_is_said(ftpair, supervisor, arguments, action):
    ran = ftpair("user", "set", "ben", *arguments)
    assert (ran.status, ran.out, supervisor.actions) == (0, "ben is changed\n", [action])


def test_a_password_is_changed_from_a_file(ftpair, supervisor, password_file):
    ftpair("user", "set", "ben", "--password-file", password_file)
    assert supervisor.actions == [ChangeUser("ben", PASSWORD)]


def test_a_user_is_deleted(ftpair, supervisor):
    assert ftpair("user", "delete", "ben", "--json").out == '{\n  "sentence": "ben is removed"\n}\n'
    assert supervisor.actions == [RemoveUser("ben")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("user", "add"), "Name it: `ftpair user add NAME`."),
        (("user", "list", "ben"), "`ftpair user list` shows all of them."),
        (("user", "set", "ben"), "Say what to change: --role, --password, --disable, --enable or --no-totp."),
        (("token", "delete"), "Name it: `ftpair token delete NAME`."),
        (("token", "list", "ben"), "`ftpair token list` shows all of them."),
    ],
)
def test_wrong_use_is_told_what_is_right(ftpair, supervisor, arguments, sentence):
    ran = ftpair(*arguments)
    assert (ran.status, ran.err, supervisor.actions) == (2, f"ftpair: {sentence}\n", [])


def test_the_secret_of_a_token_goes_to_stdout_alone(ftpair, supervisor):
    ran = ftpair("token", "add", "prometheus", "--days", "1")
    assert (ran.status, ran.out, ran.err) == (0, "ftpair_secret\n", "token prometheus\n")
    assert json.loads(ftpair("token", "add", "backup", "--role", "admin", "--json").out)["secret"] == "ftpair_secret"
    assert supervisor.actions == [
        AddToken("prometheus", Role.VIEWER, 86_400.0),
        AddToken("backup", Role.ADMIN, 90 * 86_400.0),
    ]


def test_tokens_are_shown_and_deleted(ftpair, supervisor):
    ran = ftpair("token")
    assert ran.out.splitlines()[0].split() == ["TOKEN", "ROLE", "EXPIRES", "LAST", "USED", "MADE", "BY"]
    assert ran.out.splitlines()[1].split()[:3] == ["prometheus", "viewer", "expired"]
    ftpair("token", "delete", "prometheus")
    assert supervisor.actions[-1] == RemoveToken("prometheus")


def test_the_audit_trail_is_shown_and_narrowed(ftpair, supervisor):
    ran = ftpair("audit", "--user", "anna", "--action", "drain", "--refused", "--limit", "5", "--before", "9")
    assert ran.out.splitlines()[0].split() == [
        *("NUMBER", "WHEN", "WHO", "FROM", "ACTION", "SUBJECT", "OUTCOME", "WHAT"),
    ]
    assert "drain FTP_SVR2: 3 sessions stay, 0 transfers" in ran.out
    assert "web 192.0.2.7" in ran.out
    assert json.loads(ftpair("audit", "--json").out)[0]["number"] == 7
    assert supervisor.actions == [GetAudit(5, 9, "anna", "drain", "refused"), GetAudit(50)]
