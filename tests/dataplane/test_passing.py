"""Two connections joined: every byte passes, and ends and breaks pass as what they are."""

import asyncio
import hashlib
import os
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

from ftpair.core.ending import End
from ftpair.dataplane.passing import Passing
from ftpair.dataplane.stock import Stock
from ftpair.dataplane.watch import Watch

from .test_relay import pair

SIZES = [0, 1, 65_535, 65_536, 65_537, 20_000_000]
_RESET = struct.pack("ii", 1, 0)


class Joined:
    """A client and a server with a Passing between them; what it said at its end."""

    def __init__(self) -> None:
        ours, self.client = pair()
        theirs, self.server = pair()
        self.ended: asyncio.Future[tuple[End, str]] = asyncio.get_running_loop().create_future()
        self.stock = Stock(Watch(asyncio.get_running_loop()))
        self.passing = Passing(self.stock, ours, theirs, lambda *end: self.ended.set_result(end))
        self.passing.start()

    async def end(self) -> tuple[End, str]:
        """Wait for the end."""
        return await asyncio.wait_for(self.ended, 20)


def run(scenario: Callable[[Joined], Any]) -> None:
    """Run a scenario on the loop that workers have."""

    async def main() -> None:
        await asyncio.wait_for(scenario(Joined()), 60)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.to_thread(function, *arguments)


def read_all(sock: socket.socket) -> bytes:
    """Read to the end; a reset raises ConnectionResetError."""
    return b"".join(iter(lambda: sock.recv(1 << 18), b""))


def content(size: int) -> bytes:
    """Return bytes in which nothing can be lost or doubled unseen."""
    block = hashlib.sha512(b"%d" % size).digest() * 1025
    return (block * (size // len(block) + 1))[:size]


def send_and_end(sock: socket.socket, data: bytes) -> None:
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


def cut(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    sock.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_every_byte_passes_and_ends_pass_as_ends(size: int, direction: str):
    async def scenario(joined: Joined) -> None:
        up = content(size) if direction != "down" else b""
        down = content(size) if direction != "up" else b""
        senders = [
            threading.Thread(target=send_and_end, args=(sock, data))
            for sock, data in ((joined.client, up), (joined.server, down))
        ]
        for sender in senders:
            sender.start()
        got_up, got_down = await asyncio.gather(in_thread(read_all, joined.server), in_thread(read_all, joined.client))
        assert (got_up == up, got_down == down) == (True, True)
        assert await joined.end() == (End.ENDED, "")
        assert (joined.passing.bytes_up, joined.passing.bytes_down) == (len(up), len(down))

    run(scenario)


def test_the_end_of_one_direction_leaves_the_other_open():
    async def scenario(joined: Joined) -> None:
        await in_thread(send_and_end, joined.client, b"all said")
        assert await in_thread(read_all, joined.server) == b"all said"
        await asyncio.sleep(0.1)
        assert not joined.ended.done()
        await in_thread(send_and_end, joined.server, b"answer")
        assert await in_thread(read_all, joined.client) == b"answer"
        assert (await joined.end())[0] is End.ENDED

    run(scenario)


@pytest.mark.parametrize("who", ["client", "server"])
@pytest.mark.parametrize("has_half_closed", [False, True])
def test_a_reset_of_one_side_is_a_reset_of_the_other(who: str, has_half_closed: bool):
    async def scenario(joined: Joined) -> None:
        broken, other = (joined.client, joined.server) if who == "client" else (joined.server, joined.client)
        await in_thread(broken.sendall, b"part of a file")
        assert await in_thread(other.recv, 100) == b"part of a file"
        if has_half_closed:
            other.shutdown(socket.SHUT_WR)
            assert await in_thread(broken.recv, 100) == b""
        cut(broken)
        with pytest.raises(ConnectionResetError):
            await in_thread(read_all, other)
        assert await joined.end() == (End.CUT, "connection reset")

    run(scenario)


def test_a_reset_behind_bytes_that_wait_for_room_is_heard_of():
    async def scenario(joined: Joined) -> None:
        joined.client.settimeout(1)
        with pytest.raises(TimeoutError):
            await in_thread(joined.client.sendall, bytes(64 << 20))  # The server reads nothing.
        cut(joined.client)
        assert await joined.end() == (End.CUT, "connection reset")
        with pytest.raises(ConnectionResetError):
            await in_thread(read_all, joined.server)

    run(scenario)


def test_a_slow_reader_gets_everything_behind_an_end_and_nothing_spins_meanwhile():
    async def scenario(joined: Joined) -> None:
        data = content(8_000_000)
        sender = threading.Thread(target=send_and_end, args=(joined.server, data))
        sender.start()
        await in_thread(send_and_end, joined.client, b"")
        assert await in_thread(joined.server.recv, 10) == b""
        before = asyncio.get_running_loop().time(), sum(os.times()[:2])
        await asyncio.sleep(0.5)
        assert sum(os.times()[:2]) - before[1] < 0.25, "it waits, it does not spin"
        assert await in_thread(read_all, joined.client) == data
        assert await joined.end() == (End.ENDED, "")

    run(scenario)


def test_who_is_stopped_is_reset_on_both_sides():
    async def scenario(joined: Joined) -> None:
        joined.passing.stop()
        for sock in (joined.client, joined.server):
            with pytest.raises(ConnectionResetError):
                await in_thread(read_all, sock)
        assert not joined.ended.done()
        joined.passing.stop()

    run(scenario)
