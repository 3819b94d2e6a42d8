"""The hands of one session: tells its brain what happens, and does what it wants. No FTP is understood here.

Everything runs in callbacks of the worker's loop; an event that comes while another is handled waits its turn.
"""

import logging
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from ftpair.balance.choice import NoChoice
from ftpair.core.ending import End, Leg
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import Handshake
from ftpair.core.plan import Entrance, ServerPlan
from ftpair.core.status import SessionRow, TransferRow
from ftpair.dataplane import counts as columns
from ftpair.dataplane import tls
from ftpair.dataplane.control import ControlStream
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.data import DataConnections, Surroundings, Terms
from ftpair.dataplane.dialling import Dialling, keep_alive
from ftpair.dataplane.service import Service
from ftpair.ftp.lines import LineSplitter
from ftpair.ftp.replies import ReplyReader
from ftpair.session import effects, events
from ftpair.session.session import Session

log = logging.getLogger(__name__)


class Worker(Surroundings, Protocol):
    """What a driver needs of its worker."""

    number: int
    counts: Counts
    commands: dict[str, int]

    def choose(self, driver: "Driver", user: str, tried: tuple[int, ...]) -> ServerPlan | NoChoice:
        """Ask the balancer."""

    def forget(self, driver: "Driver") -> None:
        """The session is over."""


class Driver:
    """One live session; see the module."""

    def __init__(self, worker: Worker, service: Service, sock: socket.socket, entrance: Entrance, name: str) -> None:
        peer, local = sock.getpeername(), sock.getsockname()
        self.service = service
        self.name = name
        self.client_host: str = peer[0]
        self.slot = -1
        self._worker = worker
        self._began = self._heard = time.monotonic()
        self.session = Session(
            service.plan,
            name,
            Endpoint(peer[0], peer[1]),
            Endpoint(local[0], local[1]),
            entrance,
            self._began,
            worker.commands,
        )
        self.session.pool_features = service.features
        self.session.ask_progress(self._moved)
        self._entrance = entrance
        self._events: deque[events.Event] = deque()
        self._is_handling = self._is_over = False
        self._client = ControlStream(worker.sockets, sock, self._client_bytes, self._client_lost)
        self._lines = LineSplitter()
        self._unread = self._unread_replies = 0
        self._server: ControlStream | None = None
        self._server_plan: ServerPlan | None = None
        self._server_session: ssl.SSLSession | None = None
        self._dialling: Dialling | None = None
        self._replies = ReplyReader()
        self._data: DataConnections | None = None
        self._bytes_column = columns.BYTES_DOWN
        self._counted_bytes = -1
        """Bytes of the running transfer that are in the shared counts already; -1 when none runs."""
        self._handshake_until = self._server_until = 0.0

    def begin(self) -> None:
        """Open the session; on the implicit port after its handshake."""
        if self._entrance == "implicit":
            self._secure_client(events.Opened, self._refuse_implicit)
        else:
            self._client.resume()
            self.dispatch(events.Opened())

    def _refuse_implicit(self, _reason: str) -> None:
        """Anything but TLS on the implicit port is not a session at all."""
        self._hang_up_client(effects.HangUpClient(End.CUT))

    # Events in, effects out.

    def dispatch(self, event: events.Event) -> None:
        """Let the session handle an event and do what it wants."""
        if self._is_over:
            return
        self._events.append(event)
        if self._is_handling:
            return
        self._is_handling = True
        try:
            while self._events and not self._is_over:
                self._perform(self.session.handle(self._events.popleft(), time.monotonic()))
        except Exception:  # A bug in one session must not end the others of this worker.
            log.exception("session %s failed", self.name)
            self._hang_up_client(effects.HangUpClient(End.CUT))
        finally:
            self._is_handling = False
        if not self._is_over:
            (self._client.pause if self.session.is_full else self._client.resume)()

    def _perform(self, wanted: list[effects.Effect]) -> None:
        if wanted and type(wanted[-1]) is effects.SecureClient and (self._unread or self._lines.is_pending):
            # Clear bytes behind AUTH: the reply to AUTH is not even sent (interop S1).
            self._events.append(events.ClientNotSecured("bytes after AUTH in clear text", injected=True))
            return
        for effect in wanted:
            PERFORM[type(effect)](self, effect)

    # The client's control connection.

    def _client_bytes(self, data: bytes) -> None:
        self._heard = time.monotonic()
        lines = self._lines.feed(data)
        self._unread = len(lines)
        for line in lines:
            self._unread -= 1
            self.dispatch(events.ClientSent(line))
        if self._lines.is_overflowed:
            self.dispatch(events.LineTooLong(Leg.CLIENT))

    def _client_lost(self, end: End, _reason: str) -> None:
        self.dispatch(events.ClientLost(end))

    def _to_client(self, effect: effects.ToClient) -> None:
        self._client.write(effect.data)

    def _secure(self, _effect: effects.SecureClient) -> None:
        self._secure_client(events.ClientSecured, lambda why: self.dispatch(events.ClientNotSecured(why)))

    def _secure_client(self, event: Callable[[Any], events.Event], on_failed: Callable[[str], None]) -> None:
        service = self.service

        def done() -> None:
            if tls.is_for_another_protocol(self._client.sock):
                failed("the client offers a web protocol, not FTP (ALPN)")
                return
            self._handshake_until = 0.0
            agreed = tls.negotiated(self._client.sock)
            self._worker.note(Handshake(service.plan.name, Leg.CLIENT, "control", agreed))
            self.dispatch(event(agreed))

        def failed(reason: str) -> None:
            self._handshake_until = 0.0
            self._worker.note(Handshake(service.plan.name, Leg.CLIENT, "control", None, reason))
            on_failed(reason)

        self._handshake_until = time.monotonic() + service.plan.clocks.handshake_timeout_s
        self._client.secure(service.wrap_client, done, failed)

    def _hang_up_client(self, effect: effects.HangUpClient) -> None:
        """The last of a session's effects."""
        self._is_over = True
        self._events.clear()
        self._drop_data(effects.DropData(effect.end))
        self._hang_up_server(effects.HangUpServer(effect.end))
        self._client.close(effect.end)
        self._worker.forget(self)

    # The server's control connection.

    def _choose(self, effect: effects.Choose) -> None:
        self._give_back()
        choice = self._worker.choose(self, effect.user, effect.tried)
        if isinstance(choice, NoChoice):
            self._events.append(events.NoServer(choice.reason, choice.text))
            return
        self.slot = choice.slot
        self._count(columns.SESSIONS, 1)
        self._worker.counts.add(self.service.plan.slot, columns.SESSIONS, 1)
        self._events.append(events.Chosen(choice))

    def _give_back(self) -> None:
        if self.slot >= 0:
            self._count(columns.SESSIONS, -1)
            self._worker.counts.add(self.service.plan.slot, columns.SESSIONS, -1)
            self.slot = -1

    def _count(self, column: int, amount: int) -> None:
        self._worker.counts.add(self.slot, column, amount)

    def _dial(self, effect: effects.Dial) -> None:
        self._drop_server()
        self._server_plan = effect.server
        self._replies = ReplyReader()
        self._server_until = time.monotonic() + self.service.plan.clocks.connect_timeout_s
        address = effect.server.address
        try:
            self._dialling = Dialling(
                self._worker.sockets, (address.host, address.port), self._server_connected, self._server_failed
            )
        except OSError as error:
            self._events.append(events.ServerLost(tls.reason_of(error)))

    def _server_connected(self, sock: socket.socket) -> None:
        self._dialling = None
        assert self._server_plan is not None
        keep_alive(sock)
        self._server = ControlStream(self._worker.sockets, sock, self._server_bytes, self._server_lost)
        if self._server_plan.tls.mode == "implicit":
            self._secure_server_with(events.ServerReady)
        else:
            self._server.resume()
            self.dispatch(events.ServerReady())

    def _server_bytes(self, data: bytes) -> None:
        self._server_until = 0.0
        replies = deque(self._replies.feed(data))
        while replies:
            reply = replies.popleft()
            self._unread_replies = len(replies)
            self.dispatch(events.ServerReplied(reply))
        if self._replies.is_overflowed:
            self.dispatch(events.LineTooLong(Leg.SERVER))
        elif self._replies.is_garbage:
            self._server_failed("sent something that is not a reply")

    def _secure_server(self, _effect: effects.SecureServer) -> None:
        if self._unread_replies or self._replies.is_pending:
            self._events.append(events.ServerLost("sent bytes in clear text after its 234"))  # Interop S2.
            return
        self._server_until = time.monotonic() + self.service.plan.clocks.connect_timeout_s
        self._secure_server_with(events.ServerSecured)

    def _secure_server_with(self, event: Callable[[Any], events.Event]) -> None:
        server = self._server
        assert server is not None

        def done() -> None:
            self._server_until = 0.0
            agreed = tls.negotiated(server.sock)
            self._worker.note(Handshake(self.service.plan.name, Leg.SERVER, "control", agreed))
            self.dispatch(event(agreed))

        def failed(reason: str) -> None:
            self._worker.note(Handshake(self.service.plan.name, Leg.SERVER, "control", None, reason))
            self._server_failed(f"TLS handshake: {reason}")

        server.secure(self._wrap_server, done, failed)

    def _wrap_server(self, sock: socket.socket) -> ssl.SSLSocket:
        assert self._server_plan is not None
        return self.service.wrap_server(self._server_plan, sock)

    def _server_lost(self, _end: End, reason: str) -> None:
        self._server_failed(reason)

    def _server_failed(self, reason: str) -> None:
        self._dialling = None
        self._drop_server()
        self.dispatch(events.ServerLost(reason))

    def _to_server(self, effect: effects.ToServer) -> None:
        if self._server is not None:
            self._server.write(effect.data)

    def _hang_up_server(self, effect: effects.HangUpServer) -> None:
        self._drop_server(effect.end)
        self._give_back()

    def _drop_server(self, end: End = End.CUT) -> None:
        self._server_until = 0.0
        if self._dialling is not None:
            self._dialling.cancel()
            self._dialling = None
        if self._server is not None:
            self._server.close(end)
            self._server = None
        self._server_session = None

    # The data connection.

    def _expect(self, effect: effects.Expect) -> None:
        self._drop_data(effects.DropData(End.ENDED))
        service = self.service
        terms = Terms(service.plan.name, service.plan.clocks, service.wrap_client, self._wrap_server_data)
        terms.client_may_end_bare = service.may_client_end_bare
        terms.server_may_end_bare = self._server_plan is not None and self._server_plan.tls.close_notify == "ignore"
        self._data = DataConnections(self._worker, terms, self._data_ended)
        self._data.on_server_session = self._keep_session
        port = self._data.expect(service.plan.address, service.passive_ports, self.client_host, with_tls=effect.tls)
        if port is None:
            self._data = None
        self._events.append(events.NoPort() if port is None else events.PortReady(port))

    def _dial_data(self, effect: effects.DialData) -> None:
        if self._data is not None:
            self._data.dial(effect.host, effect.port)

    def _join(self, effect: effects.Join) -> None:
        if self._data is None:
            self._events.append(events.DataEnded(End.CUT, 0, "there is no data connection"))
            return
        self._counted_bytes = 0
        self._bytes_column = columns.BYTES_UP if effect.direction == "up" else columns.BYTES_DOWN
        self._count(columns.TRANSFERS, 1)
        self._data.join(effect.direction, client_tls=effect.client_tls, server_tls=effect.server_tls)

    def _data_ended(self, event: events.DataEnded) -> None:
        self._heard = time.monotonic()
        self._settle(event.bytes)
        if self._data is not None and not self._data.is_open:
            self._data = None
        self.dispatch(event)

    def _moved(self) -> int:
        return self._data.bytes if self._data is not None else 0

    def _drop_data(self, effect: effects.DropData) -> None:
        if self._data is not None:
            self._settle(self._data.bytes)
            self._data.drop(effect.end)
            self._data = None

    def _settle(self, moved: int) -> None:
        """Take a transfer off the shared counts."""
        if self._counted_bytes >= 0:
            self._count_bytes(moved)
            self._counted_bytes = -1
            self._count(columns.TRANSFERS, -1)

    def _count_bytes(self, moved: int) -> None:
        self._count(self._bytes_column, moved - self._counted_bytes)
        self._counted_bytes = moved

    def _wrap_server_data(self, sock: socket.socket) -> ssl.SSLSocket:
        assert self._server_plan is not None
        newest = self._server_session or (self._server.session if self._server is not None else None)
        return self.service.wrap_server(self._server_plan, sock, newest)

    def _keep_session(self, session: ssl.SSLSession | None) -> None:
        # A TLS 1.3 session without a ticket cannot be resumed; the control connection has a better one.
        if session is not None and (session.has_ticket or session.id):
            self._server_session = session if session.has_ticket else None

    # Facts, clocks, figures.

    def _note(self, effect: effects.Note) -> None:
        self._worker.note(effect.fact)

    def tick(self, now: float) -> None:
        """Called about every second: deadlines, live byte counts."""
        if self._data is not None and self._counted_bytes >= 0:
            self._count_bytes(self._data.bytes)
        if self._handshake_until and now > self._handshake_until:
            self._refuse_slow_handshake()
        elif self._server_until and now > self._server_until:
            self._server_failed(f"no answer within {self.service.plan.clocks.connect_timeout_s:g} s")
        deadline = self.session.deadline
        if deadline is not None and now >= deadline:
            self.dispatch(events.Ticked())

    def _refuse_slow_handshake(self) -> None:
        self._handshake_until = 0.0
        reason = f"no TLS handshake within {self.service.plan.clocks.handshake_timeout_s:g} s"
        self._worker.note(Handshake(self.service.plan.name, Leg.CLIENT, "control", None, reason))
        if self._entrance == "implicit" and not self.session.is_open:
            self._refuse_implicit(reason)
        else:
            self.dispatch(events.ClientNotSecured(reason))

    def row(self, now: float) -> SessionRow:
        """Return the session as people see it."""
        session, sock = self.session, self._client.sock
        agreed = tls.negotiated(sock) if isinstance(sock, ssl.SSLSocket) else None
        return SessionRow(
            id=self.name,
            service=self.service.plan.name,
            client=str(session.client),
            entrance=self._entrance,
            user=session.user,
            server=session.server.name if session.server is not None else "",
            state=session.state,
            tls=f"{agreed.version} {agreed.cipher}" if agreed is not None else "clear",
            seconds=now - self._began,
            idle_seconds=0.0 if session.transfer is not None else now - self._heard,
            transfers=session.transfers,
            bytes_up=session.bytes_up,
            bytes_down=session.bytes_down,
            command=session.last_command,
            worker=self._worker.number,
        )

    def transfer_row(self, now: float) -> TransferRow | None:
        """Return its running transfer."""
        session, transfer = self.session, self.session.transfer
        if transfer is None:
            return None
        moved = self._moved()
        seconds = max(now - transfer.started, 1e-6)
        return TransferRow(
            session=self.name,
            service=self.service.plan.name,
            client=str(session.client),
            user=session.user,
            server=session.server.name if session.server is not None else "",
            verb=transfer.verb,
            path=transfer.path,
            direction=transfer.direction,
            bytes=moved,
            seconds=seconds,
            bytes_per_second=moved / seconds,
        )


PERFORM: dict[type[effects.Effect], Callable[[Driver, Any], None]] = {
    effects.ToClient: Driver._to_client,  # noqa: SLF001  The table is the class's own.
    effects.ToServer: Driver._to_server,  # noqa: SLF001
    effects.SecureClient: Driver._secure,  # noqa: SLF001
    effects.Choose: Driver._choose,  # noqa: SLF001
    effects.Dial: Driver._dial,  # noqa: SLF001
    effects.SecureServer: Driver._secure_server,  # noqa: SLF001
    effects.HangUpServer: Driver._hang_up_server,  # noqa: SLF001
    effects.HangUpClient: Driver._hang_up_client,  # noqa: SLF001
    effects.Expect: Driver._expect,  # noqa: SLF001
    effects.DialData: Driver._dial_data,  # noqa: SLF001
    effects.Join: Driver._join,  # noqa: SLF001
    effects.DropData: Driver._drop_data,  # noqa: SLF001
    effects.Note: Driver._note,  # noqa: SLF001
}
