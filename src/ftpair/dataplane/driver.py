"""The hands of one session: tells its brain what happens, and does what it wants. No FTP is understood here.

Everything runs in callbacks of the worker's loop; an event that comes while another is handled waits its turn.
"""

import logging
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol

from ftpair.balance.choice import NoChoice
from ftpair.core.ending import End, Leg
from ftpair.core.facts import Handshake, Tls
from ftpair.core.plan import Entrance, ServerPlan
from ftpair.dataplane import tls
from ftpair.dataplane.account import Account
from ftpair.dataplane.clientele import Clientele
from ftpair.dataplane.control import ControlStream
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.ends import home_of
from ftpair.dataplane.gate import Gate, Visit
from ftpair.dataplane.intake import Intake
from ftpair.dataplane.introductions import has_sent_header
from ftpair.dataplane.opening import Guise
from ftpair.dataplane.outcomes import Outcomes
from ftpair.dataplane.sealed import Seal, Sealed
from ftpair.dataplane.server_leg import ServerLeg
from ftpair.dataplane.service import Service
from ftpair.dataplane.session_data import SessionData
from ftpair.dataplane.terms import Surroundings
from ftpair.ftp.proxy_header import begins_header
from ftpair.session import effects, events
from ftpair.session.session import Session

log = logging.getLogger(__name__)

_HANDSHAKE = "TLS handshake"
_TURNS = {effects.SecureClient: 2, effects.ClearClient: 1}
"""Where bytes before and after must not mix; how many effects belong to it: the reply in front of a handshake, too."""


class Worker(Surroundings, Protocol):
    """What a driver needs of its worker."""

    number: int
    counts: Counts
    gate: Gate
    clientele: Clientele
    commands: dict[str, int]
    seal: Seal
    outcomes: Outcomes

    def choose(self, driver: "Driver", user: str, tried: tuple[int, ...]) -> ServerPlan | NoChoice:
        """Ask the balancer."""

    def forget(self, driver: "Driver") -> None:
        """The session is over."""


class Driver:
    """One live session; see the module."""

    _is_over = True
    """All that is left of it in the end."""
    _lack = _HANDSHAKE
    """What the client owes until `_handshake_until`."""

    def __init__(self, worker: Worker, service: Service, sock: socket.socket, entrance: Entrance, visit: Visit) -> None:
        ends, name = visit.ends, visit.session
        self.worker, self.service, self.entrance, self.name, self.visit = worker, service, entrance, name, visit
        self.client_host, self.home = ends.client.host, home_of(sock)
        self.began = self.heard = time.monotonic()
        self.has_place = False
        """Whether the service had room for it once."""
        self.session = Session(
            service.plan,
            name,
            *ends,
            entrance,
            self.began,
            worker.commands,
        )
        self.legs = service.client_legs(self.session.binding)
        self.session.ask_features(lambda: service.features)
        self.session.ask_guard(visit)
        if service.plan.rescue != "off":
            self.session.ask_vault(Sealed(worker.seal))
        self.session.share_refused_questions(service.refused_questions)
        self.session.ask_progress(lambda: self._data.progress)
        self._events: deque[events.Event] = deque()
        self._undone: Iterator[effects.Effect] = iter(())
        """What is still to be performed of the effects of an event."""
        self._is_handling = self._is_over = False
        self._client = ControlStream(worker.sockets, sock, self._client_bytes, self._client_lost)
        self._client.on_ended = lambda: self.dispatch(events.ClientLost(End.ENDED))
        self._intake = Intake(worker.sockets.loop, service.plan.limits, self._client_line, self._refuse_flood)
        self._first: bytes | None = b""
        """What the client has said while that may still become a header; None once it is told from one."""
        self._handshake_until = 0.0
        self.guise = Guise(name, ends, service.plan.source, lambda: self.session.tls)
        self._server = ServerLeg(worker.sockets, service, self.dispatch, worker.note, self.guise.control)
        self._account = Account(worker.counts)
        self._data = SessionData(worker, self, self._server, self._account)

    @property
    def slot(self) -> int:
        """The row of the server that the session is counted at; -1 for none."""
        return self._account.slot

    @property
    def moved(self) -> int:
        """How many bytes the running transfer has moved so far."""
        return self._data.bytes

    def begin(self) -> None:
        """Open the session; on the implicit port after its handshake."""
        if self.entrance == "implicit":
            self._secure_client(events.Opened, self._refuse_implicit)
        else:
            self._client.resume()
            self.dispatch(events.Opened())

    def saw_data(self, agreed: Tls | None) -> None:
        """Count how a data connection of this client is secured."""
        session = self.session
        self.worker.clientele.note((self.service.plan.name, self.client_host, session.user, session.program), agreed)

    def _refuse_implicit(self, _reason: str) -> None:
        """Anything but TLS on the implicit port is not a session at all; a header is told, for who runs the proxy."""
        if has_sent_header(self._client.sock):
            self.dispatch(events.HeaderSent())
        else:
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
            self._give_up()
        finally:
            self._is_handling = False
        if not self._is_over:
            if self._intake.is_slowed or self.session.is_full:
                self._client.pause()
            elif not self._client.is_reading:
                self._client.resume()

    def _perform(self, wanted: list[effects.Effect]) -> None:
        if wanted and type(wanted[-1]) in _TURNS and self._intake.has_more:
            # Clear bytes behind AUTH: the reply to AUTH is not even sent (interop S1); nor are bytes behind CCC taken.
            # What the command before them left to do is done: nobody shall keep a login or a transfer from the log.
            turn = type(wanted[-1])
            self._events.append(
                events.ClientNotSecured("bytes came behind AUTH or CCC", injected=turn is effects.SecureClient)
            )
            wanted = wanted[: -_TURNS[turn]]
        self._undone = iter(wanted)
        for effect in self._undone:
            self._PERFORM[type(effect)](self, effect)

    def _give_up(self) -> None:
        """End after a bug: log and metrics still hear all that they would have heard, then everything is cut."""
        undone = [effect.fact for effect in self._undone if isinstance(effect, effects.Note)]
        for fact in (*undone, *self.session.fail(time.monotonic())):
            try:
                self.worker.note(fact)
            except Exception:  # Perhaps the bug itself, which must not keep the connections open.
                log.exception("a fact of session %s could not be noted", self.name)
        self._hang_up_client(effects.HangUpClient(End.CUT))

    # The client's control connection.

    def _client_bytes(self, data: bytes) -> None:
        self.heard = time.monotonic()
        if self._first is not None:
            data = self._told_from_header(self._first + data)
            if not data:
                return
        self._intake.feed(data, self.heard)
        if self._intake.is_overflowed:
            self.dispatch(events.LineTooLong(Leg.CLIENT))
        elif self._intake.is_slowed:
            self._client.pause()

    def _told_from_header(self, data: bytes) -> bytes:
        """Return the client's first bytes; none while they may become a header, nor if they are one."""
        begins = begins_header(data)
        if begins is False:
            self._first = None
            return data
        self._first = data
        if begins:
            self.dispatch(events.HeaderSent())  # Proxies that may send one have sent it before.
        elif not self._intake.begun:
            self._intake.begun = self.heard
        return b""

    def _client_line(self, line: bytes) -> None:
        self.dispatch(events.ClientSent(line))

    def _refuse_flood(self) -> None:
        self.visit.refuse_commands(self.session.user)
        self.dispatch(events.Dismissed("Too many commands at once."))

    def _client_lost(self, end: End, _reason: str) -> None:
        self.dispatch(events.ClientLost(end))

    def _to_client(self, effect: effects.ToClient) -> None:
        self._client.write(effect.data)

    def _secure(self, _effect: effects.SecureClient) -> None:
        self._secure_client(events.ClientSecured, lambda why: self.dispatch(events.ClientNotSecured(why)))

    def _secure_client(self, event: Callable[[Any], events.Event], on_failed: Callable[[str], None]) -> None:
        service = self.service

        def done() -> None:
            self._handshake_until = 0.0
            agreed = tls.negotiated(self._client.sock, with_names=True)
            self.worker.note(Handshake(service.plan.name, Leg.CLIENT, "control", agreed))
            self.dispatch(event(agreed))

        def failed(reason: str) -> None:
            self._handshake_until = 0.0
            self.worker.note(Handshake(service.plan.name, Leg.CLIENT, "control", None, reason))
            on_failed(reason)

        self._handshake_until = time.monotonic() + service.plan.clocks.handshake_timeout_s
        self._client.secure(self.legs.control, done, failed)

    def _clear_client(self, effect: effects.ClearClient) -> None:
        def ended(event: events.Event) -> None:
            self._handshake_until = 0.0
            self.dispatch(event)

        self._lack = "close_notify"
        self._handshake_until = time.monotonic() + self.service.plan.clocks.handshake_timeout_s
        self._client.clear(
            effect.last, lambda: ended(events.ClientCleared()), lambda why: ended(events.ClientNotSecured(why))
        )

    def _hang_up_client(self, effect: effects.HangUpClient) -> None:
        """The last of a session's effects."""
        self._is_over = True
        self._events.clear()
        self._intake.close()
        self._data.drop(effect.end)
        self._hang_up_server(effects.HangUpServer(effect.end))
        self._account.leave()
        self._client.close(effect.end)
        self.worker.forget(self)
        # Its parts know each other: let go of, they are freed at once, and the collector has nothing to look for.
        self.worker.sockets.loop.call_soon(self.__dict__.clear)

    # The server.

    def _choose(self, effect: effects.Choose) -> None:
        slot = self._account.slot
        self._account.leave()
        choice = self.worker.choose(self, effect.user, effect.tried)
        if isinstance(choice, NoChoice):
            if self._server.stands:  # A download that no other server can go on with ends; its session stays.
                self._account.enter(slot)
            self._events.append(events.NoServer(choice.reason, choice.text))
        else:
            self._account.enter(choice.slot)
            self._events.append(events.Chosen(choice))

    def _dial(self, effect: effects.Dial) -> None:
        self._server.dial(effect.server)

    def _secure_server(self, _effect: effects.SecureServer) -> None:
        self._server.secure()

    def _to_server(self, effect: effects.ToServer) -> None:
        self._server.write(effect.data)

    def _hang_up_server(self, effect: effects.HangUpServer) -> None:
        self._server.leave(effect.end)  # Its place is given back with the next choice, or with the client.

    # Facts and clocks.

    def _note(self, effect: effects.Note) -> None:
        self.worker.note(effect.fact)

    def tick(self, now: float) -> None:
        """Called about every second: deadlines, live byte counts."""
        try:
            self._check(now)
        except Exception:  # As in `dispatch`.
            log.exception("a clock of session %s failed", self.name)
            self._give_up()

    def _check(self, now: float) -> None:
        self._data.count()
        if self._handshake_until and now > self._handshake_until:
            self._refuse_slow_handshake()
        if self._intake.begun:
            self._check_line(now)
        self._server.check(now)
        deadline = self.session.deadline
        if deadline is not None and now >= deadline:
            self.dispatch(events.Ticked())

    def _check_line(self, now: float) -> None:
        """End a line that takes too long; not while its rest is not read, nor during a transfer.

        Bytes in front of an ABOR are no harm.
        """
        if not self._client.is_reading or self.session.transfer is not None:
            self._intake.begun = now
        elif now - self._intake.begun > self.service.plan.clocks.command_timeout_s:
            self.dispatch(events.LineUnfinished())

    def _refuse_slow_handshake(self) -> None:
        self._handshake_until = 0.0
        reason = f"no {self._lack} within {self.service.plan.clocks.handshake_timeout_s:g} s"
        if self._lack == _HANDSHAKE:
            self.worker.note(Handshake(self.service.plan.name, Leg.CLIENT, "control", None, reason))
        self.visit.refuse_handshake()
        if self.entrance == "implicit" and not self.session.is_open:
            self._refuse_implicit(reason)
        else:
            self.dispatch(events.ClientNotSecured(reason))

    _PERFORM: ClassVar[dict[type[effects.Effect], Callable[["Driver", Any], None]]] = {
        effects.ToClient: _to_client,
        effects.ToServer: _to_server,
        effects.SecureClient: _secure,
        effects.ClearClient: _clear_client,
        effects.Choose: _choose,
        effects.Dial: _dial,
        effects.SecureServer: _secure_server,
        effects.HangUpServer: _hang_up_server,
        effects.HangUpClient: _hang_up_client,
        effects.Expect: lambda self, effect: self._data.expect(effect),
        effects.Aim: lambda self, effect: self._data.aim(effect),
        effects.Listen: lambda self, effect: self._data.listen(effect),
        effects.DialData: lambda self, effect: self._data.dial(effect),
        effects.Join: lambda self, effect: self._data.join(effect),
        effects.DropData: lambda self, effect: self._data.drop(effect.end),
        effects.DropServerLeg: lambda self, _effect: self._data.drop_server(),
        effects.Blame: lambda self, effect: self.worker.outcomes.blame(effect),
        effects.Credit: lambda self, effect: self.worker.outcomes.credit(effect),
        effects.Note: _note,
    }
