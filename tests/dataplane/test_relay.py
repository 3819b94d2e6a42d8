"""Relays move every byte, and never make a cut connection look like a complete file."""

import asyncio
import contextlib
import fcntl
import hashlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

from ftpair.config.contexts import client_context
from ftpair.core.ending import End
from ftpair.core.plan import ServerTls
from ftpair.dataplane import farewell, tls
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.relay import Relay
from ftpair.dataplane.stock import Stock
from ftpair.dataplane.watch import Watch

from .certificates import client_tls, self_signed

SIOCOUTQNSD = 0x894B
"""Asks Linux how much was not sent yet (linux/sockios.h)."""
SIZES = [0, 1, 16383, 16384, 16385, 70_000, 5_000_000]


def pair() -> tuple[socket.socket, socket.socket]:
    """A connected TCP pair on loopback: (ftpair's end, the peer's end)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = socket.create_connection(listener.getsockname(), timeout=20)
        ours, _ = listener.accept()
    ours.settimeout(0)
    return ours, peer


async def handshake(watch: Watch, sock: tls.Secured) -> None:
    done = asyncio.get_running_loop().create_future()
    tls.Handshaking(watch, sock, lambda: done.set_result(None), lambda why: done.set_exception(OSError(why))).step()
    await asyncio.wait_for(done, 10)


def peer_context(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = client_context(ServerTls(ca_pem=self_signed().chain_pem))
    context.maximum_version = version
    return context


class Legs:
    """Both legs of a transfer, secured as wanted, with blocking peers in threads."""

    def __init__(self, source_tls: bool, destination_tls: bool, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3):
        self.source, self.sender = pair()
        self.destination, self.receiver = pair()
        self.with_tls = {"source": source_tls, "destination": destination_tls}
        self.version = version

    async def secure(self, watch: Watch) -> None:
        if self.with_tls["source"]:
            self.source, self.sender = await self._secured(watch, self.source, self.sender)
        if self.with_tls["destination"]:
            self.destination, self.receiver = await self._secured(watch, self.destination, self.receiver)

    async def _secured(
        self, watch: Watch, ours: socket.socket, peer: socket.socket
    ) -> tuple[BufferedTls, ssl.SSLSocket]:
        wrapped = tls.wrap_data_as_server(tls.server_context(client_tls()), ours)
        context = peer_context(self.version)
        peers = asyncio.get_running_loop().run_in_executor(
            None,
            lambda: context.wrap_socket(peer, server_hostname="127.0.0.1", suppress_ragged_eofs=False),
        )
        await handshake(watch, wrapped)
        return wrapped, await peers


def run(
    legs: Legs,
    send: Callable[[socket.socket], None],
    receive: Callable[[socket.socket], object],
    *,
    throttle: Any = None,
    others: int = 0,
    **options: bool,
) -> tuple[tuple[End, str, bool], int, object]:
    """Relay once, among others; return how it ended, how many bytes moved and what the receiver made of it."""
    got: list[object] = []

    async def main() -> tuple[tuple[End, str, bool], int]:
        loop = asyncio.get_running_loop()
        watch = Watch(loop)
        await legs.secure(watch)
        ended = loop.create_future()

        def on_end(end: End, reason: str, culprit_is_source: bool) -> None:
            if end is End.ENDED:
                farewell.say_goodbye(watch, legs.source)
                farewell.say_goodbye(watch, legs.destination)
            else:
                farewell.reset(legs.source)
                farewell.reset(legs.destination)
            ended.set_result((end, reason, culprit_is_source))

        stock = Stock(watch)
        for _ in range(others):
            stock.join()
        relay = Relay(stock, legs.source, legs.destination, on_end, **options)
        if throttle is not None:
            relay.slow_down(throttle)
        threads = [
            threading.Thread(target=send, args=(legs.sender,)),
            threading.Thread(target=lambda: got.append(receive(legs.receiver))),
        ]
        for thread in threads:
            thread.start()
        relay.start()
        result = await asyncio.wait_for(ended, 20)
        for thread in threads:
            await loop.run_in_executor(None, thread.join, 20)
        return result, relay.bytes

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result, moved = runner.run(main())
    return result, moved, got[0] if got else None


def sending(data: bytes) -> Callable[[socket.socket], None]:
    def send(sock: socket.socket) -> None:
        sock.sendall(data)
        if isinstance(sock, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                sock.unwrap()
        sock.close()

    return send


def cutting(data: bytes, *, reset: bool) -> Callable[[socket.socket], None]:
    """Send and vanish: with a reset, or with a bare FIN where TLS wants a close_notify."""

    def send(sock: socket.socket) -> None:
        sock.sendall(data)
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.socket.close(sock)
        else:
            socket.socket.shutdown(sock, socket.SHUT_WR)

    return send


def receiving(sock: socket.socket) -> tuple[str, int]:
    """Return the digest of what came until an orderly end, or `cut`."""
    digest, count = hashlib.sha256(), 0
    try:
        while data := sock.recv(65536):
            digest.update(data)
            count += len(data)
    except OSError:
        return "cut", count
    return digest.hexdigest(), count


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("destination_tls", [False, True])
@pytest.mark.parametrize("source_tls", [False, True])
def test_every_byte_arrives_and_the_end_is_in_order(source_tls: bool, destination_tls: bool, size: int):
    data = bytes(i * 7 % 251 for i in range(min(size, 4096))) * (size // 4096 + 1)
    data = data[:size]
    (end, reason, _), moved, got = run(Legs(source_tls, destination_tls), sending(data), receiving)
    assert (end, reason) == (End.ENDED, "")
    assert moved == size
    assert got == (hashlib.sha256(data).hexdigest(), size)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_told_apart_from_a_bare_fin(version: ssl.TLSVersion):
    (end, reason, culprit_is_source), _, got = run(
        Legs(True, True, version), cutting(b"x" * 100_000, reset=False), receiving
    )
    assert (end, reason, culprit_is_source) == (End.CUT, "closed without close_notify", True)
    assert got is not None
    assert got[0] == "cut"  # type: ignore[index]


@pytest.mark.parametrize("destination_tls", [False, True])
def test_a_reset_source_is_never_a_complete_file(destination_tls: bool):
    (end, _, culprit_is_source), _, got = run(
        Legs(False, destination_tls), cutting(b"x" * 300_000, reset=True), receiving
    )
    assert (end, culprit_is_source) == (End.CUT, True)
    assert got is not None
    assert got[0] == "cut"  # type: ignore[index]


def test_a_bare_fin_may_end_a_transfer_where_the_plan_says_so():
    (end, _, _), moved, got = run(Legs(True, False), cutting(b"x" * 1000, reset=False), receiving, may_end_bare=True)
    assert (end, moved) == (End.ENDED, 1000)
    assert got == (hashlib.sha256(b"x" * 1000).hexdigest(), 1000)


@pytest.mark.parametrize("destination_tls", [False, True])
def test_a_receiver_that_vanishes_cuts_the_transfer_even_if_the_source_is_silent(destination_tls: bool):
    def silent(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock.recv(1)

    def vanish(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.close(sock)

    (end, _, culprit_is_source), _, _ = run(Legs(False, destination_tls), silent, vanish)
    assert (end, culprit_is_source) == (End.CUT, False)


@pytest.mark.parametrize("destination_tls", [False, True])
@pytest.mark.parametrize("source_tls", [False, True])
def test_a_slow_reader_gets_every_byte(source_tls: bool, destination_tls: bool):
    data = bytes(range(256)) * 40_000

    def slowly(sock: socket.socket) -> tuple[str, int]:
        threading.Event().wait(0.5)
        return receiving(sock)

    (end, _, _), moved, got = run(Legs(source_tls, destination_tls), sending(data), slowly)
    assert (end, moved) == (End.ENDED, len(data))
    assert got == (hashlib.sha256(data).hexdigest(), len(data))


# Limits.


def unsent(sock: socket.socket) -> int:
    """Return how many bytes wait in the kernel for their turn to be sent."""
    return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), SIOCOUTQNSD, bytes(4)))[0])


@pytest.mark.parametrize("destination_tls", [False, True])
@pytest.mark.parametrize("others", [0, 200])
def test_in_a_crowd_no_slow_reader_fills_the_kernels_memory(destination_tls: bool, others: int):
    legs, data = Legs(False, destination_tls), b"0123456789abcdef" * (1 << 19)

    def late(sock: socket.socket) -> tuple[int, tuple[str, int]]:
        before, now = -1, 0
        while now != before or not now:
            before = now
            time.sleep(0.3)
            now = unsent(legs.destination)
        return now, receiving(sock)

    (end, _, _), moved, got = run(legs, sending(data), late, others=others)
    waited, came = got  # type: ignore[misc]
    assert (waited > 256 << 10) is not bool(others)
    assert (end, moved, came) == (End.ENDED, len(data), (hashlib.sha256(data).hexdigest(), len(data)))


class Turnstile:
    """Rests a little after every portion, and counts what it was told."""

    def __init__(self, portion_bytes: int, rest_s: float, most: int = 10) -> None:
        self.portion_bytes, self._rest_s, self._most = portion_bytes, rest_s, most
        self.portions: list[int] = []

    def rest_s(self, moved: int) -> float:
        self.portions.append(moved)
        return self._rest_s if len(self.portions) <= self._most else 0.0


@pytest.mark.parametrize("destination_tls", [False, True])
@pytest.mark.parametrize("source_tls", [False, True])
def test_a_slowed_transfer_moves_in_portions_and_loses_nothing(source_tls: bool, destination_tls: bool):
    data, turnstile = b"0123456789" * 20_000, Turnstile(5000, 0.005)
    legs = Legs(source_tls, destination_tls)
    (end, reason, _), moved, got = run(legs, sending(data), receiving, throttle=turnstile)
    assert (end, reason, moved) == (End.ENDED, "", len(data))
    assert got == (hashlib.sha256(data).hexdigest(), len(data))
    assert max(turnstile.portions) < 2 * 5000  # The rest of a TLS record, then another portion.
    assert len(turnstile.portions) > len(data) // (2 * 5000)


def test_rests_take_their_time():
    turnstile = Turnstile(1000, 0.05)
    began = time.monotonic()
    run(Legs(False, False), sending(b"x" * 10_000), receiving, throttle=turnstile)
    assert time.monotonic() - began > 0.4


@pytest.mark.parametrize("is_reset", [True, False])
def test_a_leg_that_breaks_while_the_transfer_rests_is_heard_of(is_reset: bool):
    """The source is reset, or the receiver goes away: either way nobody waits for the rest to end."""
    turnstile = Turnstile(1000, 15.0)
    send = cutting(b"x" * 5000, reset=True) if is_reset else sending(b"x" * 5000)
    receive = receiving if is_reset else resetting
    (end, _, culprit_is_source), _, _ = run(Legs(False, False), send, receive, throttle=turnstile)
    assert (end, culprit_is_source) == (End.CUT, is_reset)


def resetting(sock: socket.socket) -> str:
    sock.recv(10)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    return "gone"
