"""No event of a socket is lost, whatever state it is in."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from ftpair.dataplane.watch import Watch

from .test_relay import pair


def play(scene: Callable[[Watch], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        await scene(Watch(asyncio.get_running_loop()))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_a_reset_behind_unread_bytes_is_heard_of_however_slowly_they_are_read():
    async def scene(watch: Watch) -> None:
        ours, peer = pair()
        heard: asyncio.Future[int] = watch.loop.create_future()
        count = 0

        def read() -> None:
            nonlocal count
            try:
                count += len(ours.recv(10))
            except ConnectionResetError:
                watch.remove_reader(ours.fileno())
                heard.set_result(count)

        peer.sendall(b"x" * 1000)
        reset(peer)
        watch.add_reader(ours.fileno(), read)
        assert await heard == 1000
        ours.close()

    play(scene)


def test_a_reset_wakes_who_waits_to_write():
    async def scene(watch: Watch) -> None:
        ours, peer = pair()
        with pytest.raises(BlockingIOError):
            while True:
                ours.send(b"x" * 65536)
        woken = asyncio.Event()
        watch.add_writer(ours.fileno(), woken.set)
        await asyncio.sleep(0.05)
        assert not woken.is_set()
        reset(peer)
        await woken.wait()
        watch.remove_writer(ours.fileno())
        ours.close()

    play(scene)


def test_a_held_reader_hears_of_a_reset_only():
    async def scene(watch: Watch) -> None:
        ours, peer = pair()
        happened: list[str] = []
        watch.hold_reader(ours.fileno(), lambda: happened.append("broken"))
        peer.sendall(b"x")
        await asyncio.sleep(0.02)
        assert not happened
        watch.add_reader(ours.fileno(), lambda: happened.append("read"))
        await asyncio.sleep(0.02)
        assert set(happened) == {"read"}
        watch.hold_reader(ours.fileno(), lambda: happened.append("broken"))
        happened.clear()
        reset(peer)
        await asyncio.sleep(0.02)
        assert set(happened) == {"broken"}
        watch.remove_reader(ours.fileno())
        ours.close()

    play(scene)


def test_reading_and_writing_are_watched_apart():
    async def scene(watch: Watch) -> None:
        ours, peer = pair()
        happened: list[str] = []
        watch.add_reader(ours.fileno(), lambda: happened.append("read"))
        await asyncio.sleep(0.02)
        assert not happened
        watch.add_writer(ours.fileno(), lambda: happened.append("write"))
        await asyncio.sleep(0.02)
        assert set(happened) == {"write"}
        watch.remove_writer(ours.fileno())
        happened.clear()
        peer.sendall(b"x")
        await asyncio.sleep(0.02)
        assert set(happened) == {"read"}
        watch.remove_reader(ours.fileno())
        watch.remove_reader(ours.fileno())
        happened.clear()
        await asyncio.sleep(0.02)
        assert not happened
        for sock in (ours, peer):
            sock.close()

    play(scene)


def test_an_event_of_a_closed_socket_never_reaches_the_next_one_with_its_number():
    async def scene(watch: Watch) -> None:
        pairs = [pair(), pair()]
        woken: list[int] = []
        replaced: list[socket.socket] = []

        def close_the_other(number: int) -> None:
            other = pairs[1 - number][0]
            fd = other.fileno()
            if fd < 0:
                return
            watch.remove_reader(fd)
            other.close()
            with socket.socket() as fresh:
                os.dup2(fresh.fileno(), fd)
            replaced.append(socket.socket(fileno=fd))
            watch.add_writer(fd, lambda: woken.append(fd))

        for number, (ours, peer) in enumerate(pairs):
            watch.add_reader(ours.fileno(), lambda number=number: close_the_other(number))
            reset(peer)
        watch._wake()
        assert replaced
        assert not woken
        for sock in (*replaced, *(ours for ours, _ in pairs if ours.fileno() >= 0)):
            watch.remove_reader(sock.fileno())
            watch.remove_writer(sock.fileno())
            sock.close()

    play(scene)


def test_a_bug_in_one_callback_costs_the_others_nothing():
    async def scene(watch: Watch) -> None:
        told: list[dict[str, Any]] = []
        watch.loop.set_exception_handler(lambda _loop, context: told.append(context))
        pairs = [pair(), pair()]
        good = asyncio.Event()

        def bad() -> None:
            watch.remove_reader(pairs[0][0].fileno())
            raise RuntimeError("a bug")

        watch.add_reader(pairs[0][0].fileno(), bad)
        watch.add_reader(pairs[1][0].fileno(), good.set)
        for _, peer in pairs:
            peer.sendall(b"x")
        await good.wait()
        assert [str(context["exception"]) for context in told] == ["a bug"]
        watch.remove_reader(pairs[1][0].fileno())
        for ours, peer in pairs:
            ours.close()
            peer.close()

    play(scene)
