"""How a socket is closed: in order, without destroying what the peer has not read yet, or at once with a reset."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable

from ftpair.dataplane import tls
from ftpair.dataplane.watch import Watch

LINGER_S = 2.0
"""How long the peer may take for its own end."""
LAST_BYTES_S = 60.0
"""How long a slow peer of a data leg may take for what is on its way to it, until there is room for our end."""

_RESET = struct.pack("ii", 1, 0)
_IN_ORDER = struct.pack("ii", 0, 0)
_READ_BYTES = 16384
_MOST_BYTES = 1 << 20


def arm(sock: socket.socket) -> None:
    """Let every close of it be a reset until `disarm`, also the kernel's own when this process is killed.

    The kernel closes the sockets of a dead process with a FIN, and a FIN says that the file is complete.
    """
    with contextlib.suppress(OSError):  # The peer may have reset it first.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def disarm(sock: socket.socket) -> None:
    """Let it close in order: everything has been said."""
    with contextlib.suppress(OSError):  # As above.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _IN_ORDER)


def reset(sock: socket.socket) -> None:
    """Close with a reset: the only end that no peer takes for a complete file."""
    arm(sock)
    sock.close()


def close_in_order(watch: Watch, sock: socket.socket) -> None:
    """End a data leg on which everything was sent: at once where that destroys nothing, else with a goodbye."""
    if tls.is_secured(sock) or _has_unread(sock):
        say_goodbye(watch, sock, patience_s=LAST_BYTES_S, is_armed=True)
    else:
        disarm(sock)
        sock.close()


def _has_unread(sock: socket.socket) -> bool:
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def say_goodbye(
    watch: Watch,
    sock: socket.socket,
    rest: bytearray | None = None,
    *,
    patience_s: float = LINGER_S,
    is_armed: bool = False,
) -> None:
    """Send the rest, close_notify (TLS) and FIN, wait up to LINGER_S for the peer's own end, then close.

    A peer that has no room for our end within `patience_s` is reset: without it nothing looks complete.
    A close with unread bytes in the receive queue turns into a reset that destroys what the peer has not read yet.
    """
    _Farewell(watch, sock, rest or bytearray(), patience_s, is_armed=is_armed).begin()


class _Farewell:
    """A socket on its way out; kept alive by its timer, which most do not need: their peers have ended already."""

    __slots__ = ("_drained", "_fd", "_is_armed", "_patience_s", "_rest", "_sock", "_timer", "_watch")

    def __init__(
        self, watch: Watch, sock: socket.socket, rest: bytearray, patience_s: float, *, is_armed: bool
    ) -> None:
        self._watch, self._sock, self._rest, self._patience_s = watch, sock, rest, patience_s
        self._is_armed = is_armed
        self._fd = sock.fileno()
        self._drained = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._try(self._end)

    def _set_timer(self, seconds: float, then: Callable[[], None]) -> None:
        self._timer = self._watch.loop.call_later(seconds, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _try(self, step: Callable[[], bool]) -> None:
        try:
            is_over = step()
        except OSError:
            is_over = True
        if is_over:
            self._close()

    def _end(self) -> bool:
        """Say everything that is left to say; return whether the peer has ended too."""
        try:
            while self._rest:
                del self._rest[: self._sock.send(self._rest)]
            has_peer_ended = tls.is_secured(self._sock) and tls.end(self._sock)
        except (BlockingIOError, ssl.SSLWantWriteError):
            self._await_room()
            return False
        if self._is_armed:
            disarm(self._sock)
        if has_peer_ended:
            return True
        self._watch.remove_writer(self._fd)
        self._stop_timer()
        socket.socket.shutdown(self._sock, socket.SHUT_WR)
        return self._drain()

    def _await_room(self) -> None:
        if self._timer is None:
            self._set_timer(self._patience_s, self._give_up)
            self._watch.add_writer(self._fd, lambda: self._try(self._end))

    def _await_end(self) -> None:
        if self._timer is None:
            self._set_timer(LINGER_S, self._close)
            self._watch.add_reader(self._fd, lambda: self._try(self._drain))

    def _drain(self) -> bool:
        """Read what nobody wants any more, below TLS; return whether that was all."""
        try:
            while self._drained < _MOST_BYTES:
                data = socket.socket.recv(self._sock, _READ_BYTES)
                if not data:
                    return True
                self._drained += len(data)
        except BlockingIOError:
            self._await_end()
            return False
        return True

    def _close(self) -> None:
        self._forget()
        self._sock.close()

    def _give_up(self) -> None:
        self._forget()
        reset(self._sock)

    def _forget(self) -> None:
        self._watch.remove_reader(self._fd)
        self._watch.remove_writer(self._fd)
        self._stop_timer()
