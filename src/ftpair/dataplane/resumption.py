"""Which TLS session a server's data legs offer: the newest one, asked of OpenSSL no oftener than Python can bear.

CPython 3.10 to 3.12.7 and 3.13.0 lose 5.5 KiB whenever a socket is asked for its session (python/cpython#116810; 3.11
stays so), a leak with every transfer. There a session that servers resume is offered again and again, which stateless
tickets allow; a server that resumes a ticket once only is found out by its second use, and asked anew each time.
"""

import ssl
import sys
from typing import Protocol

_MENDED = {(3, 12): 8, (3, 13): 1}
IS_ASKING_DEAR = sys.version_info[:2] < (3, 14) and sys.version_info[2] < _MENDED.get(sys.version_info[:2], 1000)


class TicketUse(Protocol):
    """What is kept of servers by their slots, longer than a session: those that resume a ticket once only."""

    def add(self, slot: int, /) -> None:
        """Note such a server."""

    def __contains__(self, slot: object, /) -> bool: ...


class Resumption:
    """The TLS session of one server's control connection or of its newest data leg."""

    __slots__ = ("_is_dear", "_kept", "_single_use", "_uses")

    def __init__(self, single_use: TicketUse, *, is_dear: bool = IS_ASKING_DEAR) -> None:
        self._single_use, self._is_dear = single_use, is_dear
        self.forget()

    def forget(self) -> None:
        """Begin anew, with another server."""
        self._kept: ssl.SSLSession | None = None
        self._uses = 0

    def offer(self, control: ssl.SSLSocket | None) -> ssl.SSLSession | None:
        """Return what the next data leg offers; before the first, the session of the control connection."""
        if self._kept is not None or control is None:
            return self._kept
        session = control.session
        # In TLS 1.3 the tickets come after the handshake, and without one nothing can be resumed.
        if self._is_dear and session is not None and (session.has_ticket or control.version() == "TLSv1.2"):
            self._kept, self._uses = session, 0
        return session

    def learn(self, slot: int, leg: ssl.SSLObject) -> None:
        """Take the session of a data leg that ends, where that may help the next one."""
        if self._is_worth_it(slot, is_resumed=bool(leg.session_reused)):
            session = leg.session
            # A session without a ticket is no better than the control connection's.
            if session is not None and (session.has_ticket or session.id):
                self._kept, self._uses = (session if session.has_ticket else None), 0

    def _is_worth_it(self, slot: int, *, is_resumed: bool) -> bool:
        if not self._is_dear or self._kept is None:
            return True
        if is_resumed:
            self._uses += 1
            return slot in self._single_use
        if self._uses == 1:
            self._single_use.add(slot)
        return self._uses > 0  # A server that has never resumed this session resumes none.
