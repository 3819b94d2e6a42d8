"""A port for one real server, once."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from typing import Any

import pytest
import uvloop

from ftpair.core.endpoint import PortRange
from ftpair.dataplane.listening import Listening, open_port
from ftpair.dataplane.watch import Watch

from . import descriptors

FIRST = 25000 + os.getpid() % 1000 * 4
RANGE = PortRange(FIRST, FIRST + 2)


def test_any_free_port_is_taken_or_one_of_the_range():
    for numbers in (None, RANGE):
        listener = open_port("127.0.0.1", numbers)
        assert listener is not None
        with listener:
            assert numbers is None or listener.getsockname()[1] in numbers


def test_a_taken_range_gives_nothing():
    opened = [open_port("127.0.0.1", RANGE) for _ in range(len(RANGE) + 1)]
    *listeners, last = opened
    assert last is None
    assert {listener.getsockname()[1] for listener in listeners if listener} == set(RANGE)
    for listener in listeners:
        assert listener is not None
        listener.close()


def test_ports_are_chosen_at_random():
    chosen = set()
    for _ in range(60):
        listener = open_port("127.0.0.1", RANGE)
        assert listener is not None
        chosen.add(listener.getsockname()[1])
        listener.close()
    assert chosen == set(RANGE)


def test_ipv6_is_ipv6_alone():
    listener = open_port("::1", None)
    assert listener is not None
    with listener:
        assert listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def test_an_address_that_is_nobodys_gives_nothing_unless_it_may_be_foreign():
    assert open_port("192.0.2.7", RANGE) is None
    if os.geteuid() == 0:
        listener = open_port("192.0.2.7", None, is_foreign=True)
        assert listener is not None
        listener.close()


class Scene:
    """A listening port for 127.0.0.5, and what it told."""

    def __init__(self) -> None:
        self.told: list[socket.socket | None] = []
        self._something = asyncio.Event()
        listener = open_port("127.0.0.1", None)
        assert listener is not None
        self.door = listener.getsockname()
        watch = Watch(asyncio.get_running_loop())
        self.listening = Listening(watch, listener, "127.0.0.5", self._tell, lambda: self._tell(None))
        assert self.listening.number == self.door[1]

    def connect(self, source: str) -> socket.socket:
        return socket.create_connection(self.door, timeout=5, source_address=(source, 0))

    def _tell(self, what: socket.socket | None) -> None:
        self.told.append(what)
        self._something.set()

    async def hear(self) -> socket.socket | None:
        await self._something.wait()
        self._something.clear()
        return self.told[-1]


def play(act: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        await act(Scene())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))


def test_only_the_server_is_let_in_and_only_once():
    async def act(scene: Scene) -> None:
        with scene.connect("127.0.0.6") as stranger:
            assert await scene.hear() is None
            with suppress(ConnectionResetError):
                assert stranger.recv(1) == b""
        with scene.connect("127.0.0.5"):
            sock = await scene.hear()
            assert sock is not None
            with closing(sock):
                assert sock.getpeername()[0] == "127.0.0.5"
                assert sock.gettimeout() == 0
        with pytest.raises(ConnectionRefusedError):
            scene.connect("127.0.0.5")

    play(act)


def test_a_cancelled_port_is_closed_and_leaves_nothing_open():
    before = descriptors.count()

    async def act(scene: Scene) -> None:
        scene.listening.cancel()
        with pytest.raises(ConnectionRefusedError):
            scene.connect("127.0.0.5")

    play(act)
    assert descriptors.returns_to(before)
