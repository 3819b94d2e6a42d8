"""The sessions of all workers in one table, whoever of them answers."""

import asyncio
from dataclasses import dataclass, field

from ftpair.app.listing import Listing
from ftpair.core.actions import SessionTable
from ftpair.core.clientele import Seen
from ftpair.core.messages import Clients, ListClients, ListSessions, Sessions
from ftpair.core.status import SessionRow


@dataclass
class Worker:
    """A worker as a listing sees it."""

    name: str
    is_ready: bool = True
    asked: list = field(default_factory=list)

    def send(self, message):
        self.asked.append(message)


def row(name, seconds):
    return SessionRow(
        name, "VIP", "127.0.0.1:5", "explicit", "alice", "A", "idle", "clear", seconds, 0, 0, 0, 0, "NOOP", 0
    )


async def until_asked(*workers):
    while workers and not any(worker.asked for worker in workers):
        await asyncio.sleep(0)


def play(*workers, answers, **clocks):
    """Ask the workers, let `answers(listing, number)` happen, return the table."""

    async def whole():
        lists = Listing(**clocks)
        question = asyncio.create_task(lists.ask(workers))
        await until_asked(*workers)
        answers(lists, 1)
        return await question

    return asyncio.run(whole())


def test_the_rows_of_all_workers_are_one_table_the_oldest_first():
    one, two = Worker("worker 0"), Worker("worker 1")

    def answers(lists, number):
        lists.hear("worker 1", Sessions(number, (row("1-1", 5),), ()))
        lists.hear("worker 0", Sessions(number, (row("0-1", 9), row("0-2", 1)), ()))

    table = play(one, two, answers=answers)
    assert [session.id for session in table.sessions] == ["0-1", "1-1", "0-2"]
    assert one.asked == [ListSessions(1)]


def test_a_worker_that_dies_or_is_not_ready_hides_nobody_elses_sessions():
    def answers(lists, number):
        lists.hear("worker 1", Sessions(number, (row("1-1", 5),), ()))
        lists.bury("worker 0")

    table = play(Worker("worker 0"), Worker("worker 1"), Worker("worker 2", is_ready=False), answers=answers)
    assert [session.id for session in table.sessions] == ["1-1"]


def test_a_worker_that_hangs_costs_the_deadline_only():
    def answers(lists, number):
        lists.hear("worker 1", Sessions(number, (row("1-1", 5),), ()))
        lists.hear("worker 1", Sessions(number + 1, (row("late", 5),), ()))

    table = play(Worker("worker 0"), Worker("worker 1"), answers=answers, answer_timeout_s=0.05)
    assert [session.id for session in table.sessions] == ["1-1"]


def test_no_worker_at_all_is_an_empty_table():
    assert play(answers=lambda *_: None) == SessionTable((), ())


def test_what_the_workers_have_seen_of_a_client_is_one_row():
    one, two = Worker("worker 0"), Worker("worker 1")

    async def whole():
        lists = Listing()
        question = asyncio.create_task(lists.clients([one, two]))
        await until_asked(one, two)
        lists.hear("worker 0", Clients(1, (Seen("VIP", "192.0.2.1", "ann", "", resumed=2, at=1.0),)))
        lists.hear("worker 1", Clients(1, (Seen("VIP", "192.0.2.1", "ann", "", not_resumed=1, at=2.0),)))
        return await question

    (row,) = asyncio.run(whole()).clients
    assert (row.resumed, row.not_resumed, row.would_break) == (2, 1, True)
    assert one.asked == two.asked == [ListClients(1)]
