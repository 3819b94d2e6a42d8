"""One leg of a data connection: how it comes, its socket, its TLS, or the reason why there is none."""

import socket
import time
from collections.abc import Callable
from typing import Protocol

from ftpair.core.ending import Leg
from ftpair.core.facts import Tls
from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.watch import Watch


class Way(Protocol):
    """How a leg comes: it is dialled, or awaited on a port."""

    def cancel(self) -> None:
        """Let it come no more; harmless when it has come."""


class Half:
    """One leg: nothing yet, on its way, a socket, a secured socket, or the reason why there is none."""

    __slots__ = ("handshake", "is_our_lack", "is_ready", "leg", "reason", "since", "sock", "tls", "wants_tls", "way")

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.way: Way | None = None
        self.sock: socket.socket | None = None
        self.handshake: tls.Handshaking | None = None
        self.tls: Tls | None = None
        self.wants_tls = False
        self.is_ready = False
        self.reason = ""
        self.is_our_lack = False
        """Whether it could not come because we had no descriptor for it."""
        self.since = 0.0

    @property
    def culprit(self) -> Leg | None:
        """Whose fault it is that it broke; nobody is blamed for what we lack ourselves."""
        return None if self.is_our_lack else self.leg

    def secure(
        self,
        watch: Watch,
        wrap: Callable[[socket.socket], BufferedTls],
        on_done: Callable[[Tls], None],
        on_failed: Callable[[str], None],
    ) -> None:
        """Shake hands, on the client's leg when the client begins. Raises OSError when the socket is gone."""
        assert self.sock is not None
        self.is_ready = False
        self.since = time.monotonic()
        self.sock = sock = wrap(self.sock)

        def done() -> None:
            self.handshake = None
            self.tls = agreed = tls.negotiated(sock)
            on_done(agreed)

        def failed(reason: str) -> None:
            self.handshake = None
            on_failed(reason)

        self.handshake = tls.Handshaking(watch, sock, done, failed)
        if self.leg is Leg.CLIENT:
            self.handshake.await_peer()
        else:
            self.handshake.step()

    def let_go(self) -> socket.socket | None:
        """Stop what is under way and hand the socket over."""
        if self.handshake is not None:
            self.handshake.cancel()
        if self.way is not None:
            self.way.cancel()
        sock, self.sock, self.handshake, self.way = self.sock, None, None, None
        return sock
