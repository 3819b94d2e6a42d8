"""TLS on the client's legs of one session: control and data share a context, so that data can resume control.

Resumption within the context of a service proves that some session of it is resumed; within a context of the session's
own it proves that this one is. Building one takes 1 to 2 ms and 19 KiB, so there is a pool that is filled ahead.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable

from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import BufferedTls

READY = 16
"""So many contexts wait for sessions to come."""
REFILL_S = 0.01
"""The pause between two that are made, for everybody else's callbacks."""


class ContextPool:
    """Contexts that are alike, each for one session."""

    def __init__(self, make: Callable[[], ssl.SSLContext]) -> None:
        self._make = make
        self._ready: deque[ssl.SSLContext] = deque()
        self._is_filling = False

    def take(self) -> ssl.SSLContext:
        """Return one that nobody has had."""
        context = self._ready.popleft() if self._ready else self._make()
        self.fill()
        return context

    def fill(self) -> None:
        """Make more, one after another; inside a running loop."""
        if not self._is_filling and len(self._ready) < READY:
            self._is_filling = True
            asyncio.get_running_loop().call_later(REFILL_S, self._make_one)

    def _make_one(self) -> None:
        self._is_filling = False
        self._ready.append(self._make())
        self.fill()


class ClientLegs:
    """Wraps control and data connections of one session; its context is taken when it is first needed."""

    __slots__ = ("_context", "_may_clear", "_take")

    def __init__(self, take: Callable[[], ssl.SSLContext], *, may_clear: bool = False) -> None:
        """`may_clear`: TLS may end on control connections (CCC); the clear text behind it must stay in the kernel."""
        self._take, self._may_clear = take, may_clear
        self._context: ssl.SSLContext | None = None

    def control(self, sock: socket.socket) -> tls.Secured:
        """Put TLS on the control connection."""
        wrap = tls.wrap_as_server if self._may_clear else tls.wrap_control_as_server
        return wrap(self._own(), sock)

    def data(self, sock: socket.socket, *, with_ticket: bool = False) -> BufferedTls:
        """Put TLS on a data connection, which gets no new ticket unless that is wanted.

        A ticket is held until something is sent behind it (`BufferedTls`).
        """
        context = self._own()
        if with_ticket:
            return tls.wrap_data_as_server(context, sock)
        usual = context.num_tickets
        context.num_tickets = 0
        try:
            return tls.wrap_data_as_server(context, sock)
        finally:
            context.num_tickets = usual

    def _own(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = self._take()
        return self._context
