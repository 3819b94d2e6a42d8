"""The way in: who knows the password and the code comes in, and who guesses waits."""

import asyncio

import pytest

from ftpair.core.account_actions import (
    BeginTotp,
    ChangePassword,
    ConfirmTotp,
    Identify,
    LoggedIn,
    LogIn,
    LogOut,
    SetUp,
)
from ftpair.core.accounts import LOCAL, NOBODY, Identity, Role
from ftpair.core.actions import Refused, Said
from ftpair.core.errors import WrongRequestError
from tests.app.people import CAFE, OFFICE, PASSWORD

WRONG = Refused("not-identified", "the user, the password or the code is wrong")


def test_the_right_password_begins_a_session(people):
    people.add("anna", Role.ADMIN)
    begun = people.log_in("ANNA")
    assert begun.identity == Identity("anna", Role.ADMIN, "web", OFFICE)
    assert people.accounts.users.named("anna").last_login == people.now


@pytest.mark.parametrize(("user", "password"), [("anna", "x"), ("anna", ""), ("ben", PASSWORD), ("", ""), ("'--", "x")])
def test_all_that_is_wrong_has_one_sentence(people, user, password):
    people.add()
    assert people.log_in(user, password) == WRONG


def test_guessing_at_a_user_from_anywhere_is_slowed_down(people):
    people.add()
    for number in range(4):
        assert people.log_in(password="wrong", address=f"198.51.100.{number}") == WRONG
    refused = people.log_in(address=CAFE)
    assert refused == Refused("too-often", "too many wrong logins: try again in 2 s")


def test_guessing_at_a_user_who_does_not_exist_looks_the_same(people):
    people.add()
    for number in range(4):
        assert people.log_in("ben", "wrong", address=f"198.51.100.{number}") == WRONG
    assert people.log_in("Ben", "wrong", address=CAFE).sentence == "too many wrong logins: try again in 2 s"


def test_others_who_guess_do_not_keep_a_user_out_who_is_where_he_was_last(people):
    people.add()
    people.log_in(address=OFFICE)
    for number in range(9):
        people.log_in(password="wrong", address=f"198.51.100.{number}")
    assert people.log_in(address=CAFE).kind == "too-often"
    assert isinstance(people.log_in(address=OFFICE), LoggedIn)


def test_an_address_that_guesses_is_slowed_down_whoever_it_says_it_is(people):
    people.add()
    for number in range(4):
        people.log_in(f"user{number}", "wrong", address=CAFE)
    assert people.log_in(address=CAFE).kind == "too-often"
    assert isinstance(people.log_in(address=OFFICE), LoggedIn)


def test_a_good_login_does_not_wash_an_address_clean(people):
    people.add()
    people.add("mallory", Role.VIEWER)
    for number in range(3):
        people.log_in(f"user{number}", "wrong", address=CAFE)
        assert isinstance(people.log_in("mallory", address=CAFE), LoggedIn)
    people.log_in("anna", "wrong", address=CAFE)
    assert people.log_in("anna", address=CAFE).kind == "too-often"


def test_many_guesses_at_once_are_counted_as_many(people):
    people.add()

    async def flood():
        guesses = [people.answer(LogIn("anna", "wrong", "", CAFE), NOBODY) for _guess in range(12)]
        return [answer.kind for answer in await asyncio.gather(*guesses)]

    assert asyncio.run(flood()).count("not-identified") == 4


def test_a_user_who_is_changed_while_his_password_is_looked_at_is_not_let_in(people):
    people.add()
    people.add("ben")

    async def race():
        answer = asyncio.create_task(people.answer(LogIn("ben", PASSWORD, "", OFFICE), NOBODY))
        await asyncio.sleep(0)
        people.accounts.users.remove(people.accounts.users.named("ben"))
        return await answer

    assert asyncio.run(race()) == WRONG


def with_totp(people):
    people.add()
    secret = people.ask(BeginTotp("anna"), people.visitor()).secret
    assert isinstance(people.ask(ConfirmTotp("anna", people.code(secret)), people.visitor()), Said)
    people.now += 60
    return secret


def test_a_code_is_needed_and_counts_once(people):
    secret = with_totp(people)
    assert people.log_in() == WRONG
    assert people.log_in(password="wrong", code=people.code(secret)) == WRONG
    assert isinstance(people.log_in(code=people.code(secret)), LoggedIn)
    assert people.log_in(code=people.code(secret)) == WRONG, "it was used already"
    assert isinstance(people.log_in(code=people.code(secret, 1)), LoggedIn)


def test_guessing_at_codes_is_slowed_down(people):
    with_totp(people)
    for _guess in range(4):
        assert people.log_in(code="12345", address=CAFE) == WRONG
    assert people.log_in(code="12345", address=CAFE).kind == "too-often"


def test_the_set_up_link_makes_the_first_admin_once(people):
    invitation = people.accounts.invitation
    assert people.ask(SetUp("wrong", "anna", PASSWORD, OFFICE), NOBODY).kind == "not-identified"
    begun = people.ask(SetUp(invitation, "anna", PASSWORD, OFFICE), NOBODY)
    assert begun.identity == Identity("anna", Role.ADMIN, "web", OFFICE)
    assert people.ask(Identify(begun.secret, OFFICE), NOBODY).identity == begun.identity
    assert people.ask(SetUp(invitation, "ben", PASSWORD, OFFICE), NOBODY).kind == "not-identified"
    assert [user.name for user in people.accounts.users.all()] == ["anna"]


@pytest.mark.parametrize(("user", "password"), [("anna", "short"), ("local", PASSWORD), ("", PASSWORD)])
def test_a_set_up_that_is_refused_leaves_the_link_good(people, user, password):
    invitation = people.accounts.invitation
    with pytest.raises(WrongRequestError):
        people.ask(SetUp(invitation, user, password, OFFICE), NOBODY)
    assert isinstance(people.ask(SetUp(invitation, "anna", PASSWORD, OFFICE), NOBODY), LoggedIn)


def test_two_who_use_the_link_at_once_are_one_user(people):
    invitation = people.accounts.invitation

    async def both():
        orders = [SetUp(invitation, name, PASSWORD, OFFICE) for name in ("anna", "ben")]
        return await asyncio.gather(*(people.answer(order, NOBODY) for order in orders))

    assert [type(answer) for answer in asyncio.run(both())] == [LoggedIn, Refused]
    assert [user.name for user in people.accounts.users.all()] == ["anna"]


def test_a_session_that_is_ended_is_over(people):
    people.add()
    one, other = people.log_in().secret, people.log_in().secret
    assert people.ask(LogOut(one), people.visitor()) == Said("anna is logged out")
    assert people.accounts.identify(one, OFFICE) is None
    assert people.accounts.identify(other, OFFICE)
    assert people.ask(LogOut(one), people.visitor()).kind == "wrong-request"


def test_who_knows_his_password_may_change_it_and_logs_in_again(people):
    people.add()
    secret = people.log_in().secret
    assert people.ask(ChangePassword(PASSWORD, "another horse"), people.visitor()) == Said(
        "anna has a new password; log in with it"
    )
    assert people.accounts.identify(secret, OFFICE) is None
    assert people.log_in() == WRONG
    assert isinstance(people.log_in(password="another horse"), LoggedIn)


def test_who_does_not_know_it_may_not_and_waits(people):
    people.add()
    people.log_in()
    for _guess in range(4):
        refused = people.ask(ChangePassword("wrong", "another horse"), people.visitor())
        assert refused == Refused("not-allowed", "the password is wrong; nothing was changed")
    assert people.ask(ChangePassword(PASSWORD, "another horse"), people.visitor()).kind == "too-often"


@pytest.mark.parametrize("who", [LOCAL, Identity("anna", Role.ADMIN, "token")])
def test_a_password_is_changed_by_who_has_logged_in(people, who):
    people.add()
    assert people.ask(ChangePassword(PASSWORD, "another horse"), who).kind == "not-allowed"


def test_a_weak_new_password_is_refused(people):
    people.add()
    with pytest.raises(WrongRequestError, match="12 to 1024"):
        people.ask(ChangePassword(PASSWORD, "short"), people.visitor())
    assert isinstance(people.log_in(), LoggedIn)
