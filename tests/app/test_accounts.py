"""What is known of those who may ask: it outlives a start, and of secrets only digests are kept."""

from dataclasses import replace

import pytest

from ftpair.app.accounts import FILE
from ftpair.app.web_sessions import IDLE_S, LONGEST_S, PER_USER
from ftpair.core.account_actions import AddToken, ChangeUser, Identify, IdentityIs, RemoveToken
from ftpair.core.accounts import NOBODY, Identity, Role
from tests.app.people import CAFE, OFFICE, PASSWORD


def test_a_session_outlives_a_start(people):
    people.add()
    begun = people.log_in()
    people.start_again()
    found = people.ask(Identify(begun.secret, CAFE), NOBODY)
    assert found == IdentityIs(Identity("anna", Role.ADMIN, "web", CAFE), begun.csrf)
    assert people.said == []


def test_no_secret_stands_in_the_file(people):
    people.add()
    begun = people.log_in()
    token = people.ask(AddToken("backup", Role.VIEWER, 60.0))
    people.accounts.close()
    kept = (people.folder / FILE).read_bytes()
    assert b"anna" in kept
    for secret in (begun.secret, begun.csrf, token.secret, PASSWORD):
        assert secret.encode() not in kept
        assert secret not in repr((begun, token))
    assert (people.folder / FILE).stat().st_mode & 0o777 == 0o600


def test_an_idle_session_ends_and_a_used_one_goes_on_until_its_day_is_over(people):
    people.add()
    idle, used = people.log_in().secret, people.log_in().secret
    end = people.now + LONGEST_S
    while people.now < end - 1000:
        people.now += 1000
        assert people.accounts.identify(used, OFFICE)
    assert people.accounts.identify(idle, OFFICE) is None
    people.now = end - 1
    assert people.accounts.identify(used, OFFICE)
    people.now = end
    assert people.accounts.identify(used, OFFICE) is None


def test_half_an_hour_is_idle(people):
    people.add()
    secret = people.log_in().secret
    people.now += IDLE_S - 1
    assert people.accounts.identify(secret, OFFICE)
    people.now += IDLE_S
    assert people.accounts.identify(secret, OFFICE) is None
    people.now -= IDLE_S
    assert people.accounts.identify(secret, OFFICE) is None, "it is over for good"


def test_a_user_has_so_many_sessions_and_no_more(people):
    people.add()
    secrets = []
    for _login in range(PER_USER + 2):
        secrets.append(people.log_in().secret)
        people.now += 1
    alive = [people.accounts.identify(secret, OFFICE) is not None for secret in secrets]
    assert alive == [False, False] + [True] * PER_USER


def test_a_token_works_until_it_expires_or_is_removed(people):
    short = people.ask(AddToken("backup", Role.OPERATOR, 100.0)).secret
    long = people.ask(AddToken("monitor", Role.VIEWER, 1000.0)).secret
    assert people.accounts.identify(short, OFFICE) == IdentityIs(Identity("backup", Role.OPERATOR, "token", OFFICE))
    people.start_again()
    people.now += 100
    assert people.accounts.identify(short, OFFICE) is None
    assert people.accounts.identify(long, OFFICE).identity.name == "monitor"
    assert {token.name: token.last_used for token in people.accounts.tokens.all()} == {
        "backup": people.now - 100,
        "monitor": people.now,
    }
    people.ask(RemoveToken("MONITOR"))
    assert people.accounts.identify(long, OFFICE) is None


@pytest.mark.parametrize("secret", ["", "ftpair_", "ftpair_x", "x", "\ud800", "ftpair_\ud800"])
def test_another_secret_is_nobodys(people, secret):
    people.add()
    people.log_in()
    people.ask(AddToken("backup", Role.OPERATOR, 100.0))
    assert people.ask(Identify(secret, OFFICE), NOBODY).kind == "not-identified"


def test_a_disabled_user_is_nobody_at_once(people):
    people.add()
    people.add("ben")
    secret = people.log_in("ben").secret
    people.ask(ChangeUser("ben", is_disabled=True))
    assert people.accounts.identify(secret, OFFICE) is None
    assert people.log_in("ben").kind == "not-identified"


def test_no_session_makes_somebody_of_a_disabled_user(people):
    people.add()
    secret = people.log_in().secret
    people.accounts.users.save(replace(people.accounts.users.named("anna"), is_disabled=True))
    assert people.accounts.identify(secret, OFFICE) is None


def test_the_invitation_is_another_one_at_each_start_and_none_once_there_is_a_user(people):
    first = people.accounts.invitation
    people.start_again()
    assert first not in ("", people.accounts.invitation)
    assert not people.accounts.is_invitation(first)
    assert not people.accounts.has_users()
    people.add()
    assert (people.accounts.invitation, people.accounts.has_users()) == ("", True)
    assert not people.accounts.is_invitation("")
    people.start_again()
    assert (people.accounts.invitation, people.accounts.has_users()) == ("", True)


def test_a_database_that_breaks_makes_nobody_the_first_user(people):
    people.add()
    assert people.accounts.has_users()
    people.accounts.close()
    assert people.accounts.has_users()
    assert people.accounts.invitation == ""
