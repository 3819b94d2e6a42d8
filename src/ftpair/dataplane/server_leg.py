"""A session's control connection to its real server: dialled, secured, read, left. What happens becomes events."""

import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from ftpair.core.ending import End, Leg
from ftpair.core.facts import Fact, Handshake
from ftpair.core.plan import ServerPlan
from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.control import ControlStream
from ftpair.dataplane.dialling import Dialling, keep_alive
from ftpair.dataplane.listening import open_port
from ftpair.dataplane.opening import PLAIN, Opening
from ftpair.dataplane.resumption import Resumption
from ftpair.dataplane.service import Service
from ftpair.dataplane.watch import Watch
from ftpair.ftp.replies import ReplyReader
from ftpair.session import events


class ServerLeg:
    """At most one connection at a time. `tell` takes events, `note` facts; after `leave` nothing is told."""

    __slots__ = (
        "_deadline",
        "_dialling",
        "_is_kept_alive",
        "_note",
        "_opening",
        "_replies",
        "_resumption",
        "_service",
        "_sockets",
        "_stream",
        "_tell",
        "_unread",
        "plan",
    )

    def __init__(
        self,
        sockets: Watch,
        service: Service,
        tell: Callable[[events.Event], None],
        note: Callable[[Fact], None],
        opening: Callable[[ServerPlan], Opening] = lambda _server: PLAIN,
    ) -> None:
        self._sockets, self._service, self._tell, self._note = sockets, service, tell, note
        self._opening = opening
        self.plan: ServerPlan | None = None
        """The server that was dialled last."""
        self._dialling: Dialling | None = None
        self._stream: ControlStream | None = None
        self._replies = ReplyReader()
        self._unread = 0
        self._is_kept_alive = False
        self._deadline = 0.0
        """For what no clock of the session covers: TCP and TLS."""
        self._resumption = Resumption(service.single_use)

    def dial(self, server: ServerPlan) -> None:
        """Connect, with TLS at once where it is implicit."""
        self.leave(End.CUT)
        self.plan = server
        self._is_kept_alive = False
        self._replies = ReplyReader()
        self._set_deadline()
        peer = (server.address.host, server.address.port)
        self._dialling = Dialling(self._sockets, peer, self._connected, self._failed, self._opening(server))

    def _set_deadline(self) -> None:
        self._deadline = time.monotonic() + self._service.plan.clocks.connect_timeout_s

    def _connected(self, sock: socket.socket) -> None:
        self._dialling = None
        assert self.plan is not None
        self._stream = ControlStream(self._sockets, sock, self._received, self._lost)
        if self.plan.tls.mode == "implicit":
            self._shake_hands(self._stream, events.ServerReady)
        else:
            self._stream.resume()
            self._tell(events.ServerReady())

    def _received(self, data: bytes) -> None:
        self._deadline = 0.0
        stream, reader = self._stream, self._replies
        replies = reader.feed(data)
        self._unread = len(replies)
        for reply in replies:
            self._unread -= 1
            self._tell(events.ServerReplied(reply, has_more=self._unread > 0))
            if self._stream is not stream:
                return  # It was left for what it said.
        if reader.is_overflowed:
            self._tell(events.LineTooLong(Leg.SERVER))
        elif reader.is_garbage:
            self._failed("sent something that is not a reply")

    @property
    def stands(self) -> bool:
        """Whether there is a connection."""
        return self._stream is not None

    def open_door(self) -> tuple[socket.socket, str] | None:
        """Listen where only this server may connect to; return the listener and the server's address, or None.

        It stands at the address that the control connection comes from, which the server is sure to reach.
        """
        if self._stream is None or self.plan is None:
            return None
        try:
            own, peer = self._stream.sock.getsockname()[0], self._stream.sock.getpeername()[0]
        except OSError:  # The server is gone, which is told by itself.
            return None
        is_foreign = bool(self._opening(self.plan).source)
        listener = open_port(own, self._service.plan.server_active_ports, is_foreign=is_foreign)
        return (listener, peer) if listener is not None else None

    def write(self, data: bytes) -> None:
        """Send whole lines."""
        if self._stream is not None:
            self._stream.write(data)

    # TLS.

    def secure(self) -> None:
        """Start TLS behind the server's 234; anything that it sent with it is an injection (interop S2)."""
        if self._unread or self._replies.is_pending:
            self._failed("sent bytes in clear text after its 234")
            return
        assert self._stream is not None
        self._set_deadline()
        self._shake_hands(self._stream, events.ServerSecured)

    def _shake_hands(self, stream: ControlStream, event: Callable[[Any], events.Event]) -> None:
        service = self._service.plan.name

        def done() -> None:
            self._deadline = 0.0
            agreed = tls.negotiated(stream.sock)
            self._note(Handshake(service, Leg.SERVER, "control", agreed))
            self._tell(event(agreed))

        def failed(reason: str) -> None:
            self._note(Handshake(service, Leg.SERVER, "control", None, reason))
            self._failed(f"TLS handshake: {reason}")

        stream.secure(self._wrap, done, failed)

    def _wrap(self, sock: socket.socket) -> ssl.SSLSocket:
        assert self.plan is not None
        return self._service.wrap_server(self.plan, sock)

    def wrap_data(self, sock: socket.socket) -> BufferedTls:
        """Put TLS on a data leg, offering the newest session of this server for resumption."""
        assert self.plan is not None
        control = self._stream.sock if self._stream is not None else None
        offered = self._resumption.offer(control if isinstance(control, ssl.SSLSocket) else None)
        return self._service.wrap_server_data(self.plan, sock, offered)

    def keep_session(self, leg: ssl.SSLObject) -> None:
        """Learn what the next data leg may offer."""
        if self.plan is not None:
            self._resumption.learn(self.plan.slot, leg)

    @property
    def may_end_bare(self) -> bool:
        """Whether this server may end data connections without close_notify."""
        return self.plan is not None and self.plan.tls.close_notify == "ignore"

    # The end.

    def check(self, now: float) -> None:
        """Leave a server that has missed its deadline; called about every second."""
        if self._stream is not None and not self._is_kept_alive:
            self._is_kept_alive = True  # Not earlier: many sessions are over before they could need it.
            keep_alive(self._stream.sock)
        if self._deadline and now > self._deadline:
            self._failed(f"no answer within {self._service.plan.clocks.connect_timeout_s:g} s")

    def _lost(self, end: End, reason: str) -> None:
        self._failed(reason, end)

    def _failed(self, reason: str, end: End = End.CUT) -> None:
        self.leave(End.CUT)
        self._tell(events.ServerLost(reason, end))

    def leave(self, end: End) -> None:
        """Close the connection, or give the dialling up."""
        self._deadline = 0.0
        if self._dialling is not None:
            self._dialling.cancel()
            self._dialling = None
        if self._stream is not None:
            self._stream.close(end)
            self._stream = None
        self._resumption.forget()
