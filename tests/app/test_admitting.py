"""What admins do to users and tokens, and what users do to their authenticators."""

import pytest

from ftpair.app.throttle import FREE
from ftpair.core.account_actions import (
    AddToken,
    AddUser,
    BeginTotp,
    ChangeUser,
    ConfirmTotp,
    EndTotp,
    GetTokens,
    GetUsers,
    LoggedIn,
    RemoveToken,
    RemoveUser,
)
from ftpair.core.accounts import LOCAL, Identity, Role, TokenRow, UserRow
from ftpair.core.actions import Said
from ftpair.core.errors import NotFoundError, WrongRequestError
from tests.app.people import OFFICE, PASSWORD


@pytest.fixture
def anna(people):
    """The first admin."""
    people.add()
    return people


def test_users_are_listed_by_name_without_their_secrets(anna):
    anna.add("Ben", Role.VIEWER)
    made = anna.now
    assert anna.ask(GetUsers()).users == (
        UserRow("anna", Role.ADMIN, has_totp=False, is_disabled=False, made=made),
        UserRow("Ben", Role.VIEWER, has_totp=False, is_disabled=False, made=made),
    )
    assert "argon2" not in repr(anna.accounts.users.all())


def test_an_added_user_is_said_to_be_let_in(anna):
    assert anna.ask(AddUser("ben", PASSWORD, Role.OPERATOR)) == Said("ben may log in as operator")
    assert anna.log_in("ben").identity.role is Role.OPERATOR


def test_the_first_user_is_an_admin(people):
    with pytest.raises(WrongRequestError, match="the first user must be an admin"):
        people.ask(AddUser("ben", PASSWORD, Role.OPERATOR))
    assert not people.accounts.has_users()


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "x" * 65, "ärger", "local", "File", "a\n"])
def test_what_is_no_name_is_refused_with_what_is_one(anna, name):
    for action in (AddUser(name, PASSWORD, Role.VIEWER), AddToken(name, Role.VIEWER, 60.0)):
        with pytest.raises(WrongRequestError, match="can be no name: write up to 64 letters"):
            anna.ask(action)


@pytest.mark.parametrize("name", ["anna", "ANNA", "backup", "Backup"])
def test_one_name_is_one_user_or_one_token(anna, name):
    anna.ask(AddToken("backup", Role.VIEWER, 60.0))
    for action in (AddUser(name, PASSWORD, Role.VIEWER), AddToken(name, Role.VIEWER, 60.0)):
        with pytest.raises(WrongRequestError, match="already: choose another name"):
            anna.ask(action)


def test_weak_passwords_are_refused(anna):
    for action in (AddUser("ben", "short", Role.VIEWER), ChangeUser("anna", "short")):
        with pytest.raises(WrongRequestError, match="12 to 1024"):
            anna.ask(action)
    assert isinstance(anna.log_in(), LoggedIn)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "another horse"}, "ben: the password is changed"),
        ({"role": Role.OPERATOR}, "ben: the role is operator"),
        ({"is_disabled": True}, "ben: disabled"),
        ({"role": Role.OPERATOR, "is_disabled": True}, "ben: the role is operator, disabled"),
        ({"is_disabled": False}, "ben: nothing is new"),
        ({}, "ben: nothing is new"),
    ],
)
def test_a_change_is_told_and_ends_the_sessions_of_the_user(anna, change, sentence):
    anna.add("ben", Role.VIEWER)
    secret, hers = anna.log_in("ben").secret, anna.log_in().secret
    assert anna.ask(ChangeUser("Ben", **change)) == Said(sentence)
    assert anna.accounts.identify(secret, OFFICE) is None
    assert anna.accounts.identify(hers, OFFICE)


def test_a_disabled_user_can_be_enabled_again(anna):
    anna.add("ben", Role.VIEWER)
    anna.ask(ChangeUser("ben", is_disabled=True))
    assert anna.ask(ChangeUser("ben", is_disabled=False)) == Said("ben: enabled")
    assert isinstance(anna.log_in("ben"), LoggedIn)


LAST = [RemoveUser("anna"), ChangeUser("anna", role=Role.OPERATOR), ChangeUser("anna", is_disabled=True)]


@pytest.mark.parametrize("action", LAST)
def test_the_last_admin_stays(anna, action):
    anna.add("ben", Role.OPERATOR)
    anna.add("carl", Role.ADMIN)
    anna.ask(ChangeUser("carl", is_disabled=True))
    with pytest.raises(WrongRequestError, match="anna is the last admin: make another one first"):
        anna.ask(action)
    assert anna.accounts.users.named("anna").is_admin


@pytest.mark.parametrize("action", LAST)
def test_the_last_but_one_may_go(anna, action):
    anna.add("ben", Role.ADMIN)
    assert isinstance(anna.ask(action), Said)


def test_the_last_admin_may_have_another_password(anna):
    assert isinstance(anna.ask(ChangeUser("anna", "another horse")), Said)


def test_a_removed_user_is_gone_with_his_sessions(anna):
    anna.add("ben", Role.VIEWER)
    secret = anna.log_in("ben").secret
    assert anna.ask(RemoveUser("ben")) == Said("ben is removed, and his sessions are ended")
    assert anna.accounts.identify(secret, OFFICE) is None
    anna.add("ben", Role.VIEWER)
    assert anna.accounts.identify(secret, OFFICE) is None


@pytest.mark.parametrize("action", [RemoveUser("ben"), ChangeUser("ben", role=Role.VIEWER), RemoveToken("ben")])
def test_who_is_not_there_is_not_found(anna, action):
    with pytest.raises(NotFoundError, match=r"there is no .* 'ben'; `ftpair .* list` lists them"):
        anna.ask(action)


def test_tokens_are_listed_with_who_made_them(anna):
    made = anna.ask(AddToken("backup", Role.VIEWER, 60.0), anna.visitor())
    assert made.sentence == "token backup may do what the role viewer may; its secret is told this once"
    assert made.secret.startswith("ftpair_")
    assert anna.ask(GetTokens()).tokens == (TokenRow("backup", Role.VIEWER, anna.now, "anna", anna.now + 60.0),)
    assert anna.ask(RemoveToken("backup")) == Said("token backup is removed")
    assert anna.ask(GetTokens()).tokens == ()


def test_an_authenticator_is_begun_confirmed_and_ended_by_its_user(anna):
    secret = anna.ask(BeginTotp("anna"), anna.visitor()).secret
    assert not anna.accounts.users.named("anna").totp, "it counts from its first code on"
    said = anna.ask(ConfirmTotp("anna", anna.code(secret)), anna.visitor())
    assert said == Said("anna gives a code at every login from now on")
    assert anna.ask(GetUsers()).users[0].has_totp
    with pytest.raises(WrongRequestError, match="was used already"):
        anna.ask(EndTotp("anna", anna.code(secret)), anna.visitor())
    assert anna.ask(EndTotp("anna", anna.code(secret, 1)), anna.visitor()) == Said("anna needs no code any more")
    assert isinstance(anna.log_in(), LoggedIn)
    with pytest.raises(WrongRequestError, match="anna has no authenticator"):
        anna.ask(EndTotp("anna", anna.code(secret, 1)), anna.visitor())


@pytest.mark.parametrize("who", [LOCAL, Identity("anna", Role.ADMIN, "token"), Identity("ben", Role.ADMIN, "web")])
@pytest.mark.parametrize("action", [BeginTotp("anna"), ConfirmTotp("anna", "1"), EndTotp("anna", "1")])
def test_nobody_else_may_touch_an_authenticator(anna, who, action):
    assert anna.ask(action, who).kind == "not-allowed"


def test_an_admin_can_forget_a_lost_authenticator(anna):
    secret = anna.ask(BeginTotp("anna"), anna.visitor()).secret
    anna.ask(ConfirmTotp("anna", anna.code(secret)), anna.visitor())
    assert anna.ask(ChangeUser("anna", forget_totp=True)) == Said("anna: no code is asked for")
    assert isinstance(anna.log_in(), LoggedIn)


def test_a_change_that_cannot_be_kept_is_said_to_end_with_this_run(tmp_path, people):
    people.folder = tmp_path / "file"
    people.folder.write_text("")
    people.start_again()
    said = people.ask(AddUser("anna", PASSWORD, Role.ADMIN))
    assert said == Said("anna may log in as admin, until ftpair ends: the disk cannot be written")
    assert isinstance(people.log_in(), LoggedIn)


def test_who_has_only_a_session_cannot_guess_the_code_away(anna):
    secret = anna.ask(BeginTotp("anna"), anna.visitor()).secret
    anna.ask(ConfirmTotp("anna", anna.code(secret)), anna.visitor())
    for _guess in range(FREE + 1):
        with pytest.raises(WrongRequestError, match="the code is wrong"):
            anna.ask(EndTotp("anna", "x"), anna.visitor())
    answer = anna.ask(EndTotp("anna", anna.code(secret, 1)), anna.visitor())
    assert (answer.kind, answer.sentence) == ("too-often", "too many wrong codes: try again in 2 s")
    assert anna.accounts.users.named("anna").totp


BY_BROWSER = Identity("anna", Role.ADMIN, "web", OFFICE)


@pytest.mark.parametrize(
    "action", [ChangeUser("anna", role=Role.VIEWER), ChangeUser("anna", is_disabled=True), RemoveUser("anna")]
)
def test_nobody_takes_his_own_role_away(anna, action):
    anna.add("ben", Role.ADMIN)
    with pytest.raises(WrongRequestError, match="nobody takes his own role away: ask another admin"):
        anna.ask(action, BY_BROWSER)
    anna.ask(action, Identity("ben", Role.ADMIN, "web", OFFICE))


def test_an_admin_may_give_himself_another_password(anna):
    assert anna.ask(ChangeUser("anna", password="another long one"), BY_BROWSER).sentence


def test_who_has_only_a_session_cannot_put_another_authenticator_in_place(anna):
    visitor = anna.visitor()
    early = anna.ask(BeginTotp("anna"), visitor).secret
    anna.ask(ConfirmTotp("anna", anna.code(early)), visitor)
    for action in (BeginTotp("anna"), ConfirmTotp("anna", anna.code(early, 1))):
        with pytest.raises(WrongRequestError, match="anna has an authenticator: end that one first, by a code of it"):
            anna.ask(action, visitor)
