"""A thread for the disk: in order, bounded, and nobody waits for a disk that hangs."""

import asyncio
import threading

import pytest

from ftpair.app.clerk import MOST_QUESTIONS, MOST_WAITING, Clerk
from ftpair.core.errors import BusyError
from ftpair.core.reports import MEASURES


class Shelf:
    def __init__(self):
        self.thread, self.things, self.is_closed = threading.current_thread(), [], False

    def put(self, thing):
        assert threading.current_thread() is self.thread
        self.things.append(thing)

    def close(self):
        self.is_closed = True


@pytest.fixture
def clerk():
    clerk = Clerk("shelf", Shelf, timeout_s=0.2)
    yield clerk
    clerk.close()


def test_jobs_are_done_in_order_in_a_thread_of_their_own(clerk):
    for number in range(10):
        assert clerk.post(lambda shelf, number=number: shelf.put(number))
    assert asyncio.run(clerk.ask(lambda shelf: tuple(shelf.things))) == tuple(range(10))
    assert asyncio.run(clerk.ask(lambda shelf: shelf.thread)) is not threading.current_thread()


def test_what_goes_wrong_is_raised_where_it_was_asked_and_ends_nothing():
    clerk = Clerk("shelf", Shelf)
    clerk.post(lambda shelf: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(clerk.ask(lambda shelf: 1 / 0))
    assert asyncio.run(clerk.ask(lambda shelf: 7)) == 7
    clerk.close()


def test_a_disk_that_hangs_makes_nobody_wait_and_costs_a_bounded_number_of_jobs(clerk):
    goes_on, hung = threading.Event(), []
    clerk.post(lambda shelf: hung.append(goes_on.wait(60)))
    while clerk.post(lambda shelf: shelf.put(1)):
        pass
    with pytest.raises(BusyError, match="the disk of the shelf does not answer in time; try again"):
        asyncio.run(clerk.ask(lambda shelf: shelf.put("late")))
    clerk.close(patience_s=0.1)
    assert not hung
    goes_on.set()
    clerk.close()


def test_a_question_that_nobody_waits_for_any_more_is_not_asked(clerk):
    goes_on = threading.Event()
    clerk.post(lambda shelf: goes_on.wait(20))
    with pytest.raises(BusyError):
        asyncio.run(clerk.ask(lambda shelf: shelf.put("late")))
    goes_on.set()
    assert asyncio.run(clerk.ask(lambda shelf: list(shelf.things))) == []


def test_what_waits_is_done_before_the_end():
    shelves = []

    def make():
        shelves.append(Shelf())
        return shelves[0]

    clerk = Clerk("shelf", make)
    for number in range(MOST_WAITING // 2):
        clerk.post(lambda shelf, number=number: shelf.put(number))
    clerk.close()
    assert shelves[0].things == list(range(MOST_WAITING // 2))
    assert shelves[0].is_closed


def test_who_asks_too_much_takes_no_room_from_what_is_kept(clerk):
    goes_on = threading.Event()
    clerk.post(lambda shelf: goes_on.wait(20))

    async def ask_often():
        questions = (clerk.ask(lambda shelf: shelf.things) for _question in range(2 * MOST_WAITING))
        return await asyncio.gather(*(asyncio.wait_for(each, 1) for each in questions), return_exceptions=True)

    assert {type(answer) for answer in asyncio.run(ask_often())} == {BusyError}
    assert all(clerk.post(lambda shelf: shelf.put(1)) for _thing in range(MOST_WAITING - MOST_QUESTIONS))
    goes_on.set()


def test_some_pages_of_reports_may_be_opened_at_once(clerk):
    async def ask_for_pages():
        return await asyncio.gather(*(clerk.ask(lambda shelf: 1) for _measure in range(3 * len(MEASURES))))

    assert set(asyncio.run(ask_for_pages())) == {1}
