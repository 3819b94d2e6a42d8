"""Outgoing TCP connections without waiting: control and data legs towards real servers."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable

from ftpair.dataplane.departure import Departure
from ftpair.dataplane.descriptors import are_used_up
from ftpair.dataplane.opening import PLAIN, Opening
from ftpair.dataplane.tls import reason_of
from ftpair.dataplane.watch import Watch

KEEPALIVE_IDLE_S = 60
KEEPALIVE_INTERVAL_S = 15
KEEPALIVE_PROBES = 4
NO_DESCRIPTOR = "too many open files"
AGAIN_S = 0.2
"""From one try to the next while there is no descriptor."""


def keep_alive(sock: socket.socket) -> None:
    """Probe a silent peer: firewalls forget idle connections during long transfers, and dead peers are found."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)


class Dialling:
    """A connection under way; ends in one later call of `on_connected` or `on_failed`, or in none after `cancel`."""

    __slots__ = (
        "_fd",
        "_on_connected",
        "_on_failed",
        "_opening",
        "_patient_until",
        "_peer",
        "_sock",
        "_timer",
        "_watch",
    )

    def __init__(
        self,
        watch: Watch,
        peer: tuple[str, int],
        on_connected: Callable[[socket.socket], None],
        on_failed: Callable[[str], None],
        opening: Opening | Departure = PLAIN,
    ) -> None:
        self._watch, self._on_connected, self._on_failed = watch, on_connected, on_failed
        self._opening, self._peer = opening, peer
        self._sock: socket.socket | None = None
        self._fd = -1
        self._timer: asyncio.Handle | None = None
        self._patient_until = 0.0
        self._begin()

    def insist(self, patience_s: float) -> "Dialling":
        """Try again for so long while there is no descriptor, about which the peer can do nothing; return itself."""
        self._patient_until = self._watch.loop.time() + patience_s
        return self

    def _begin(self) -> None:
        try:
            self._connect(self._peer)
        except OSError as error:  # No descriptor, no route: told later, as every end is.
            self._timer = self._watch.loop.call_soon(self._put_off, error)

    def _put_off(self, error: OSError) -> None:
        if not are_used_up(error, "connect"):
            self._fail(reason_of(error))
        elif self._watch.loop.time() < self._patient_until:
            self._timer = self._watch.loop.call_later(AGAIN_S, self._begin)
        else:
            self._fail(NO_DESCRIPTOR)

    def _connect(self, peer: tuple[str, int]) -> None:
        family = socket.AF_INET6 if ":" in peer[0] else socket.AF_INET
        self._sock = sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.IPPROTO_TCP)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opening.bind(sock, peer[0])
        _check(sock.connect_ex(peer))
        self._fd = sock.fileno()
        self._watch.add_writer(self._fd, self._writable)

    def cancel(self) -> None:
        """Give up; no callback follows."""
        if self._timer is not None:
            self._timer.cancel()
        self._watch.remove_writer(self._fd)
        if self._sock is not None:
            self._sock.close()

    def _writable(self) -> None:
        assert self._sock is not None
        self._watch.remove_writer(self._fd)
        try:
            _check(self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
            self._introduce(self._sock)
        except OSError as error:
            self._fail(reason_of(error))
        else:
            self._on_connected(self._sock)

    def _introduce(self, sock: socket.socket) -> None:
        """Send the header; a connection that has just been made takes so few bytes at once, or is no good."""
        header = self._opening.header
        if header and sock.send(header) < len(header):
            raise OSError(None, "the PROXY header cannot be sent")

    def _fail(self, reason: str) -> None:
        self.cancel()
        self._on_failed(reason)


def _check(number: int) -> None:
    """Raise the error that a number means, if it means one."""
    if number not in {0, errno.EINPROGRESS}:
        raise OSError(number, os.strerror(number))
