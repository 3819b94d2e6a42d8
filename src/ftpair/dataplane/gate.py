"""The gate of a worker: who is turned away, by limits and by bans. The session asks it, the supervisor tells it."""

import contextlib
import math
import socket
import time
from collections.abc import Callable, Iterable

from ftpair.balance import bans, buckets
from ftpair.core.facts import Fact, Reason, Refusal
from ftpair.core.limits import Ban, BanPolicy, Limits
from ftpair.core.plan import ServicePlan
from ftpair.dataplane.ends import Ends
from ftpair.dataplane.presence import Presence
from ftpair.dataplane.rates import Rates, Throttle, key_of
from ftpair.dataplane.shared_table import SharedTable

LOCKED_ADDRESS = "Your address is locked out for now: try again later."
LOCKED_USER = "This user is locked out for now: try again later."
TOO_MANY_HERE = "Too many sessions from your address: end one first."
TOO_MANY_IN_ALL = "Too many sessions: try again later."
TOO_MANY_OF_USER = "Too many sessions of this user: end one first."

MOST_AT_ONCE = 16
"""So many passwords of one address or user may be under way while none was wrong: an office that begins its day."""

_FIRST_BYTES = 4096
Note = Callable[[Fact], None]
OnFailure = Callable[[str, str, str], None]
"""Hears of a wrong password: service, address, user."""


class Gate:
    """What this worker knows of limits and bans; rates and presence are shared with the other workers."""

    def __init__(
        self,
        rates: Rates,
        presence: Presence,
        note: Note,
        on_failure: OnFailure,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.rates, self.presence, self.note, self.on_failure = rates, presence, note, on_failure
        self._now = now
        self._bans: dict[tuple[str, str, str], Ban] = {}

    def use_bans(self, added: Iterable[Ban], lifted: Iterable[tuple[str, str, str]], *, is_whole: bool) -> None:
        """Take news of the supervisor: all bans there are, or what has changed."""
        if is_whole:
            self._bans.clear()
        for key in lifted:
            self._bans.pop(key, None)
        self._bans.update((ban.key, ban) for ban in added)

    def is_banned(self, plan: ServicePlan, kind: str, subject: str, host: str) -> bool:
        """Return whether an address or a user is banned from a service; who comes from an allowed network never is."""
        if not self._bans:
            return False
        ban = self._bans.get((plan.name, kind, subject))
        if ban is None or ban.until <= self._now():
            return False
        return plan.bans is None or not bans.is_allowed(plan.bans, host)


Others = Callable[[], Iterable[int]]


def gate_of(fds: tuple[int, int], salt: bytes, place: tuple[int, Others], note: Note, on_failure: OnFailure) -> Gate:
    """Return the gate of a worker: `fds` are the tables of rates and of presence, `place` its own and all others'."""
    rates, presence = (SharedTable(fd, salt) for fd in fds)
    return Gate(Rates(rates), Presence(presence, *place), note, on_failure)


def turn_away(sock: socket.socket, text: str) -> None:
    """Close a connection at the door, with a 421 where the client can read one: no session begins."""
    with contextlib.suppress(OSError):  # Who is gone already needs no words.
        if text:
            sock.send(f"421 {text}\r\n".encode())
        # A ClientHello or a PROXY header: unread, it would make the close a reset.
        sock.recv(_FIRST_BYTES, socket.MSG_DONTWAIT)
    sock.close()


class Visit:
    """What one session has at the gate: it is counted by its address, later by its user (`session.guard.Guard`)."""

    __slots__ = ("_address", "_gate", "_host", "_is_let_in", "_plan", "_trying", "_user", "ends", "session")

    def __init__(self, gate: Gate, plan: ServicePlan, ends: Ends, session: str) -> None:
        self._gate, self._plan, self.ends, self.session = gate, plan, ends, session
        self._host = ends.client.host
        self._address = bans.subject_of_address(self._host)
        self._is_let_in = False
        self._user: str | None = None
        self._trying: list[bytes] = []
        """Whose attempts this session's counts among, while a server looks at its password."""

    @property
    def _limits(self) -> Limits:
        return self._plan.limits

    # At connect.

    def may_enter(self, *, with_handshake: bool) -> str:
        """Return why the client is turned away before anything else is done with it; empty if it is not."""
        if self._gate.is_banned(self._plan, "address", self._address, self._host):
            return self._refuse("banned-address", LOCKED_ADDRESS)
        text = self._rate("connections", self._limits.connections_per_minute_per_address, "connections")
        if not text and with_handshake:
            text = self.may_secure()
        return text or self._count_address()

    def _count_address(self) -> str:
        most = self._limits.sessions_per_address
        if most:
            self._is_let_in = True
            if self._gate.presence.enter(self._key("address", self._address)) > most:
                self.leave()
                return self._refuse("sessions-per-address", TOO_MANY_HERE)
        return ""

    def leave(self) -> None:
        """Count the session out, wherever it was counted."""
        if self._is_let_in:
            self._is_let_in = False
            self._gate.presence.leave(self._key("address", self._address))
        self._leave_user()
        self.end_try()

    def _leave_user(self) -> None:
        if self._user is not None:
            self._gate.presence.leave(self._key("user", self._user))
            self._user = None

    # While it lives.

    def may_secure(self) -> str:
        """Before a TLS handshake."""
        return self._rate("handshakes", self._limits.handshakes_per_minute_per_address, "TLS handshakes")

    def may_ask(self, user: str) -> str:
        """At USER, before a server hears of it."""
        if self._gate.is_banned(self._plan, "address", self._address, self._host):
            return self._refuse("banned-address", LOCKED_ADDRESS, user)
        if self._gate.is_banned(self._plan, "user", bans.subject_of_user(user), self._host):
            return self._refuse("banned-user", LOCKED_USER, user)
        return ""

    def may_try(self, user: str) -> str:
        """At PASS, before a server hears of it."""
        text = self.may_ask(user)
        if text or not self._limits.has_logins:
            return text
        rate = self._limits.logins_per_minute_per_address
        return self._rate("logins-per-address", rate, "logins", user) or self._rate_of_user(user)

    def _rate_of_user(self, user: str) -> str:
        rate, subject = self._limits.logins_per_minute_per_user, bans.subject_of_user(user)
        return self._rate("logins-per-user", rate, "logins", user, subject)

    def begins_try(self, user: str) -> bool:
        """Return whether a password may go to a server now; it counts as an attempt under way until `end_try`.

        Attempts under way could all be wrong. So of who has a wrong password on record no more are let through at a
        time than may still be wrong before the ban, and of anybody else no more than MOST_AT_ONCE.
        """
        policy = self._plan.bans
        if policy is None or bans.is_allowed(policy, self._host):
            return True
        subjects = {"address": self._address, "user": bans.subject_of_user(user)}
        for by in policy.by:
            key = self._key(f"trying-{by}", subjects[by])
            self._trying.append(key)
            if self._gate.presence.enter(key) > self._most_at_once(policy, by, subjects[by]):
                self.end_try()
                return False
        return True

    def _most_at_once(self, policy: BanPolicy, by: str, subject: str) -> int:
        failures = self._gate.rates.counted(self._key(f"failures-{by}", subject), policy.within_s)
        return max(1, policy.failures - failures) if failures else max(MOST_AT_ONCE, policy.failures)

    def end_try(self) -> None:
        """The server has answered, and so has ftpair; or the session is over."""
        for key in self._trying:
            self._gate.presence.leave(key)
        self._trying.clear()

    def may_stay(self, user: str) -> str:
        """Once the server has accepted the login; counts the session as the user's."""
        most, subject = self._limits.sessions_per_user, bans.subject_of_user(user)
        if not most or subject == self._user:
            return ""
        self._leave_user()
        self._user = subject
        if self._gate.presence.enter(self._key("user", subject)) <= most:
            return ""
        return self._refuse("sessions-per-user", TOO_MANY_OF_USER, user)

    def delay_s(self, user: str) -> float:
        """Return how long the answer to a wrong password waits; counts it."""
        policy = self._plan.bans
        if policy is None or bans.is_allowed(policy, self._host):
            return 0.0
        self._gate.on_failure(self._plan.name, self._host, user)
        return self._delay(policy, bans.subject_of_user(user))

    def _delay(self, policy: BanPolicy, user: str) -> float:
        rates, within_s = self._gate.rates, policy.within_s
        rates.count(self._key("failures-user", user), within_s)
        return bans.delay_s(policy, rates.count(self._key("failures-address", self._address), within_s))

    def throttle(self, user: str) -> Throttle | None:
        """Return what slows the transfers of a session; None where nothing does."""
        if not self._limits.has_bandwidth:
            return None
        return Throttle(self._gate.rates, self._limits, self._plan.name, self.session, bans.subject_of_user(user))

    def refuse_for_descriptors(self, user: str) -> None:
        """Note that no server can be dialled, for no descriptor is left."""
        self._refuse("descriptors", "", user)

    def refuse_for_places(self, user: str) -> None:
        """Note that no server, or not the service, has a place for the session."""
        self._refuse("max-sessions", "", user)

    def refuse_without_server(self, user: str) -> None:
        """Note that no server can take the session: down, drained, halted or failed."""
        self._refuse("no-server", "", user)

    def refuse_handshake(self) -> None:
        """Note that a handshake took too long: nothing can be said, neither in clear text nor under TLS."""
        self._refuse("handshake-timeout", "")

    def refuse_commands(self, user: str) -> None:
        """Note that a session ends because it sends far too many commands."""
        self._refuse("commands", "", user)

    # How it is done.

    def _key(self, what: str, subject: str) -> bytes:
        return key_of(what, self._plan.name, subject)

    def _rate(self, reason: Reason, number: int, noun: str, user: str = "", subject: str = "") -> str:
        if not number:
            return ""
        rate = buckets.per_minute(number, self._limits.burst_s)
        wait_s = self._gate.rates.take(self._key(reason, subject or self._address), rate)
        if not wait_s:
            return ""
        return self._refuse(reason, f"Too many {noun}: try again in {math.ceil(wait_s)} s.", user)

    def _refuse(self, reason: Reason, text: str, user: str = "") -> str:
        self._gate.note(Refusal(self._plan.name, reason, self._host, self.session, user))
        return text
