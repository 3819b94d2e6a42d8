"""Passwords: how long they are, what is kept of them, and that many of them at once hurt nobody."""

import asyncio
import time

import argon2
import pytest

from ftpair.app.passwords import MOST_WAITING, CrowdedError, Passwords, demand_strength
from ftpair.core.errors import WrongRequestError

QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize("password", ["eleven char", "", "x" * 1025, "administrator", "Administrator"])
def test_a_weak_password_is_refused_with_the_remedy(password):
    with pytest.raises(WrongRequestError, match=r"12 to 1024 characters|choose another"):
        demand_strength("administrator", password)


@pytest.mark.parametrize("password", ["twelve chars", "zwölf Zeichen", "aaaaaaaaaaaa", "x" * 1024])
def test_length_is_all_that_counts(password):
    demand_strength("anna", password)


def test_only_the_right_password_is_right():
    async def scenario():
        passwords = Passwords(QUICK)
        kept = await passwords.hash_of("correct horse battery")
        assert kept.startswith("$argon2id$")
        assert await passwords.is_right(kept, "correct horse battery")
        assert not await passwords.is_right(kept, "correct horse batterx")
        assert not await passwords.is_right(kept, "")
        assert not await passwords.is_right(kept, "x" * 10_000_000)
        assert not await passwords.is_right("", "correct horse battery")
        assert not await passwords.is_right("no hash", "correct horse battery")
        assert kept != await passwords.hash_of("correct horse battery"), "each has its own salt"

    asyncio.run(scenario())


def test_another_way_to_type_the_same_letters_is_the_same_password():
    async def scenario():
        passwords = Passwords(QUICK)
        assert await passwords.is_right(await passwords.hash_of("zwo\u0308lf Zeichen"), "zw\u00f6lf Zeichen")
        assert await passwords.is_right(await passwords.hash_of("lone \ud800 surrogate"), "lone \ud800 surrogate")

    asyncio.run(scenario())


def test_a_user_who_does_not_exist_costs_the_same_time():
    async def scenario():
        passwords = Passwords()
        kept = await passwords.hash_of("correct horse battery")
        seconds = {}
        for hash_, name in ((kept, "known"), ("", "unknown")) * 3:
            began = time.process_time()
            assert not await passwords.is_right(hash_, "wrong horse battery")
            seconds[name] = min(seconds.get(name, 9.0), time.process_time() - began)
        assert 0.5 < seconds["known"] / seconds["unknown"] < 2.0

    asyncio.run(scenario())


def test_the_loop_goes_on_while_passwords_are_looked_at_one_by_one():
    async def scenario():
        passwords = Passwords(argon2.PasswordHasher(time_cost=2, memory_cost=2**15))
        answers = [asyncio.create_task(passwords.is_right("", "some password")) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(CrowdedError, match="try again in a few seconds"):
            await passwords.is_right("", "one too many")
        beats = 0
        while not all(answer.done() for answer in answers):
            await asyncio.sleep(0.002)
            beats += 1
        assert beats > MOST_WAITING
        assert not await passwords.is_right("", "there is room again")

    asyncio.run(scenario())
