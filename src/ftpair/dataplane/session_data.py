"""The data connections of one session, one after another: what its brain wants of them, done."""

import socket
import time
from typing import Protocol

from ftpair.core.ending import End
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import Tls
from ftpair.dataplane.account import Account
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.client_legs import ClientLegs
from ftpair.dataplane.data import DataConnections
from ftpair.dataplane.departure import Departure
from ftpair.dataplane.gate import Visit
from ftpair.dataplane.opening import Guise, Opening
from ftpair.dataplane.server_leg import ServerLeg
from ftpair.dataplane.service import Service
from ftpair.dataplane.terms import Surroundings, Terms
from ftpair.session import effects, events
from ftpair.session.ongoing import Progress
from ftpair.session.session import Session


class Owner(Protocol):
    """The driver, as its data connections see it."""

    service: Service
    client_host: str
    guise: Guise
    home: str
    heard: float
    legs: ClientLegs
    visit: Visit
    session: Session

    def saw_data(self, agreed: Tls | None) -> None:
        """Count how a data connection of this client is secured."""

    def dispatch(self, event: events.Event) -> None:
        """Let the session handle an event."""


class SessionData:
    """At most one data connection at a time."""

    __slots__ = ("_account", "_current", "_owner", "_server", "_with")

    def __init__(self, surroundings: Surroundings, owner: Owner, server: ServerLeg, account: Account) -> None:
        self._with, self._owner, self._server, self._account = surroundings, owner, server, account
        self._current: DataConnections | None = None

    @property
    def bytes(self) -> int:
        """How many bytes the running transfer has moved so far."""
        return self._current.bytes if self._current is not None else 0

    @property
    def progress(self) -> Progress:
        """How far the running transfer came."""
        return self._current.progress if self._current is not None else Progress()

    def count(self) -> None:
        """Count what has moved; called about every second."""
        if self._current is not None:
            self._account.progress(self._current.bytes)

    def expect(self, effect: effects.Expect) -> None:
        """Take a passive port for the client."""
        service = self._owner.service
        self._current = data = self._new()
        host = self._owner.client_host
        no_port = events.NoPort()
        try:
            port = data.expect(service.plan.address, service.passive_ports, host, with_tls=effect.tls)
        except OSError:
            port, no_port = None, events.NoPort(for_want_of_descriptors=True)
        if port is None:
            self._current = None
        self._owner.dispatch(no_port if port is None else events.PortReady(port))

    def _new(self) -> DataConnections:
        self.drop(End.ENDED)
        service, server = self._owner.service, self._server
        terms = Terms(service.plan.name, service.plan.clocks, self._wrap_client, server.wrap_data)
        terms.client_may_end_bare = service.may_client_end_bare
        terms.may_server_end_bare = lambda: server.may_end_bare
        terms.binding = self._owner.session.binding
        terms.saw = self._owner.saw_data
        terms.throttle = self._owner.visit.throttle(self._owner.session.user)
        terms.opening = self._opening
        data = DataConnections(self._with, terms, self._ended)
        data.on_server_session = server.keep_session
        return data

    def _wrap_client(self, sock: socket.socket) -> BufferedTls:
        """Put TLS on the client's leg.

        A client whose TLS 1.3 tickets serve once (curl) needs a new one each time that it must resume.
        """
        return self._owner.legs.data(sock, with_ticket=self._owner.session.binding.session != "off")

    def _opening(self, client: socket.socket | None) -> Opening:
        assert self._server.plan is not None
        return self._owner.guise.data(self._server.plan, client)

    def aim(self, effect: effects.Aim) -> None:
        """Say where the client awaits its leg."""
        self._current = self._new()
        departure = Departure(self._owner.home or effect.source, self._owner.service.plan.active_source_port or 0)
        self._current.meeting.aim(departure, (effect.host, effect.port))

    def listen(self, _effect: effects.Listen) -> None:
        """Take a port for the server."""
        opened = self._server.open_door() if self._current is not None else None
        if opened is None or self._current is None:
            self._owner.dispatch(events.NoServerPort())
            return
        listener, server = opened
        port = self._current.meeting.listen(listener, server)
        self._owner.dispatch(events.ServerPortReady(Endpoint(listener.getsockname()[0], port)))

    def dial(self, effect: effects.DialData) -> None:
        """Say where the server awaits its leg."""
        if self._current is not None:
            self._current.meeting.dial(effect.host, effect.port)

    def join(self, effect: effects.Join) -> None:
        """Begin the transfer."""
        if self._current is None:
            self._owner.dispatch(events.DataEnded(End.CUT, 0, "there is no data connection"))
            return
        self._account.begin_transfer(effect.direction, self._current.bytes)
        self._current.join(
            effect.direction,
            client_tls=effect.client_tls,
            server_tls=effect.server_tls,
            keeps_client=effect.keeps_client,
        )

    def drop_server(self) -> None:
        """Give up the server's leg, if there is one: another server's may follow."""
        if self._current is not None:
            self._account.end_transfer(self._current.bytes)
            self._current.drop_server()

    def _ended(self, event: events.DataEnded) -> None:
        self._owner.heard = time.monotonic()
        self._account.end_transfer(event.bytes)
        if self._current is not None and not self._current.is_open:
            self._current = None
        self._owner.dispatch(event)

    def drop(self, end: End) -> None:
        """Give up the data connection, if there is one."""
        if self._current is not None:
            self._account.end_transfer(self._current.bytes)
            self._current.drop(end)
            self._current = None
