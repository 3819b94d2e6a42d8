"""Passive ports: shared between client addresses, opened when first needed, closed when idle (design, section 4).

What waits for a data connection is the expectation (port, client): sessions of different addresses share one port, as
long as nobody who comes could be meant for two of them.
"""

import secrets
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from ftpair.core.networks import around
from ftpair.dataplane.accepting import Accepting, OnAccepted
from ftpair.dataplane.awaiting import Awaited, Bounds, Expectation, Guest
from ftpair.dataplane.descriptors import are_used_up
from ftpair.dataplane.farewell import reset
from ftpair.dataplane.opening import make_transparent
from ftpair.dataplane.watch import Watch

IDLE_PORT_S = 60.0
"""A port that nobody waits on is closed after this."""

_BACKLOG = 128


class _Port:
    """A listening passive port of one address, and who is awaited there."""

    __slots__ = ("accepting", "awaited", "idle_since", "number")

    accepting: Accepting

    def __init__(self, number: int) -> None:
        self.number = number
        self.awaited = Awaited()
        self.idle_since = 0.0


Meet = Callable[[str, int, OnAccepted, socket.socket, str], None]
"""Takes address and port, what comes next, and a new connection: perhaps its client is yet to be known."""


def _at_once(_address: str, _port: int, then: OnAccepted, sock: socket.socket, host: str) -> None:
    then(sock, host)


class PassivePorts:
    """The passive ports of one worker. `on_stray` hears of connections that nobody waits for."""

    def __init__(self, watch: Watch, on_stray: Callable[[str, int], None], meet: Meet = _at_once) -> None:
        self._watch, self._on_stray, self._meet = watch, on_stray, meet
        self._ports: dict[tuple[str, int], _Port] = {}
        self._waits: Counter[str] = Counter()
        self.bounds = Bounds()
        self.unproven = 0
        """How many connections have come that are still to prove whose they are (`candidates`)."""

    def expect(self, address: str, numbers: Sequence[int], guest: Guest, on_accepted: OnAccepted) -> Expectation | None:
        """Wait for a guest on a random port that is free for it; None if there is none in the whole range.

        Raises OSError when no descriptor is left for one.
        """
        if self._waits[_subject(guest.client)] >= self.bounds.waits_per_client:
            return None
        start = secrets.randbelow(len(numbers)) if numbers else 0
        for step in range(len(numbers)):
            port = self._open(address, numbers[(start + step) % len(numbers)])
            if port is not None and port.awaited.has_room_for(guest):
                return self._wait(port, Expectation(guest, port.number, on_accepted))
        return None

    def _wait(self, port: _Port, expectation: Expectation) -> Expectation:
        subject = _subject(expectation.guest.client)
        port.awaited.add(expectation)
        self._waits[subject] += 1
        expectation.begin(partial(self._forget, port, subject))
        return expectation

    def _forget(self, port: _Port, subject: str, expectation: Expectation) -> None:
        port.awaited.remove(expectation)
        self._waits[subject] -= 1
        if not self._waits[subject]:
            del self._waits[subject]

    def in_use(self, address: str, numbers: Sequence[int]) -> int:
        """Count the ports of a range on which somebody waits."""
        ports = (self._ports.get((address, number)) for number in numbers)
        return sum(1 for port in ports if port is not None and port.awaited)

    def close_idle(self, now: float) -> None:
        """Close what nobody has waited on for IDLE_PORT_S seconds."""
        for key, port in list(self._ports.items()):
            if port.awaited:
                port.idle_since = now
            elif now - port.idle_since > IDLE_PORT_S:
                self._close(key)

    def close(self) -> None:
        """Close all."""
        for key in list(self._ports):
            self._close(key)

    def _open(self, address: str, number: int) -> _Port | None:
        port = self._ports.get((address, number))
        if port is not None:
            return port
        try:
            listener = listen_on(address, number)
        except OSError as error:
            if are_used_up(error, "listen"):
                raise
            return None  # Somebody else's port: the range has others.
        port = self._ports[address, number] = _Port(number)
        port.idle_since = self._watch.loop.time()
        met = partial(self._meet, address, number, partial(self._accepted, port))
        port.accepting = Accepting(self._watch, listener, met)
        return port

    def _close(self, key: tuple[str, int]) -> None:
        self._ports.pop(key).accepting.close()

    def _accepted(self, port: _Port, sock: socket.socket, host: str) -> None:
        expectation = port.awaited.find(host)
        if expectation is None:
            reset(sock)
            self._on_stray(host, port.number)
            return
        if not expectation.guest.may_come_again:
            expectation.cancel()
        expectation.on_accepted(sock, host)


def _subject(client: str) -> str:
    return around(client) if ":" in client else client


def listen_on(address: str, number: int, *, is_foreign: bool = False) -> socket.socket:
    """Listen on a port (0: any), with `is_foreign` of an address that is not ours. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # What it accepts inherits it.
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if is_foreign:
            make_transparent(listener)
        listener.bind((address, number))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
