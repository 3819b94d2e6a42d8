"""Listening sockets: every connection that comes is handed on. Knows neither services nor sessions."""

import socket
from collections.abc import Callable

from ftpair.dataplane.watch import Watch

PAUSE_S = 0.2
"""How long accepting rests when descriptors have run out: the queue waits in the kernel, and nothing spins."""

OnAccepted = Callable[[socket.socket, str], None]


class Accepting:
    """Accepts from a non-blocking listening socket, up to `at_once` connections in a row, until it is closed.

    `on_accepted` takes a non-blocking socket and the address of its peer.
    """

    __slots__ = ("_at_once", "_fd", "_listener", "_on_accepted", "_watch")

    def __init__(self, watch: Watch, listener: socket.socket, on_accepted: OnAccepted, *, at_once: int = 1) -> None:
        self._watch, self._listener, self._on_accepted = watch, listener, on_accepted
        self._at_once = at_once
        self._fd = listener.fileno()
        watch.add_reader(self._fd, self._acceptable)

    def close(self) -> None:
        """Accept no more, close the socket."""
        self._watch.remove_reader(self._fd)
        self._listener.close()

    def _acceptable(self) -> None:
        for _ in range(self._at_once):
            try:
                sock, peer = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                self._watch.remove_reader(self._fd)
                self._watch.loop.call_later(PAUSE_S, self._go_on)
                return
            sock.settimeout(0)
            self._on_accepted(sock, peer[0])

    def _go_on(self) -> None:
        if self._listener.fileno() >= 0:
            self._watch.add_reader(self._fd, self._acceptable)
