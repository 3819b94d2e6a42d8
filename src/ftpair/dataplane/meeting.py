"""How both legs of a data connection come: each is dialled, or awaited on a port.

The client's leg is awaited in passive mode (`expect`) and dialled in active mode (`aim`); the server's the other way
round (`dial`, `listen`). What becomes of them is no matter here.
"""

import socket
from collections.abc import Callable
from typing import Literal

from ftpair.core.ending import Leg
from ftpair.core.facts import DataConnection, Tls
from ftpair.dataplane.awaiting import Guest
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.candidates import Candidates
from ftpair.dataplane.departure import Departure
from ftpair.dataplane.dialling import NO_DESCRIPTOR, Dialling
from ftpair.dataplane.farewell import arm, reset
from ftpair.dataplane.half import Half
from ftpair.dataplane.listening import Listening
from ftpair.dataplane.terms import Surroundings, Terms

Mode = Literal["passive", "active"]
Result = Literal["opened", "stray", "failed", "no-port", "no-descriptor"]


class Meeting:
    """Brings sockets to the two halves; `on_come` and `on_failed` hear of each, in a later call."""

    __slots__ = (
        "_aim",
        "_awaited_at",
        "_candidates",
        "_client",
        "_first",
        "_on_come",
        "_on_failed",
        "_server",
        "_terms",
        "_with",
    )

    def __init__(
        self,
        surroundings: Surroundings,
        terms: Terms,
        halves: tuple[Half, Half],
        on_come: Callable[[Half], None],
        on_failed: Callable[[Half, str], None],
    ) -> None:
        """`halves` are the client's and the server's."""
        self._with, self._terms = surroundings, terms
        self._client, self._server = halves
        self._on_come, self._on_failed = on_come, on_failed
        self._candidates: Candidates | None = None
        self._first: socket.socket | None = None
        """The first connection of the client, or of who may be it."""
        self._aim: tuple[Departure, tuple[str, int]] | None = None
        self._awaited_at: tuple[str, int] | None = None
        """Where the server waits, until it is dialled."""

    def forget(self) -> None:
        """Bring nothing any more; who was told is freed at once, without the collector."""
        self._on_come, self._on_failed = _unheard, _unheard

    # The client's leg.

    def expect(self, address: str, numbers: tuple[int, ...], client: str) -> int | None:
        """Wait for the client's leg; return the port, or None when every port of the range is taken for this client.

        Raises OSError when no descriptor is left for one.
        """
        binding = self._terms.binding
        if binding.session != "off" and self._client.wants_tls:
            self._candidates = Candidates(self._with, self._terms, client, self._first_came, self._won)
        welcome = self._candidates.welcome if self._candidates else self._client_arrived
        guest = Guest(client, binding.peer, may_come_again=self._candidates is not None)
        try:
            expectation = self._with.ports.expect(address, numbers, guest, welcome)
        except OSError:
            self._note("passive", Leg.CLIENT, "no-descriptor")
            raise
        if expectation is None:
            self._note("passive", Leg.CLIENT, "no-port")
            return None
        self._client.way = self._candidates or expectation
        if self._candidates:
            self._candidates.come_by(expectation)
        return expectation.number

    def _first_came(self, sock: socket.socket) -> None:
        """Dial the server, which may say its 150 only then: a client has come, whichever it is."""
        self._first = sock
        self._dial_now()

    def _won(self, sock: BufferedTls, agreed: Tls) -> None:
        self._client.way = None
        self._client.sock, self._client.tls = sock, agreed
        self._on_come(self._client)

    def check(self, now: float) -> None:
        """Turn away who is too slow in proving to be the client; called about every second."""
        if self._candidates is not None and self._client.sock is None:
            self._candidates.check(now, self._client.since)

    @property
    def lack(self) -> str:
        """What has not come, for a client that has not come."""
        return self.lack_of_proof or "no data connection from the client"

    @property
    def lack_of_proof(self) -> str:
        """The same where connections have come and did not prove to be the client's; else empty."""
        is_unproven = self._candidates is not None and self._candidates.turned_away and self._client.sock is None
        return "no data connection that resumes the session's TLS" if is_unproven else ""

    def _client_arrived(self, sock: socket.socket, _host: str) -> None:
        self._come(self._client, "passive", sock)

    def aim(self, departure: Departure, client: tuple[str, int]) -> None:
        """Dial the client when it is wanted."""
        self._aim = (departure, client)

    def begin(self) -> None:
        """Dial a client that waits itself: the server has agreed to the transfer. In a rescue it may be there."""
        if self._aim is not None and self._client.sock is None and self._client.way is None:
            departure, client = self._aim
            self._client.way = Dialling(
                self._with.sockets,
                client,
                lambda sock: self._come(self._client, "active", sock),
                lambda reason: self._fail(self._client, "active", reason),
                departure,
            ).insist(self._patience_s)

    # The server's leg.

    def renew_server(self) -> Half:
        """Forget the server; return the half for the leg of another one."""
        self._awaited_at = None
        self._server = Half(Leg.SERVER)
        return self._server

    def dial(self, host: str, port: int) -> None:
        """Dial the server when the client's leg has come: the server sees what the client does, when it does it."""
        self._awaited_at = (host, port)
        if self._first is not None or self._aim is not None:
            self._dial_now()

    def _dial_now(self) -> None:
        if self._awaited_at is None:
            return
        peer, self._awaited_at = self._awaited_at, None
        self._server.way = Dialling(
            self._with.sockets,
            peer,
            lambda sock: self._come(self._server, "passive", sock),
            lambda reason: self._fail(self._server, "passive", reason),
            self._terms.opening(self._first),
        ).insist(self._patience_s)

    def listen(self, listener: socket.socket, server: str) -> int:
        """Wait for the server's leg on a port of its own; return it."""
        self._server.way = way = Listening(
            self._with.sockets,
            listener,
            server,
            lambda sock: self._come(self._server, "active", sock),
            lambda: self._note("active", Leg.SERVER, "stray"),
        )
        return way.number

    def give_notice(self) -> None:
        """Reset the leg that a server still waits for when no client has come, so that it answers and goes on."""
        if self._awaited_at is not None:
            Dialling(self._with.sockets, self._awaited_at, reset, lambda _reason: None).insist(self._patience_s)

    # Both.

    @property
    def _patience_s(self) -> float:
        """How long a descriptor is waited for: not up to the clock by which the other side would be to blame."""
        return self._terms.clocks.data_timeout_s / 2

    def _come(self, half: Half, mode: Mode, sock: socket.socket) -> None:
        half.way = None
        self._note(mode, half.leg, "opened")
        arm(sock)
        half.sock = sock
        if half is self._client:
            self._first_came(sock)
        self._on_come(half)

    def _fail(self, half: Half, mode: Mode, reason: str) -> None:
        half.way, half.is_our_lack = None, reason == NO_DESCRIPTOR
        self._note(mode, half.leg, "no-descriptor" if half.is_our_lack else "failed")
        self._on_failed(half, f"data connection to the {half.leg.value}: {reason}")

    def _note(self, mode: Mode, leg: Leg, result: Result) -> None:
        self._with.note(DataConnection(self._terms.service, mode, leg, result))


def _unheard(_half: Half, _reason: str = "") -> None:
    """Take the place of an owner that has gone."""
