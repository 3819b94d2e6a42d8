"""Connections of proxies in front of us: first they say for whom they are, in a header of the PROXY protocol.

Only listed networks may say so, and must. The header is read to its last byte and no further: what follows is TLS, FTP
or a file. Until then nobody else sees the connection.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable

from ftpair.core import networks
from ftpair.core.ending import Leg
from ftpair.core.facts import Fact, ProtocolError
from ftpair.core.plan import ServicePlan
from ftpair.dataplane.accepting import OnAccepted
from ftpair.dataplane.buffered_tls import RECORD_HEAD_BYTES, BufferedTls
from ftpair.dataplane.ends import Ends, Introduced
from ftpair.dataplane.farewell import reset
from ftpair.dataplane.tls import reason_of
from ftpair.dataplane.watch import Watch
from ftpair.ftp.proxy_header import MOST_BYTES, HeaderError, HeaderReader, begins_header

KIND = "no-proxy-header"
"""How a connection is counted that must begin with a header and does not."""


class Introductions:
    """All connections of one worker whose header is still awaited. `note` hears of those that bring none."""

    def __init__(self, watch: Watch, note: Callable[[Fact], None]) -> None:
        self._watch, self._note = watch, note
        self._waiting: set[_Introduction] = set()

    def meet(self, plans: Iterable[ServicePlan], sock: socket.socket, host: str, then: OnAccepted) -> None:
        """Hand a new connection on: at once, or after its header if one of the plans knows its peer for a proxy.

        `then` takes the connection and the address of its client.
        """
        plan = next((each for each in plans if each.accept_from and networks.contain(each.accept_from, host)), None)
        if plan is None:
            then(sock, host)
        else:
            self._await_header(plan, sock, host, then)

    def _await_header(self, plan: ServicePlan, sock: socket.socket, host: str, then: OnAccepted) -> None:

        def done(introduced: socket.socket, client: str) -> None:
            self._waiting.discard(introduction)
            then(introduced, client)

        def failed(reason: str) -> None:
            self._waiting.discard(introduction)
            self._note(ProtocolError(plan.name, Leg.CLIENT, KIND, "", host, reason))

        introduction = _Introduction(self._watch, sock, host, done, failed)
        self._waiting.add(introduction)
        introduction.begin(plan.clocks.handshake_timeout_s)

    def close(self) -> None:
        """Wait for no header any more."""
        for introduction in self._waiting:
            introduction.cancel()
        self._waiting.clear()


def has_sent_header(sock: socket.socket) -> bool:
    """Return whether a header stood where TLS should have begun, as far as the handshake let it come."""
    head = sock.strange if isinstance(sock, BufferedTls) else b""
    return len(head) >= RECORD_HEAD_BYTES and begins_header(head) is not False


class _Introduction:
    """One header on its way."""

    __slots__ = ("_fd", "_host", "_on_done", "_on_failed", "_reader", "_sock", "_timer", "_watch")

    _timer: asyncio.TimerHandle

    def __init__(
        self, watch: Watch, sock: socket.socket, host: str, on_done: OnAccepted, on_failed: Callable[[str], None]
    ) -> None:
        self._watch, self._sock, self._host = watch, sock, host
        self._on_done, self._on_failed = on_done, on_failed
        self._fd = sock.fileno()
        self._reader = HeaderReader()

    def begin(self, timeout_s: float) -> None:
        """Read, now and whenever bytes come."""
        self._timer = self._watch.loop.call_later(timeout_s, self._fail, f"no PROXY header within {timeout_s:g} s")
        self._watch.add_reader(self._fd, self._readable)

    def cancel(self) -> None:
        """Close the connection without a word."""
        self._forget()
        reset(self._sock)

    def _forget(self) -> None:
        self._timer.cancel()
        self._watch.remove_reader(self._fd)

    def _readable(self) -> None:
        try:
            self._read()
        except BlockingIOError:
            return
        except (OSError, HeaderError) as error:
            self._fail(error.sentence if isinstance(error, HeaderError) else reason_of(error))
            return
        if self._reader.header is not None:
            self._introduce()

    def _read(self) -> None:
        """Look at what is there, and take what belongs to the header: not one byte more, not one less."""
        data = self._sock.recv(MOST_BYTES, socket.MSG_PEEK)
        if not data:
            raise HeaderError("closed without a PROXY header")
        self._sock.recv(self._reader.feed(data))

    def _introduce(self) -> None:
        self._forget()
        header = self._reader.header
        assert header is not None
        if header.client is None or header.local is None:
            self._on_done(self._sock, self._host)  # The proxy speaks for itself: a health check.
        else:
            self._on_done(Introduced.of(self._sock, Ends(header.client, header.local)), header.client.host)

    def _fail(self, reason: str) -> None:
        self.cancel()
        self._on_failed(reason)
