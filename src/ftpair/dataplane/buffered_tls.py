"""TLS through memory: many records for one call of the kernel, where `SSLSocket` makes two for each.

OpenSSL reads on by itself for as long as records come that carry no data: on an `SSLSocket` a peer that sends nothing
but KeyUpdates would hold the whole worker. Here it gets what one call of the kernel brings, and soon no more.

Measured on 2 cores (AMD EPYC): 0.73 CPU s/GiB to send and 0.64 to receive, with an `SSLSocket` 0.84 and 0.76.
What it costs is memory: as much as is sent or received at once, 64 and 128 KiB at most.
"""

import contextlib
import errno
import socket
import ssl
from collections.abc import Callable

SEND_BYTES = 64 << 10
"""More at once is dearer: what comes out of OpenSSL's memory would need fresh pages each time."""
RECEIVE_BYTES = 128 << 10
"""Less means more calls, more falls out of the processor's caches on its three ways through memory."""
RECORD_BYTES = 17 << 10
"""A TLS record and what is around it."""
MOST_BARREN_BYTES = 64 << 10
"""So much may come behind a handshake without one byte of data: tickets and KeyUpdates take less, an attack more."""
RECORD_HEAD_BYTES = 5
"""So much of a record must be there before OpenSSL judges it (RFC 8446, 5.1)."""
RECORD_TYPES = range(20, 24)
"""First bytes of TLS records (RFC 8446, 5.1); no FTP command begins with one."""
_ROOM = memoryview(bytearray(RECEIVE_BYTES))
"""Where bytes pass on their way from the kernel to OpenSSL; they never stay, so one is enough for a process."""


class NoRoomError(ssl.SSLWantWriteError):
    """The kernel takes no more at the moment; has a reason, as every SSLError that OpenSSL raises."""

    reason = "NO_ROOM"


class BufferedTls(socket.socket):
    """A non-blocking socket under TLS, with the methods of `SSLSocket` that a leg needs.

    Raises as an `SSLSocket` with `suppress_ragged_eofs=False` does: SSLWantReadError, SSLWantWriteError, for a FIN
    without close_notify what `tls.is_bare_fin` knows. The methods of `socket.socket` itself work below TLS.
    """

    __slots__ = ("_barren", "_holds_tickets", "_incoming", "_is_new", "_outgoing", "_unsent", "strange", "tls")

    def __init__(
        self,
        sock: socket.socket,
        wrap: Callable[[ssl.MemoryBIO, ssl.MemoryBIO], ssl.SSLObject],
        *,
        holds_tickets: bool = False,
    ) -> None:
        """Take a socket over; `wrap` makes the TLS object of what comes in and what goes out. Raises OSError.

        `holds_tickets`: the tickets of TLS 1.3, with which a server's part of the handshake ends, go out with what is
        sent next. A client that only writes may not read them in time, and closing over unread bytes would be a reset
        over its last ones.
        """
        sock.getpeername()  # Who is gone already is told now, as `wrap_socket` tells it.
        super().__init__(sock.family, sock.type, sock.proto, sock.detach())
        self.settimeout(0)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._unsent = memoryview(b"")
        self._barren = 0
        """How much has come since there was data."""
        self._holds_tickets = holds_tickets
        self._is_new = True
        """Whether it is still open if the peer begins with TLS."""
        self.strange = b""
        """What came first, where that was no TLS: it tells who speaks there."""
        self.tls = wrap(self._incoming, self._outgoing)

    # The handshake and the end.

    def do_handshake(self) -> None:
        """Go as far as the peer's bytes allow."""
        self._answering(self.tls.do_handshake, holds_last=self._holds_tickets)

    def unwrap(self) -> None:
        """Send close_notify and wait for the peer's."""
        self._answering(self.tls.unwrap)

    def _answering(self, step: Callable[[], object], *, holds_last: bool = False) -> None:
        """Repeat a step for as long as the peer has more to say, and send what it wants said."""
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                self.flush()
                count = self._pull()
                if self._is_new:
                    self._look(count)
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self.flush()  # The alert says to the peer why.
                raise
            else:
                if not (holds_last and self.tls.version() == "TLSv1.3"):
                    self.flush()
                return

    def _look(self, count: int) -> None:
        """Keep the first bytes of who does not begin with TLS."""
        if self.strange or _ROOM[0] not in RECORD_TYPES:
            self.strange += _ROOM[:count]
            self._is_new = len(self.strange) < RECORD_HEAD_BYTES
        else:
            self._is_new = False

    # Data.

    def send(self, data: memoryview, _flags: int = 0) -> int:  # type: ignore[override]  # One kind of bytes.
        """Send some of it, return how much; behind the last of it comes `flush`."""
        self.flush()
        count = self.tls.write(data[:SEND_BYTES])
        with contextlib.suppress(ssl.SSLWantWriteError):
            self.flush()
        return count

    def flush(self) -> None:
        """Hand everything to the kernel. Raises SSLWantWriteError while it has no room."""
        while self._unsent or self._outgoing.pending:
            if not self._unsent:
                self._unsent = memoryview(self._outgoing.read())
            try:
                sent = super().send(self._unsent)
            except BlockingIOError:
                raise NoRoomError from None
            self._unsent = self._unsent[sent:]

    def read_into(self, room: memoryview) -> int:
        """Receive some bytes; 0 is the peer's close_notify."""
        read = self.tls.read
        while True:
            try:
                count: int = read(len(room), room)  # type: ignore[assignment]  # With a buffer it returns their number.
            except ssl.SSLWantReadError:
                self._pull_data(RECEIVE_BYTES)
            else:
                self._barren = 0
                return count

    def recv(self, most: int, _flags: int = 0) -> bytes:
        """Receive some bytes; none is the peer's close_notify."""
        while True:
            try:
                data = self.tls.read(most)
            except ssl.SSLWantReadError:
                self._pull_data(RECORD_BYTES)
            else:
                self._barren = 0
                return data

    def _pull_data(self, most: int) -> None:
        """Take what the kernel has. Raises ConnectionAbortedError for who sends nothing but records without data."""
        if self._barren > MOST_BARREN_BYTES:
            raise ConnectionAbortedError(errno.ECONNABORTED, "records without data, one after the other")
        self._barren += self._pull(most)

    def _pull(self, most: int = RECORD_BYTES) -> int:
        """Take what the kernel has; return how many bytes."""
        try:
            count = super().recv_into(_ROOM, most)
        except BlockingIOError:
            raise ssl.SSLWantReadError from None
        if count:
            self._incoming.write(_ROOM[:count])
        else:
            self._incoming.write_eof()
        return count

    @property
    def has_unsent(self) -> bool:
        """Whether something is still to be handed to the kernel (`flush`)."""
        return bool(self._unsent or self._outgoing.pending)

    def pending(self) -> int:
        """Return how many bytes have come in that the kernel will wake nobody for."""
        return self.tls.pending() + self._incoming.pending
