"""How a socket is closed: in order, without destroying what the peer has not read yet, or at once with a reset."""

import asyncio
import contextlib
import socket
import ssl
import struct

from ftpair.dataplane import tls
from ftpair.dataplane.watch import Watch

LINGER_S = 2.0
"""How long the peer's own end is waited for."""

_RESET = struct.pack("ii", 1, 0)
_MOST_BYTES = 1 << 20


def reset(sock: socket.socket) -> None:
    """Close with a reset: the only end that no peer takes for a complete file."""
    with contextlib.suppress(OSError):  # The peer may have reset it first.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    sock.close()


def say_goodbye(watch: Watch, sock: socket.socket) -> None:
    """Send close_notify (TLS) and FIN, wait up to LINGER_S for the peer's, then close. All data must have been sent.

    A close with unread bytes in the receive queue turns into a reset that destroys what the peer has not read yet.
    """
    _Farewell(watch, sock).begin()


class _Farewell:
    """A socket on its way out; kept alive by the loop."""

    __slots__ = ("_drained", "_fd", "_sock", "_timer", "_watch")

    def __init__(self, watch: Watch, sock: socket.socket) -> None:
        self._watch, self._sock = watch, sock
        self._fd = sock.fileno()
        self._drained = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        try:
            over = self._step()
            if not over:
                self._sock.shutdown(socket.SHUT_WR)
                self._watch.add_reader(self._fd, self._readable)
                self._timer = self._watch.loop.call_later(LINGER_S, self._close)
        except OSError:
            over = True
        if over:
            self._close()

    def _readable(self) -> None:
        try:
            over = self._step()
        except OSError:
            over = True
        if over:
            self._close()

    def _step(self) -> bool:
        """Return whether the peer has ended too."""
        try:
            if isinstance(self._sock, ssl.SSLSocket):
                return tls.end(self._sock)
            data = self._sock.recv(65536)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return False
        self._drained += len(data)
        return not data or self._drained > _MOST_BYTES

    def _close(self) -> None:
        self._watch.remove_reader(self._fd)
        if self._timer is not None:
            self._timer.cancel()
        self._sock.close()
