"""The data connection of one session: both legs from the reply to PASV to their ends, as one life.

A session has at most one. Its `meeting` brings the legs, it moves bytes after `join` and dies by `drop` or by itself
when the bytes have ended; what happened goes to `on_ended` as the DataEnded of the session. The client's leg of a
download that ended waits for `drop`.
"""

import socket
import ssl
import time
from collections.abc import Callable
from typing import Literal

from ftpair.core.ending import End, Leg
from ftpair.core.facts import Handshake, Reason, Tls
from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.dialling import keep_alive
from ftpair.dataplane.farewell import close_in_order, reset
from ftpair.dataplane.half import Half
from ftpair.dataplane.meeting import Meeting
from ftpair.dataplane.relay import Relay
from ftpair.dataplane.terms import Surroundings, Terms
from ftpair.session.events import DataEnded
from ftpair.session.ongoing import Progress

Direction = Literal["up", "down"]


class DataConnections:
    """Both legs of one data connection; see the module."""

    __slots__ = (
        "_before",
        "_client",
        "_deadline",
        "_direction",
        "_keeps_client",
        "_moved",
        "_moved_at",
        "_on_ended",
        "_server",
        "_terms",
        "_with",
        "meeting",
        "on_server_session",
        "relay",
    )

    def __init__(self, surroundings: Surroundings, terms: Terms, on_ended: Callable[[DataEnded], None]) -> None:
        self._with, self._terms, self._on_ended = surroundings, terms, on_ended
        self._client, self._server = Half(Leg.CLIENT), Half(Leg.SERVER)
        self.meeting = Meeting(surroundings, terms, (self._client, self._server), self._come, self._fail)
        """How the legs come."""
        self._direction: Direction | None = None
        self._keeps_client = False
        """Whether the client's leg of a download shall outlive a server's leg that breaks."""
        self._before = 0
        """How many bytes the client had from servers that were lost."""
        self._deadline = 0.0
        self._moved = -1
        self._moved_at = 0.0
        self.relay: Relay | None = None
        self.on_server_session: Callable[[ssl.SSLObject], None] | None = None
        """Called with the secured server leg before it ends: the next one may resume its TLS session."""

    @property
    def is_open(self) -> bool:
        """Whether the client's leg is there."""
        return self._client.sock is not None

    @property
    def bytes(self) -> int:
        """How many bytes have moved so far."""
        return self._before + (self.relay.moved if self.relay is not None else 0)

    @property
    def progress(self) -> Progress:
        """How far both legs came."""
        return Progress(self.bytes, self._client.tls, self._server.tls, self.meeting.lack_of_proof)

    # Before the transfer.

    def expect(self, address: str, numbers: tuple[int, ...], client: str, *, with_tls: bool) -> int | None:
        """Wait for the client's leg; return the port, or None when every port of the range is taken for this client.

        Raises OSError when no descriptor is left for one.
        """
        self._client.wants_tls = with_tls
        return self.meeting.expect(address, numbers, client)

    def _come(self, half: Half) -> None:
        if half is self._server:
            if self._direction is not None:
                self._secure_server()
        elif half.wants_tls and half.tls is None:
            self._shake_hands(half, self._terms.wrap_client)
        else:
            self._now_ready(half)

    # The transfer.

    def join(self, direction: Direction, *, client_tls: bool, server_tls: bool, keeps_client: bool = False) -> None:
        """Secure both legs where wanted, relay until the end, report it."""
        self._direction, self._keeps_client = direction, keeps_client
        now = time.monotonic()
        self._deadline = now + self._terms.clocks.data_timeout_s
        self._with.watch(self)
        client = self._client
        client.since = now  # Many clients begin their handshake when they have read the 150.
        if client.wants_tls is not client_tls:
            client.wants_tls = client_tls
            if client.sock is not None and client_tls:
                self._shake_hands(client, self._terms.wrap_client)
        self._server.wants_tls = server_tls
        broken = next((half for half in (self._server, client) if half.reason), None)
        if broken is not None:
            self._finish(End.CUT, broken.reason, broken.culprit)
            return
        self.meeting.begin()
        if self._server.sock is not None:
            self._secure_server()

    def _secure_server(self) -> None:
        if self._server.wants_tls:
            self._shake_hands(self._server, self._terms.wrap_server)
        else:
            self._now_ready(self._server)

    def _shake_hands(self, half: Half, wrap: Callable[[socket.socket], BufferedTls]) -> None:
        def done(agreed: Tls) -> None:
            self._with.note(Handshake(self._terms.service, half.leg, "data", agreed))
            if half is self._client and self._terms.binding.session == "require" and not agreed.resumed:
                self._terms.saw(agreed)
                self._fail(half, "the data connection has not resumed the session's TLS")
            else:
                self._now_ready(half)

        def failed(reason: str) -> None:
            self._with.note(Handshake(self._terms.service, half.leg, "data", None, reason))
            self._fail(half, f"TLS handshake on the data connection: {reason}")

        try:
            half.secure(self._with.sockets, wrap, done, failed)
        except OSError as error:
            self._fail(half, tls.reason_of(error))

    def _now_ready(self, half: Half) -> None:
        half.is_ready = True
        if half is self._client:
            self._terms.saw(half.tls)
        if self._direction is not None and self._client.is_ready and self._server.is_ready:
            self._start()

    def _start(self) -> None:
        client, server = self._client, self._server
        assert client.sock is not None
        assert server.sock is not None
        source, destination = (client, server) if self._direction == "up" else (server, client)
        is_upload = self._direction == "up"
        assert source.sock is not None
        assert destination.sock is not None
        self._moved_at = time.monotonic()
        self.relay = Relay(
            self._with.stock,
            source.sock,
            destination.sock,
            self._relayed,
            may_end_bare=self._terms.client_may_end_bare if is_upload else self._terms.may_server_end_bare(),
        )
        if self._terms.throttle is not None:
            self.relay.slow_down(self._terms.throttle)
        self.relay.start()

    def _relayed(self, end: End, reason: str, culprit_is_source: bool) -> None:
        up = self._direction == "up"
        leg = Leg.CLIENT if culprit_is_source is up else Leg.SERVER
        words = f"data connection of the {leg.value}: {reason}" if reason else ""
        self._finish(end, words, leg if end is End.CUT else None)

    def _fail(self, half: Half, reason: str, clock: Reason | None = None) -> None:
        """A leg is lost before the relay: told at once if the transfer runs, else when it is joined."""
        half.reason = reason
        if self._direction is not None:
            self._finish(End.CUT, reason, half.culprit, clock)
        else:
            self._release(half, End.CUT)

    # The end.

    def _finish(self, end: End, reason: str, culprit: Leg | None, clock: Reason | None = None) -> None:
        report = DataEnded(end, self.bytes, reason, culprit, self._client.tls, self._server.tls, clock)
        if self._direction == "down" and self._outlives(end, culprit):
            self._part_with_server(end)
        else:
            self.drop(end)
        self._on_ended(report)

    def _outlives(self, end: End, culprit: Leg | None) -> bool:
        """Whether the client's leg of a download outlives the server's.

        It does when that has ended well: the client's would say "complete", which is for the server's reply to say. And
        where another server may go on, when the server's leg alone broke.
        """
        if end is End.ENDED:
            return True
        return self._keeps_client and culprit is Leg.SERVER and self._client.sock is not None

    def _part_with_server(self, end: End) -> None:
        self._settle()
        self._release(self._server, end)

    def drop_server(self) -> None:
        """Move nothing any more and give up the server's leg; the client's goes on waiting, and what it has counts."""
        self._part_with_server(End.CUT)
        self._before, self.relay, self._moved = self.bytes, None, -1
        self._server = self.meeting.renew_server()

    def drop(self, end: End) -> None:
        """Give up the port and both legs: quietly (ENDED) or with a reset (CUT). Nothing is reported."""
        self._settle()
        self._release(self._server, end)
        self._release(self._client, end)
        self.meeting.forget()

    def _settle(self) -> None:
        """Move nothing any more."""
        self._direction = None
        self._with.unwatch(self)
        if self.relay is not None:
            self.relay.stop()
        self._keep_server_session()

    def _release(self, half: Half, end: End) -> None:
        sock = half.let_go()
        if sock is not None:
            self._close(sock, end)

    def _keep_server_session(self) -> None:
        sock = self._server.sock
        if self.on_server_session is not None and isinstance(sock, BufferedTls) and self._server.tls is not None:
            self.on_server_session(sock.tls)

    def _close(self, sock: socket.socket, end: End) -> None:
        if end is End.CUT:
            reset(sock)
        else:
            close_in_order(self._with.sockets, sock)

    # Clocks.

    def _fail_handshake(self, late: Half, seconds: float) -> None:
        within = f"within {seconds:g} s"
        self._with.note(Handshake(self._terms.service, late.leg, "data", None, f"no TLS handshake {within}"))
        self._fail(late, f"no TLS handshake on the data connection {within}", "handshake-timeout")

    def give_up(self) -> None:
        """Cut the transfer after a bug in its clocks: without them it could last for ever."""
        self._finish(End.CUT, "internal error", None)

    def check(self, now: float) -> None:
        """Cut what has missed its deadline; called about every second."""
        clocks = self._terms.clocks
        if self.relay is None:
            late = next((half for half in (self._client, self._server) if not half.is_ready), self._client)
            if late.handshake is not None and now - late.since > clocks.handshake_timeout_s:
                self._fail_handshake(late, clocks.handshake_timeout_s)
            elif now > self._deadline:
                self.meeting.give_notice()
                lack = self.meeting.lack if late is self._client else "no data connection from the server"
                self._fail(late, f"{lack} within {clocks.data_timeout_s:g} s", "data-timeout")
            else:
                self.meeting.check(now)
        elif self._moved < 0:
            self._moved = 0
            keep_alive(self.relay.source)  # Not earlier: most transfers are over before they could need it.
            keep_alive(self.relay.destination)
        elif self.relay.bytes != self._moved or self.relay.is_resting:
            self._moved, self._moved_at = self.relay.bytes, now
        elif now - self._moved_at > clocks.stall_timeout_s:
            self._finish(End.CUT, f"not one byte moved for {clocks.stall_timeout_s:g} s", None, "stall-timeout")
