"""A connection to a server is made or fails, once, later, and never after it was given up."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from ftpair.dataplane.dialling import Dialling
from ftpair.dataplane.watch import Watch

from . import descriptors


class Scene:
    """A dialling and what it told."""

    def __init__(self) -> None:
        self.watch = Watch(asyncio.get_running_loop())
        self.told: list[socket.socket | str] = []
        self._something = asyncio.Event()

    def dial(self, peer: tuple[str, int]) -> Dialling:
        return Dialling(self.watch, peer, self._tell, self._tell)

    def _tell(self, what: socket.socket | str) -> None:
        self.told.append(what)
        self._something.set()

    async def hear(self) -> None:
        await self._something.wait()


def play(act: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        await act(Scene())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))


def test_a_connection_is_non_blocking_and_without_nagle():
    async def act(scene: Scene) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            scene.dial(listener.getsockname())
            assert not scene.told
            await scene.hear()
        (sock,) = scene.told
        assert isinstance(sock, socket.socket)
        assert sock.gettimeout() == 0
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        sock.close()

    play(act)


def test_a_closed_port_is_told_in_words():
    async def act(scene: Scene) -> None:
        scene.dial(("127.0.0.1", 9))
        assert not scene.told
        await scene.hear()
        assert scene.told == ["connect refused"]

    play(act)


def test_an_address_without_a_route_is_told_later_too():
    async def act(scene: Scene) -> None:
        scene.dial(("255.255.255.255", 21))
        assert not scene.told
        await scene.hear()
        assert scene.told in (["network is unreachable"], ["permission denied"])

    play(act)


def test_a_missing_descriptor_is_told_later_too():
    async def act(scene: Scene) -> None:
        with descriptors.only(0):
            scene.dial(("127.0.0.1", 9))
            assert not scene.told
            await scene.hear()
        assert scene.told == ["too many open files"]

    play(act)


def test_who_insists_waits_for_a_descriptor_and_dials_then():
    async def act(scene: Scene) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener, descriptors.only(0) as give_back:
            scene.dial(listener.getsockname()).insist(10)
            await asyncio.sleep(0.5)
            assert not scene.told
            give_back()
            await scene.hear()
        (sock,) = scene.told
        assert isinstance(sock, socket.socket)
        sock.close()

    play(act)


def test_a_descriptor_is_not_waited_for_for_ever():
    async def act(scene: Scene) -> None:
        with descriptors.only(0):
            scene.dial(("127.0.0.1", 9)).insist(0.3)
            await asyncio.sleep(0.1)
            assert not scene.told
            await scene.hear()
            given_up = scene.dial(("127.0.0.1", 9)).insist(0.3)
            await asyncio.sleep(0.1)
            given_up.cancel()
            await asyncio.sleep(0.5)
        assert scene.told == ["too many open files"]

    play(act)


def test_what_was_given_up_tells_nothing_and_keeps_no_descriptor():
    async def act(scene: Scene) -> None:
        before = descriptors.count()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            for peer in (listener.getsockname(), ("127.0.0.1", 9), ("255.255.255.255", 21)):
                dialling = scene.dial(peer)
                dialling.cancel()
                dialling.cancel()
            await asyncio.sleep(0.1)
        assert scene.told == []
        assert descriptors.count() <= before

    play(act)
