"""Passive ports: shared between client addresses, opened when first needed, closed when idle (design, section 4).

What waits for a data connection is the expectation (port, client address): sessions of different addresses share one.
"""

import secrets
import socket
from collections.abc import Callable, Sequence
from functools import partial

from ftpair.dataplane.accepting import Accepting, OnAccepted
from ftpair.dataplane.farewell import reset
from ftpair.dataplane.opening import make_transparent
from ftpair.dataplane.watch import Watch

IDLE_PORT_S = 60.0
"""A port that nobody waits on is closed after this."""

_BACKLOG = 128


class Expectation:
    """One session waits on one port for one client address."""

    __slots__ = ("client", "on_accepted", "port")

    def __init__(self, port: "_Port", client: str, on_accepted: Callable[[socket.socket], None]) -> None:
        self.port, self.client, self.on_accepted = port, client, on_accepted

    @property
    def number(self) -> int:
        """The TCP port."""
        return self.port.number

    def cancel(self) -> None:
        """Wait no more; harmless when the connection has come."""
        if self.port.awaited.get(self.client) is self:
            del self.port.awaited[self.client]


class _Port:
    """A listening passive port of one address, and who is awaited there."""

    __slots__ = ("accepting", "awaited", "idle_since", "number")

    accepting: Accepting

    def __init__(self, number: int) -> None:
        self.number = number
        self.awaited: dict[str, Expectation] = {}
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

    def expect(
        self, address: str, numbers: Sequence[int], client: str, on_accepted: Callable[[socket.socket], None]
    ) -> Expectation | None:
        """Wait for `client` on a random port that is free for it; None if there is none in the whole range."""
        start = secrets.randbelow(len(numbers)) if numbers else 0
        for step in range(len(numbers)):
            port = self._open(address, numbers[(start + step) % len(numbers)])
            if port is not None and client not in port.awaited:
                expectation = Expectation(port, client, on_accepted)
                port.awaited[client] = expectation
                return expectation
        return None

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
        except OSError:
            return None  # Somebody else's port: the range has others.
        port = self._ports[address, number] = _Port(number)
        port.idle_since = self._watch.loop.time()
        met = partial(self._meet, address, number, partial(self._accepted, port))
        port.accepting = Accepting(self._watch, listener, met)
        return port

    def _close(self, key: tuple[str, int]) -> None:
        self._ports.pop(key).accepting.close()

    def _accepted(self, port: _Port, sock: socket.socket, host: str) -> None:
        expectation = port.awaited.pop(host, None)
        if expectation is None:
            reset(sock)
            self._on_stray(host, port.number)
        else:
            expectation.on_accepted(sock)


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
