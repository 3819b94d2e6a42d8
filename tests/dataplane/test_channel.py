"""The channel: frames keep their order, descriptors find their message, and its end is heard once."""

import asyncio
import gc
import os
import resource
import socket
from pathlib import Path

import pytest
import uvloop

from ftpair.core.messages import Beat, FromWorker, ListenerKey, ListSessions, Ready, Stop, ToWorker, UsePlan
from ftpair.core.plan import Plan
from ftpair.core.status import Sample
from ftpair.dataplane.channel import Channel, socketpair

PLAN = Plan(revision=1, workers=1, services=())


class Ends:
    """A worker's and a supervisor's end, and what came out of them."""

    def __init__(self):
        self.to_worker, self.to_supervisor, self.closed = [], [], []
        ours, theirs = socketpair()
        self.supervisor = Channel(
            ours, FromWorker, lambda *pair: self.to_supervisor.append(pair), lambda: self.closed.append("supervisor")
        )
        self.worker = Channel(
            theirs, ToWorker, lambda *pair: self.to_worker.append(pair), lambda: self.closed.append("worker")
        )

    def close(self):
        self.supervisor.close()
        self.worker.close()


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    def run_with_ends(scenario):
        async def whole():
            ends = Ends()
            try:
                await scenario(ends)
            finally:
                ends.close()

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(whole())

    return run_with_ends


def keys(count):
    return tuple(ListenerKey("VIP", "explicit", "127.0.0.1", port) for port in range(count))


def test_messages_arrive_whole_and_in_order_in_both_directions(run):
    async def scenario(ends):
        ends.supervisor.send(ListSessions(1))
        ends.supervisor.send(Stop(2.5))
        ends.worker.send(Ready(4))
        await until(lambda: len(ends.to_worker) == 2 and ends.to_supervisor)
        assert ends.to_worker == [(ListSessions(1), ()), (Stop(2.5), ())]
        assert ends.to_supervisor == [(Ready(4), ())]

    run(scenario)


def test_descriptors_arrive_with_the_message_that_names_them(run):
    async def scenario(ends):
        files = [os.memfd_create(name) for name in "abc"]
        for name, fd in zip("abc", files, strict=True):
            os.write(fd, name.encode())
        ends.supervisor.send(UsePlan(PLAN, keys(2)), files[:2])
        ends.supervisor.send(ListSessions(1))
        ends.supervisor.send(UsePlan(PLAN, keys(1)), files[2:])
        for fd in files:
            os.close(fd)
        await until(lambda: len(ends.to_worker) == 3)
        received = [[os.pread(fd, 1, 0) for fd in fds] for _message, fds in ends.to_worker]
        assert received == [[b"a", b"b"], [], [b"c"]]
        assert not any(os.get_inheritable(fd) for _message, fds in ends.to_worker for fd in fds)

    run(scenario)


def test_more_descriptors_than_one_call_carries_all_arrive(run):
    async def scenario(ends):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
        with socket.socket() as one:
            ends.supervisor.send(UsePlan(PLAN, keys(600)), [one.fileno()] * 600)
        await until(lambda: ends.to_worker)
        (_message, fds), *_ = ends.to_worker
        assert len(set(fds)) == 600
        for fd in fds:
            os.close(fd)

    run(scenario)


def test_a_peer_that_does_not_read_never_blocks_the_sender_and_order_is_kept(run):
    async def scenario(ends):
        large = Beat(counters=(Sample("x" * 3_000_000, (), 1.0),), gauges=())
        ends.worker.send(large)
        ends.worker.send(Ready(1))
        fd = os.memfd_create("late")
        os.write(fd, b"late")
        padding = Plan(revision=2, workers=1, services=(), user="u" * 3_000_000)
        ends.supervisor.send(UsePlan(padding))
        ends.supervisor.send(UsePlan(PLAN, keys(1)), [fd])
        os.close(fd)
        await until(lambda: len(ends.to_supervisor) == 2 and len(ends.to_worker) == 2)
        assert [message for message, _ in ends.to_supervisor] == [large, Ready(1)]
        assert os.pread(ends.to_worker[1][1][0], 4, 0) == b"late"

    run(scenario)


def test_the_end_of_the_other_side_is_heard_once(run):
    async def scenario(ends):
        ends.worker.close()
        ends.supervisor.send(Stop(0))
        ends.supervisor.send(Stop(0))
        await until(lambda: ends.closed)
        await asyncio.sleep(0.05)
        assert ends.closed == ["supervisor"]
        assert ends.supervisor.is_closed

    run(scenario)


@pytest.mark.parametrize("nonsense", [b"\xff\xff\xff\xff", b"\0\0\0\x01\xc1", b"\0\0\0\x01\x01"])
def test_nonsense_ends_the_channel(run, nonsense):
    async def scenario(ends):
        ends.worker._sock.send(nonsense)
        await until(lambda: "supervisor" in ends.closed)
        assert ends.to_supervisor == []

    run(scenario)


def test_a_message_whose_descriptors_are_missing_ends_the_channel(run):
    async def scenario(ends):
        ends.supervisor.send(UsePlan(PLAN, keys(1)), [])
        await until(lambda: "worker" in ends.closed)
        assert ends.to_worker == []

    run(scenario)


def test_descriptors_on_a_channel_that_expects_none_are_never_opened_and_end_it(run):
    async def scenario(ends):
        before = len(list(Path("/proc/self/fd").iterdir()))
        socket.send_fds(ends.worker._sock, [b"\0"], [0] * 100)  # A frame that only begins.
        await until(lambda: "supervisor" in ends.closed)
        assert len(list(Path("/proc/self/fd").iterdir())) < before
        assert ends.to_supervisor == []

    run(scenario)


def test_a_closed_channel_leaves_no_descriptor_behind(run):
    async def scenario(ends):
        def open_fds():
            gc.collect()  # What other tests have left behind is closed now, not in between.
            return len(list(Path("/proc/self/fd").iterdir()))

        before = open_fds()
        one, other = Ends(), Ends()
        with socket.socket() as sock:
            one.supervisor.send(UsePlan(Plan(1, 1, (), user="u" * 3_000_000), keys(1)), [sock.fileno()])
            one.supervisor.send(UsePlan(PLAN, keys(2)), [sock.fileno()] * 2)
        one.close()
        other.close()
        assert open_fds() == before

    run(scenario)


def test_an_end_that_dies_right_behind_its_last_frame_is_heard_of(run):
    async def scenario(ends):
        ends.worker.send(Ready(1))  # It dies without having read this, which makes its end a reset.
        ends.supervisor.send(ListSessions(1))
        ends.supervisor.close()
        await until(lambda: ends.closed)
        assert ends.closed == ["worker"]
        assert [message for message, _ in ends.to_worker] == [ListSessions(1)]

    run(scenario)
