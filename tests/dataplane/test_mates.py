"""Newcomers go to the worker that has least to do, and none of them is lost on the way."""

import array
import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import msgspec
import pytest
import uvloop

from ftpair.core.columns import SESSIONS, TRANSFERS
from ftpair.core.messages import ListenerKey
from ftpair.dataplane.accepting import Share
from ftpair.dataplane.counts import TRANSFER_WEIGHT, Counts, create_counts_fd
from ftpair.dataplane.mates import Inboxes, Mates
from ftpair.dataplane.watch import Watch

from .descriptors import count, only
from .stage import EXPLICIT, VIP, service_plan, stage

KEY = ListenerKey("VIP", "explicit", "127.0.0.1", 21)
SLOT = 3


class Crew:
    """Workers of one node as far as they pass connections: each with its counts, and what came to it."""

    def __init__(self, watch: Watch, stack: ExitStack, workers: int = 2) -> None:
        self.watch, self.stack = watch, stack
        self.inboxes = Inboxes(workers)
        stack.callback(self.inboxes.close)
        fd = create_counts_fd(workers)
        stack.callback(os.close, fd)
        self.counts = [Counts(fd, place, workers) for place in range(workers)]
        self.listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.clients: list[socket.socket] = []
        self.came: list[list[socket.socket]] = [[] for _ in range(workers)]
        self.takes: dict[int, Callable[[ListenerKey, socket.socket], None]] = {}
        """How a worker takes in what it is passed, where a test wants it otherwise."""
        self.mates = [self.begin(number) for number in range(workers)]

    def begin(self, number: int) -> Mates:
        """A life of a worker, up to its plan."""

        def take(key: ListenerKey, sock: socket.socket, host: str) -> None:
            assert (host, sock.gettimeout()) == ("127.0.0.1", 0)
            self.takes.get(number, keep)(key, sock)

        def keep(key: ListenerKey, sock: socket.socket) -> None:
            assert key == KEY
            self.keep(number, sock)

        mates = Mates(self.watch, self.counts[number], Share(self.watch), take)
        self.introduce(mates, number)
        return mates

    def introduce(self, mates: Mates, number: int) -> None:
        places = [place for place in range(len(self.counts)) if place != number]
        mates.use(places, [os.dup(fd) for fd in self.inboxes.fds(number)])

    def keep(self, number: int, sock: socket.socket) -> None:
        self.stack.callback(sock.close)
        self.counts[number].add(SLOT, SESSIONS, 1)
        self.came[number].append(sock)

    def connect(self, number: int) -> socket.socket:
        """Let a client come to the listener of one worker; return the client's end."""
        client = self.stack.enter_context(socket.create_connection(self.listener.getsockname(), 5))
        sock, _ = self.listener.accept()
        sock.settimeout(0)
        if not self.mates[number].pass_on(KEY, sock):
            self.keep(number, sock)
        return client

    def shares(self) -> list[int]:
        return [len(came) for came in self.came]

    async def until(self, shares: list[int]) -> None:
        for _ in range(200):
            if self.shares() == shares:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{self.shares()} came, not {shares}")


def play(scene: Callable[[Crew], Awaitable[None]], workers: int = 2, planless: int = -1) -> None:
    """Play it with a crew that works by plan 1, but for the one that has no plan yet."""

    async def main() -> None:
        with ExitStack() as stack:
            crew = Crew(Watch(asyncio.get_running_loop()), stack, workers)
            for number, mates in enumerate(crew.mates):
                if number != planless:
                    mates.work_by(1, (KEY,))
            await scene(crew)
            for mates in crew.mates:
                mates.leave()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))


def test_a_client_is_served_by_the_worker_that_it_was_passed_to():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 1)
        client = crew.connect(0)
        await crew.until([0, 1])
        crew.came[1][0].sendall(b"220 ready\r\n")
        assert client.recv(100) == b"220 ready\r\n"
        assert [mates.passed for mates in crew.mates] == [1, 0]

    play(scene)


@pytest.mark.parametrize("workers", [2, 3, 5])
def test_clients_that_all_come_to_one_worker_are_spread_evenly_even_if_all_come_at_once(workers: int):
    async def scene(crew: Crew) -> None:
        for _ in range(4 * workers):
            crew.connect(0)
        await crew.until([4] * workers)

    play(scene, workers)


def test_whoever_has_gone_again_leaves_room_for_the_next():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 1)
        for number in range(1, 5):
            crew.connect(0)
            await crew.until([0, number])
            crew.counts[1].add(SLOT, SESSIONS, -1)

    play(scene)


def test_who_moves_files_is_spread_although_one_worker_has_many_idle_sessions():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 60)
        shares = [0, 0]
        for _ in range(6):
            crew.connect(0)
            crew.connect(1)
            await asyncio.sleep(0.05)
            for number, came in enumerate(crew.shares()):
                crew.counts[number].add(SLOT, TRANSFERS, came - shares[number])
                shares[number] = came
        assert crew.shares() == [6, 6]
        assert crew.counts[0].load == 66 + 6 * TRANSFER_WEIGHT

    play(scene)


def test_among_many_what_the_lot_brings_is_good_enough():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 80)
        crew.counts[1].add(SLOT, SESSIONS, 72)
        crew.connect(0)
        await crew.until([1, 0])
        crew.counts[1].add(SLOT, SESSIONS, -10)
        crew.connect(0)
        await crew.until([1, 1])

    play(scene)


def test_nothing_is_passed_to_who_works_by_another_plan_or_has_none():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 5)
        crew.mates[0].work_by(2, (KEY,))
        crew.connect(0)
        assert crew.shares() == [1, 0]
        crew.mates[1].work_by(2, (KEY,))
        crew.connect(0)
        await crew.until([1, 1])
        crew.counts[1].work_by(0)  # As the supervisor does for a dead worker.
        crew.connect(0)
        assert crew.shares() == [2, 1]

    play(scene)


def test_a_worker_that_can_take_nobody_in_gives_everybody_away_and_is_given_nobody():
    async def scene(crew: Crew) -> None:
        crew.counts[1].add(SLOT, SESSIONS, 5)
        crew.mates[0].be_able(is_able=False)
        crew.connect(0)
        await crew.until([0, 1])
        crew.connect(1)
        assert crew.shares() == [0, 2]
        crew.mates[0].be_able(is_able=True)
        crew.connect(1)
        await crew.until([1, 2])

    play(scene)


def test_a_worker_that_hangs_is_given_a_few_and_nobody_is_lost():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 1000)
        clients = [crew.connect(0) for _ in range(60)]  # Nothing is read in between: the loop does not run.
        kept = crew.shares()[0]
        assert 30 < kept < 55
        assert crew.shares()[1] == 0
        await crew.until([kept, 60 - kept])
        for sock in (*crew.came[0], *crew.came[1]):
            sock.sendall(b"220\r\n")
        assert {client.recv(10) for client in clients} == {b"220\r\n"}

    play(scene)


def test_who_lies_in_the_inbox_of_a_dead_worker_is_served_by_its_successor_when_that_has_a_plan():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 5)
        crew.counts[1].work_by(1)  # The dead one did.
        client = crew.connect(0)
        await asyncio.sleep(0.1)
        assert crew.shares() == [0, 0]
        crew.mates[1].work_by(1, (KEY,))
        await crew.until([0, 1])
        crew.came[1][0].sendall(b"220\r\n")
        assert client.recv(10) == b"220\r\n"

    play(scene, planless=1)


def test_who_leaves_takes_in_what_is_under_way_and_gets_nothing_more():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 5)
        crew.connect(0)
        crew.mates[1].leave()
        assert crew.shares() == [0, 1]
        crew.counts[1].work_by(1)  # Whoever did not see that it left yet, is told when writing.
        crew.connect(0)
        assert crew.shares() == [1, 1]

    play(scene)


def test_the_last_one_leaves_as_quietly_as_the_first_when_no_supervisor_holds_its_inbox():
    async def scene(crew: Crew) -> None:
        crew.inboxes.close()
        crew.mates[0].leave()
        await asyncio.sleep(0.1)
        crew.mates[1].leave()

    play(scene)


def test_what_a_former_supervisors_inbox_holds_is_taken_in_too():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 5)
        crew.connect(0)
        former, crew.inboxes = crew.inboxes, Inboxes(2)
        crew.stack.callback(crew.inboxes.close)
        for number, mates in enumerate(crew.mates):
            crew.introduce(mates, number)
        former.close()
        crew.connect(0)
        await crew.until([0, 2])

    play(scene)


def test_a_client_that_has_gone_meanwhile_harms_nobody():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 5)
        client = crew.connect(0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        crew.connect(0)
        await crew.until([0, 1])

    play(scene)


@pytest.mark.parametrize("free", [0, 3])
def test_without_a_descriptor_connections_wait_in_the_inbox_instead_of_being_lost(free: int):
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 20)
        clients = [crew.connect(0) for _ in range(10)]
        assert crew.shares() == [0, 0]
        with only(free):
            await asyncio.sleep(0.3)
            assert crew.shares()[1] < 10
        await crew.until([0, 10])
        for sock in crew.came[1]:
            sock.sendall(b"220\r\n")
        assert [client.recv(10) for client in clients] == [b"220\r\n"] * 10

    play(scene)


def test_of_three_a_dead_and_a_hanging_one_do_not_keep_the_idle_one_from_helping():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 1000)
        crew.counts[3].add(SLOT, SESSIONS, 100)
        crew.mates[1].leave()
        crew.counts[1].work_by(1)  # Nobody has cleared what the dead one said.
        crew.counts[2].work_by(1)  # This one has no plan in truth: it never reads.
        for _ in range(60):
            crew.connect(0)
            await asyncio.sleep(0)
        hanging = 60 - crew.shares()[0] - crew.shares()[3]
        assert hanging <= 30
        await crew.until([0, 0, 0, 60 - hanging])

    play(scene, 4, planless=2)


def test_what_newcomers_cost_is_theirs_however_they_come():
    async def scene(crew: Crew) -> None:
        turns: list[int] = []

        def take(_key: ListenerKey, sock: socket.socket) -> None:
            turns.append(crew.watch.turn)
            sock.close()
            time.sleep(0.01)  # Dearer than all that newcomers may have in a turn.

        crew.takes[1] = take
        crew.counts[0].add(SLOT, SESSIONS, 50)
        for _ in range(5):
            crew.connect(0)
        while len(turns) < 5:
            await asyncio.sleep(0.01)
        assert turns == sorted(set(turns))

    play(scene)


def test_a_bug_with_one_newcomer_costs_the_others_nothing():
    async def scene(crew: Crew) -> None:
        met: list[int] = []

        def take(_key: ListenerKey, sock: socket.socket) -> None:
            met.append(sock.fileno())
            raise ZeroDivisionError

        crew.takes[1] = take
        crew.counts[0].add(SLOT, SESSIONS, 50)
        clients = [crew.connect(0) for _ in range(3)]
        crew.mates[1].leave()
        assert len(met) == 3
        assert [client.recv(1) for client in clients] == [b""] * 3

    play(scene)


def test_a_listener_that_moves_to_another_service_keeps_who_is_under_way():
    async def scene(crew: Crew) -> None:
        came: list[ListenerKey] = []
        moved = ListenerKey("RENAMED", "explicit", KEY.host, KEY.port)

        def take(key: ListenerKey, sock: socket.socket) -> None:
            came.append(key)
            crew.keep(1, sock)

        crew.takes[1] = take
        crew.counts[0].add(SLOT, SESSIONS, 5)
        crew.counts[1].work_by(1)  # The one before did.
        client = crew.connect(0)
        crew.mates[1].work_by(2, (moved,))
        while not came:
            await asyncio.sleep(0.01)
        assert came == [moved]
        crew.came[1][0].sendall(b"220\r\n")
        assert client.recv(10) == b"220\r\n"

    play(scene, planless=1)


def test_who_leaves_without_a_descriptor_takes_in_later_what_is_under_way():
    async def scene(crew: Crew) -> None:
        crew.counts[0].add(SLOT, SESSIONS, 5)
        clients = [crew.connect(0) for _ in range(4)]
        with only(0):
            crew.mates[1].leave()  # Its outbox makes room for one.
            assert crew.shares() == [0, 1]
        await crew.until([0, 4])
        for sock in crew.came[1]:
            sock.sendall(b"220\r\n")
        assert [client.recv(10) for client in clients] == [b"220\r\n"] * 4

    play(scene)


def test_nonsense_from_a_worker_that_was_taken_over_costs_neither_inbox_nor_descriptors():
    async def scene(crew: Crew) -> None:
        outbox = socket.socket(fileno=os.dup(crew.inboxes.fds(0)[1]))
        ours, theirs = socket.socketpair()
        pipe = os.pipe()
        before = count()

        def send(*fds: int) -> None:
            outbox.sendmsg((b"x",), [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])

        outbox.send(b"")
        for _ in range(3):
            send(ours.fileno())
            send(pipe[0])
            send(ours.fileno(), theirs.fileno(), pipe[1])
        await asyncio.sleep(0.2)
        assert count() == before
        crew.counts[0].add(SLOT, SESSIONS, 5)
        crew.connect(0)
        await crew.until([0, 1])
        for sock in (outbox, ours, theirs):
            sock.close()
        for fd in pipe:
            os.close(fd)

    play(scene)


def test_no_descriptor_is_left_behind():
    async def scene(crew: Crew) -> None:
        before = count()
        for _ in range(3):
            former, crew.inboxes = crew.inboxes, Inboxes(2)
            for number, mates in enumerate(crew.mates):
                crew.introduce(mates, number)
            former.close()
            await asyncio.sleep(0.05)
        crew.stack.callback(crew.inboxes.close)
        assert count() == before
        for mates in crew.mates:
            mates.leave()
        assert count() == before - 4

    play(scene)


def test_a_worker_takes_in_what_it_is_passed_and_is_passed_nothing_when_it_ends():
    inboxes = Inboxes(2)
    outbox = socket.socket(fileno=os.dup(inboxes.fds(1)[1]))
    with stage(service_plan()) as running, socket.create_server(("127.0.0.1", 0)) as listener:
        fds = [os.dup(fd) for fd in inboxes.fds(0)]
        running.call(lambda: running.worker.mates.use((), fds[:1]))
        os.close(fds[1])
        with socket.create_connection(listener.getsockname(), 5) as client:
            sock, _ = listener.accept()
            name = msgspec.msgpack.encode((VIP, EXPLICIT))
            outbox.sendmsg((name,), [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", (sock.fileno(),)))])
            sock.close()
            assert client.recv(100).startswith(b"220")
        running.wait(running.is_at_rest)
        left = asyncio.run_coroutine_threadsafe(running.worker.leave(), running.loop)
        left.result(10)
        with pytest.raises(BrokenPipeError):
            outbox.send(b"x")
    outbox.close()
    inboxes.close()


def test_a_worker_alone_passes_nothing():
    assert not Inboxes(1)
