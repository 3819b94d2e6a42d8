"""A control connection: bytes in, bytes out, TLS from any moment on, and two words for its end."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from ftpair.core.ending import End
from ftpair.dataplane import tls
from ftpair.dataplane.control import ControlStream
from ftpair.dataplane.watch import Watch

from .certificates import client_tls
from .test_relay import pair, peer_context


class Scene:
    """ftpair's end of a control connection and its blocking peer."""

    def __init__(self) -> None:
        ours, self.peer = pair()
        self.loop = asyncio.get_running_loop()
        self.heard = bytearray()
        self.lost: asyncio.Future[tuple[End, str]] = self.loop.create_future()
        self.stream = ControlStream(
            Watch(self.loop), ours, self._bytes, lambda end, why: self.lost.set_result((end, why))
        )
        self.changed = asyncio.Event()

    def _bytes(self, data: bytes) -> None:
        self.heard += data
        self.changed.set()

    async def hear(self, wanted: bytes) -> None:
        while wanted not in self.heard:
            self.changed.clear()
            await self.changed.wait()

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await self.loop.run_in_executor(None, lambda: function(*arguments))

    async def secure(self) -> None:
        done = self.loop.create_future()
        context = tls.server_context(client_tls())
        self.stream.secure(
            lambda sock: tls.wrap_as_server(context, sock), lambda: done.set_result(None), done.set_result
        )
        self.peer = await self.in_thread(
            lambda: peer_context(ssl.TLSVersion.TLSv1_3).wrap_socket(
                self.peer, server_hostname="127.0.0.1", suppress_ragged_eofs=False
            )
        )
        assert await done is None


def play(act: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        await act(Scene())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))


def test_bytes_go_both_ways_before_and_after_tls_starts():
    async def act(scene: Scene) -> None:
        scene.stream.resume()
        scene.peer.sendall(b"AUTH TLS\r\n")
        await scene.hear(b"AUTH TLS\r\n")
        scene.stream.write(b"234 go\r\n")
        assert await scene.in_thread(scene.peer.recv, 100) == b"234 go\r\n"
        await scene.secure()
        scene.peer.sendall(b"USER x\r\n" * 5000)
        await scene.hear(b"USER x\r\n" * 5000)
        scene.stream.write(b"331 yes\r\n")
        assert await scene.in_thread(scene.peer.recv, 100) == b"331 yes\r\n"
        scene.stream.close(End.ENDED)

    play(act)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("hangs_up", [False, True])
def test_a_reply_larger_than_the_socket_buffer_arrives_whole_even_when_we_hang_up_behind_it(
    secure: bool, hangs_up: bool
):
    async def act(scene: Scene) -> None:
        scene.stream.resume()
        scene.stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        if secure:
            await scene.secure()
        listing = b"211-x" * 300_000
        scene.stream.write(listing)
        scene.stream.write(b"end")
        if hangs_up:
            scene.stream.close(End.ENDED)

        def read() -> bytes:
            got = b""
            while not got.endswith(b"end"):
                got += scene.peer.recv(65536)
            return got

        assert await scene.in_thread(read) == listing + b"end"
        scene.stream.close(End.ENDED)
        assert await scene.in_thread(scene.peer.recv, 1) == b""

    play(act)


def test_a_peer_that_vanishes_while_it_reads_a_long_reply_is_lost():
    async def act(scene: Scene) -> None:
        scene.stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        scene.stream.write(b"211-x" * 300_000)
        assert not scene.lost.done()
        scene.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        scene.peer.close()
        assert await scene.lost == (End.CUT, "connection reset")

    play(act)


def test_a_peer_that_has_vanished_is_told_later_and_not_from_within_a_write():
    async def act(scene: Scene) -> None:
        scene.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        scene.peer.close()
        scene.stream.write(b"220 hello\r\n")
        scene.stream.write(b"220 again\r\n")
        assert not scene.lost.done()
        assert await scene.lost == (End.CUT, "connection reset")

    play(act)


def test_an_orderly_close_and_a_reset_are_told_apart():
    async def ended(scene: Scene) -> None:
        scene.stream.resume()
        scene.peer.close()
        assert (await scene.lost)[0] is End.ENDED

    async def cut(scene: Scene) -> None:
        scene.stream.resume()
        scene.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        scene.peer.close()
        assert await scene.lost == (End.CUT, "connection reset")

    async def ragged(scene: Scene) -> None:
        await scene.secure()
        socket.socket.shutdown(scene.peer, socket.SHUT_WR)
        assert await scene.lost == (End.CUT, "closed without close_notify")

    for act in (ended, cut, ragged):
        play(act)


def test_a_close_after_a_reply_never_destroys_the_reply():
    async def act(scene: Scene) -> None:
        scene.peer.sendall(b"more commands that nobody reads\r\n" * 100)
        scene.stream.write(b"421 bye\r\n")
        scene.stream.close(End.ENDED)
        await asyncio.sleep(0.1)
        assert await scene.in_thread(scene.peer.recv, 100) == b"421 bye\r\n"
        assert await scene.in_thread(scene.peer.recv, 100) == b""

    play(act)


def test_a_client_that_speaks_no_tls_is_told_from_a_handshake_and_nothing_is_sent_in_clear_text():
    async def act(scene: Scene) -> None:
        failed = scene.loop.create_future()
        context = tls.server_context(client_tls())
        scene.stream.secure(
            lambda sock: tls.wrap_as_server(context, sock), lambda: failed.set_result("done"), failed.set_result
        )
        scene.peer.sendall(b"USER evil\r\n" * 3)
        assert await failed != "done"
        scene.stream.write(b"230 in\r\n")
        scene.stream.close(End.CUT)
        got = b""
        with contextlib.suppress(OSError):
            while data := await scene.in_thread(scene.peer.recv, 100):
                got += data
        assert b"230" not in got

    play(act)


def test_a_peer_that_never_reads_is_cut_instead_of_filling_memory():
    async def act(scene: Scene) -> None:
        for _ in range(400):
            scene.stream.write(b"x" * 65536)
            if scene.lost.done():
                break
        assert await scene.lost == (End.CUT, "does not read its replies")

    play(act)
