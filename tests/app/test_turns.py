"""One question for all who ask at once, and a rest after each."""

import asyncio
import time

import pytest

from ftpair.app.turns import REST, Turns


class Oracle:
    """Takes its time, and answers with the number of the question."""

    def __init__(self, takes_s=0.05):
        self.takes_s, self.asked = takes_s, []

    async def __call__(self):
        self.asked.append(time.monotonic())
        number = len(self.asked)
        await asyncio.sleep(self.takes_s)
        return number


def test_all_who_ask_at_once_get_one_answer():
    async def scenario():
        turns, oracle = Turns(), Oracle()
        assert await asyncio.gather(*(turns.ask(oracle) for _one in range(9))) == [1] * 9
        assert await turns.ask(oracle) == 2

    asyncio.run(scenario())


def test_who_comes_while_a_question_is_under_way_gets_the_answer_to_the_next():
    async def scenario():
        turns, oracle = Turns(), Oracle()
        early = asyncio.create_task(turns.ask(oracle))
        await asyncio.sleep(0.02)
        late = [asyncio.create_task(turns.ask(oracle)) for _one in range(3)]
        assert (await early, *await asyncio.gather(*late)) == (1, 2, 2, 2)

    asyncio.run(scenario())


def test_whoever_asks_on_and_on_leaves_time_for_other_work():
    async def scenario():
        turns, oracle = Turns(), Oracle(0.03)
        for _one in range(3):
            await turns.ask(oracle)
        first, second, third = oracle.asked
        assert min(second - first, third - second) >= 0.03 * (1 + REST) - 0.01

    asyncio.run(scenario())


def test_what_goes_wrong_is_told_to_all_and_ends_nothing():
    async def fail():
        raise OSError("no")

    async def scenario():
        turns = Turns()
        found = await asyncio.gather(turns.ask(fail), turns.ask(fail), return_exceptions=True)
        assert [type(each) for each in found] == [OSError, OSError]
        assert await turns.ask(Oracle()) == 1

    asyncio.run(scenario())


def test_who_leaves_takes_the_answer_from_nobody():
    async def scenario():
        turns, oracle = Turns(), Oracle()
        impatient, patient = (asyncio.create_task(turns.ask(oracle)) for _one in range(2))
        await asyncio.sleep(0.01)
        impatient.cancel()
        assert await patient == 1
        with pytest.raises(asyncio.CancelledError):
            await impatient

    asyncio.run(scenario())
