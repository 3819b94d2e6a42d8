"""Connections that may be the client's leg of one data connection, until TLS tells which one is.

Who may connect is no proof (VU#2558): others have the client's address too. So all of them may shake hands, several at
once, and the first that has resumed the session's TLS wins (`require`; with `prefer` any other may, if none does).
The others are reset without a byte, and the port goes on waiting until the owner cancels.
"""

import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

from ftpair.core.ending import Leg
from ftpair.core.facts import DataConnection, Handshake, Tls
from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.farewell import arm, reset
from ftpair.dataplane.half import Way
from ftpair.dataplane.terms import Surroundings, Terms

PATIENCE_S = 1.0
"""How long a handshake may take while others wait for its place."""
PREFER_S = 1.0
"""How long one that has not resumed gives way to others (`prefer`)."""

Result = Literal["opened", "opened-unresumed", "stray", "not-resumed", "no-handshake", "too-slow", "too-many"]


class _Candidate:
    """One connection: silent, in line, shaking hands, or done without having resumed."""

    __slots__ = ("handshake", "host", "since", "sock", "tls")

    def __init__(self, sock: socket.socket, host: str) -> None:
        self.sock, self.host = sock, host
        self.since = time.monotonic()
        self.handshake: tls.Handshaking | None = None
        self.tls: Tls | None = None


class Candidates:
    """All connections that came for one expectation; `on_won` takes the one that is the client's.

    `on_first` takes the first that comes: a client has come, whichever it is.
    """

    __slots__ = (
        "_client",
        "_in_line",
        "_is_admitting",
        "_on_first",
        "_on_won",
        "_runner_up",
        "_shaking",
        "_silent",
        "_terms",
        "_way",
        "_with",
        "turned_away",
    )

    def __init__(
        self,
        surroundings: Surroundings,
        terms: Terms,
        client: str,
        on_first: Callable[[socket.socket], None],
        on_won: Callable[[BufferedTls, Tls], None],
    ) -> None:
        """`client` is the address of the session's client."""
        self._with, self._terms, self._client = surroundings, terms, client
        self._on_first: Callable[[socket.socket], None] | None = on_first
        self._on_won = on_won
        self._way: Way | None = None
        self._silent: dict[_Candidate, int] = {}
        self._in_line: deque[_Candidate] = deque()
        self._shaking: set[_Candidate] = set()
        self._runner_up: _Candidate | None = None
        self._is_admitting = False
        self.turned_away = 0
        """How many have shaken hands without having resumed."""

    def come_by(self, way: Way) -> None:
        """Cancel this, too, when no more may come."""
        self._way = way

    def cancel(self) -> None:
        """Let none come any more; those that are here are strays."""
        if self._way is not None:
            self._way.cancel()
        left = [*self._silent, *self._in_line, *self._shaking, self._runner_up]
        self._in_line.clear()
        for candidate in left:
            if candidate is not None:
                self._dismiss(candidate, "stray")

    # One comes.

    def welcome(self, sock: socket.socket, host: str) -> None:
        """Take a connection and wait for it to speak."""
        arm(sock)
        candidate = _Candidate(sock, host)
        self._with.ports.unproven += 1
        if self._is_crowded and not self._make_way():
            self._dismiss(candidate, "too-many")
            return
        self._silent[candidate] = sock.fileno()
        self._with.sockets.add_reader(sock.fileno(), lambda: self._speaks(candidate))
        if self._on_first is not None:
            on_first, self._on_first = self._on_first, None
            on_first(sock)

    @property
    def _is_crowded(self) -> bool:
        here = len(self._silent) + len(self._in_line) + len(self._shaking)
        ports = self._with.ports
        is_worker_crowded = ports.unproven > ports.bounds.candidates_in_worker
        return here >= (ports.bounds.few if is_worker_crowded else ports.bounds.candidates)

    def _make_way(self) -> bool:
        oldest = next(iter(self._silent), None)
        if oldest is not None:
            self._dismiss(oldest, "too-many")
        return oldest is not None

    def _speaks(self, candidate: _Candidate) -> None:
        self._with.sockets.remove_reader(self._silent.pop(candidate))
        self._in_line.append(candidate)
        self._next()

    # They shake hands.

    def _next(self) -> None:
        if self._is_admitting:  # A handshake that ends at once comes back here.
            return
        self._is_admitting = True
        most = self._with.ports.bounds.handshakes
        if self._in_line and len(self._shaking) >= most:
            self._lose_patience(PATIENCE_S)
        while self._in_line and len(self._shaking) < most:
            self._shake_hands(self._in_line.popleft())
        self._is_admitting = False

    def _shake_hands(self, candidate: _Candidate) -> None:
        try:
            candidate.sock = sock = self._terms.wrap_client(candidate.sock)
        except OSError:  # It is gone already.
            self._dismiss(candidate, "no-handshake")
            return
        candidate.since = time.monotonic()
        candidate.handshake = tls.Handshaking(
            self._with.sockets, sock, lambda: self._done(candidate), lambda reason: self._failed(candidate, reason)
        )
        self._shaking.add(candidate)
        candidate.handshake.step()

    def _failed(self, candidate: _Candidate, reason: str) -> None:
        self._with.note(Handshake(self._terms.service, Leg.CLIENT, "data", None, reason))
        self._dismiss(candidate, "no-handshake")
        self._settle()

    def _done(self, candidate: _Candidate) -> None:
        self._shaking.discard(candidate)
        candidate.tls = agreed = tls.negotiated(candidate.sock)
        self._with.note(Handshake(self._terms.service, Leg.CLIENT, "data", agreed))
        if agreed.resumed:
            self._win(candidate, "opened")
            return
        if self._terms.binding.session == "require" or self._runner_up is not None:
            self._turn_away(candidate, agreed)
        else:
            self._runner_up = candidate
            candidate.since = time.monotonic()
        self._settle()

    def _turn_away(self, candidate: _Candidate, agreed: Tls) -> None:
        self.turned_away += 1
        if candidate.host == self._client:  # Perhaps the client itself, which does not know how to resume.
            self._terms.saw(agreed)
        self._dismiss(candidate, "not-resumed")

    def _settle(self) -> None:
        """Let the next one shake hands; if there is none, and nothing must be proven, the runner-up has won."""
        self._next()
        if self._runner_up is not None and not (self._silent or self._in_line or self._shaking):
            self._win(self._runner_up, "opened-unresumed")

    def _win(self, candidate: _Candidate, result: Result) -> None:
        if candidate is self._runner_up:
            self._runner_up = None
        self._note(result)
        self.cancel()
        self._with.ports.unproven -= 1
        assert isinstance(candidate.sock, BufferedTls)
        assert candidate.tls is not None
        self._on_won(candidate.sock, candidate.tls)

    # They go.

    def _dismiss(self, candidate: _Candidate, result: Result) -> None:
        fd = self._silent.pop(candidate, None)
        if fd is not None:
            self._with.sockets.remove_reader(fd)
        self._shaking.discard(candidate)
        if candidate is self._runner_up:
            self._runner_up = None
        if candidate.handshake is not None:
            candidate.handshake.cancel()
        self._with.ports.unproven -= 1
        reset(candidate.sock)
        self._note(result)

    def _note(self, result: Result) -> None:
        self._with.note(DataConnection(self._terms.service, "passive", Leg.CLIENT, result))

    # Clocks.

    def check(self, now: float, begun: float) -> None:
        """Turn away who is too slow; called about every second once the transfer has begun, with the moment of that.

        Before, a client may be silent: many begin their handshake when they have read the 150.
        """
        patience_s = self._terms.clocks.handshake_timeout_s
        for candidate in [each for each in self._silent if now - max(each.since, begun) > patience_s]:
            self._dismiss(candidate, "too-slow")
        self._lose_patience(PATIENCE_S if self._in_line else patience_s)
        if self._runner_up is not None and now - self._runner_up.since > PREFER_S:
            self._win(self._runner_up, "opened-unresumed")
        else:
            self._settle()

    def _lose_patience(self, patience_s: float) -> None:
        now = time.monotonic()
        for candidate in [each for each in self._shaking if now - each.since > patience_s]:
            self._dismiss(candidate, "too-slow")
