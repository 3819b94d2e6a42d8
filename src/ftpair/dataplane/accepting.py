"""Listening sockets: every connection that comes is handed on. Knows neither services nor sessions."""

import socket
import sys
import time
from collections.abc import Callable

from ftpair.dataplane.descriptors import are_used_up
from ftpair.dataplane.watch import Watch

PAUSE_S = 0.2
"""How long accepting rests when descriptors have run out: the queue waits in the kernel, and nothing spins."""

LEAST_S = 0.001
PART = 0.25
_UNACKED_AT = 24
"""Where tcpi_unacked stands in struct tcp_info (linux/tcp.h)."""

OnAccepted = Callable[[socket.socket, str], None]


class Share:
    """What newcomers may have of the worker's time: a quarter of a turn, measured by the turn before, whoever comes.

    So a flood of connections takes no more from those who are here, and whoever finds no time waits in the kernel.
    Each listener gets one connection in in any case.
    """

    __slots__ = ("_spent_s", "_turn", "_watch")

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._turn, self._spent_s = -1, 0.0

    def spend(self, seconds: float) -> bool:
        """Take note of what one newcomer took; return whether there is time for one more in this turn."""
        if self._turn != self._watch.turn:
            self._turn, self._spent_s = self._watch.turn, 0.0
        self._spent_s += seconds
        return self._spent_s < max(LEAST_S, PART * self._watch.lasted_s)


class Accepting:
    """Accepts from a non-blocking listening socket, up to `at_once` connections in a row, until it is closed.

    `on_accepted` takes a non-blocking socket and the address of its peer. `share` bounds how long a row may take.
    """

    __slots__ = ("_at_once", "_fd", "_listener", "_on_accepted", "_share", "_watch")

    def __init__(
        self,
        watch: Watch,
        listener: socket.socket,
        on_accepted: OnAccepted,
        *,
        at_once: int = 1,
        share: Share | None = None,
    ) -> None:
        self._watch, self._listener, self._on_accepted = watch, listener, on_accepted
        self._at_once, self._share = at_once, share
        self._fd = listener.fileno()
        watch.add_reader(self._fd, self._acceptable)

    @property
    def waiting(self) -> int:
        """How many connections wait in the kernel to be accepted."""
        # Of a listener tcpi_unacked is the length of its queue (tcp_get_info in net/ipv4/tcp.c).
        info = self._listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _UNACKED_AT + 4)
        return int.from_bytes(info[_UNACKED_AT:], sys.byteorder)

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self._fd

    def close(self) -> None:
        """Accept no more, close the socket."""
        self._watch.remove_reader(self._fd)
        self._listener.close()

    def _acceptable(self) -> None:
        began = time.monotonic()
        for _ in range(self._at_once):
            try:
                sock, peer = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                are_used_up(error, "accept")
                self._watch.remove_reader(self._fd)
                self._watch.loop.call_later(PAUSE_S, self._go_on)
                return
            sock.settimeout(0)
            self._on_accepted(sock, peer[0])
            began, before = time.monotonic(), began
            if self._share is not None and not self._share.spend(began - before):
                return

    def _go_on(self) -> None:
        if self._listener.fileno() >= 0:
            self._watch.add_reader(self._fd, self._acceptable)
