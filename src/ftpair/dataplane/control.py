"""One control connection: bytes in, bytes out, TLS from any moment on. Knows no FTP."""

import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Iterator

from ftpair.core.ending import End
from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.farewell import reset, say_goodbye
from ftpair.dataplane.watch import Watch

_READ_BYTES = 16384
_MOST_PENDING_BYTES = 4 << 20


class ControlStream:
    """A non-blocking control connection. `on_lost` is called once, and never after `close`.

    A peer that closes its side is lost, unless `on_ended` is set: that is called then, and the peer may read on.
    """

    __slots__ = (
        "_fd",
        "_handshake",
        "_has_ended",
        "_is_open",
        "_on_bytes",
        "_on_lost",
        "_pending",
        "_tls",
        "_watch",
        "_writes",
        "is_reading",
        "on_ended",
        "sock",
    )

    def __init__(
        self,
        watch: Watch,
        sock: socket.socket,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[End, str], None],
    ) -> None:
        self.sock = sock
        self._watch, self._on_bytes, self._on_lost = watch, on_bytes, on_lost
        self._fd = sock.fileno()
        self._pending = bytearray()
        self._writes = False
        self._is_open = True
        self.is_reading = False
        """Whether the peer's bytes are taken as they come."""
        self._has_ended = False
        self._handshake: tls.Handshaking | None = None
        self._tls: tls.Secured | None = None
        """The same as `sock`, while TLS is on it."""
        self.on_ended: Callable[[], None] | None = None

    # Reading.

    def resume(self) -> None:
        """Read from now on."""
        if self._is_open and not self.is_reading and not self._has_ended and self._handshake is None:
            self.is_reading = True
            self._watch.add_reader(self._fd, self._readable)
            self._read_on()

    def pause(self) -> None:
        """Leave the peer's bytes in the kernel until `resume`."""
        if self.is_reading:
            self.is_reading = False
            self._watch.remove_reader(self._fd)

    def _readable(self) -> None:
        sock = self.sock
        try:
            data = sock.recv(_READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as error:
            self._lose(End.CUT, tls.reason_of(error))
            return
        if not data:
            self._end()
            return
        self._on_bytes(data)
        if self._tls is not None and self.is_reading:
            self._read_on()

    def _read_on(self) -> None:
        """A record may hold more than was asked for; the kernel will not wake us for it."""
        if self._tls is not None and self._tls.pending():
            self._watch.loop.call_soon(self._readable_if_reading)

    def _end(self) -> None:
        if self.on_ended is None:
            self._lose(End.ENDED, "closed the connection")
            return
        self.pause()
        self._has_ended = True
        self.on_ended()

    def _readable_if_reading(self) -> None:
        if self.is_reading:
            self._readable()

    # Writing.

    def write(self, data: bytes) -> None:
        """Send, now or when the peer takes it. A peer that lets 4 MiB pile up is cut."""
        if not self._is_open:
            return
        if self._pending or self._handshake is not None:
            self._pending += data
            if len(self._pending) > _MOST_PENDING_BYTES:
                self._lose(End.CUT, "does not read its replies")
            return
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            sent = 0
        except OSError as error:
            self._watch.loop.call_soon(self._lose, End.CUT, tls.reason_of(error))  # Not from within its own effects.
            return
        if sent < len(data):
            self._pending += data[sent:]
            self._await_writable()
        elif self._tls is not None and isinstance(self._tls, BufferedTls) and self._tls.has_unsent:
            self._await_writable()

    def _await_writable(self) -> None:
        if not self._writes:
            self._writes = True
            self._watch.add_writer(self._fd, self._writable)

    def _writable(self) -> None:
        try:
            self._write_pending()
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError as error:
            self._lose(End.CUT, tls.reason_of(error))
            return
        if not self._pending:
            self._stop_writing()

    def _write_pending(self) -> None:
        if self._pending:
            # OpenSSL wants the same bytes again after a blocked write: they leave the front only when they were sent.
            del self._pending[: self.sock.send(self._pending)]
        if isinstance(self.sock, BufferedTls):
            self.sock.flush()

    def _stop_writing(self) -> None:
        if self._writes:
            self._writes = False
            self._watch.remove_writer(self._fd)

    # TLS.

    def secure(
        self,
        wrap: Callable[[socket.socket], tls.Secured],
        on_done: Callable[[], None],
        on_failed: Callable[[str], None],
    ) -> None:
        """Start TLS. Nothing is read in clear text from here on: reading stops in this very call."""
        self.pause()
        if not self._flush_now():
            on_failed("does not read its replies")
            return
        try:
            wrapped = wrap(self.sock)
        except OSError as error:
            self._lose(End.CUT, tls.reason_of(error))
            return
        self.sock = self._tls = wrapped

        def done() -> None:
            self._handshake = None
            self.resume()
            on_done()
            if self._pending and self._is_open:
                self._await_writable()

        def failed(reason: str) -> None:
            self._handshake = None
            on_failed(reason)

        self._handshake = tls.Handshaking(self._watch, wrapped, done, failed)
        self._handshake.step()

    def clear(self, last: bytes, on_done: Callable[[], None], on_failed: Callable[[str], None]) -> None:
        """Write the last bytes under TLS and end it on both sides; control goes on in clear text."""
        self.pause()
        secured = self.sock
        assert isinstance(secured, ssl.SSLSocket)
        # `unwrap` says its close_notify and reads at once: the peer must not hear of either before it has read, or
        # clear text that comes in answer would be read as a record.
        with _corked(secured):
            self.write(last)
            self._end_tls(secured, on_done, on_failed)

    def _end_tls(self, secured: ssl.SSLSocket, on_done: Callable[[], None], on_failed: Callable[[str], None]) -> None:
        if not self._flush_now():
            on_failed("does not read its replies")
            return

        def done() -> None:
            self._handshake = None
            self.sock, self._tls = tls.plain(secured), None
            on_done()

        def failed(reason: str) -> None:
            self._handshake = None
            on_failed(reason)

        self._handshake = tls.Handshaking(self._watch, secured, done, failed)
        self._handshake.to_end = True
        self._handshake.step()

    def _flush_now(self) -> bool:
        """Send what waits; in front of a handshake the kernel takes a short reply at once or the peer is no good."""
        if self._pending:
            self._stop_writing()
            try:
                del self._pending[: self.sock.send(self._pending)]
            except OSError:
                return False
        return not self._pending

    # The end.

    def close(self, end: End) -> None:
        """Close in order, behind everything that was written, or reset. No callback follows."""
        if not self._is_open:
            return
        in_handshake = self._handshake is not None
        self._forget()
        if end is End.CUT or in_handshake:
            reset(self.sock)
        else:
            say_goodbye(self._watch, self.sock, self._pending)

    def _forget(self) -> None:
        self._is_open = False
        if self._handshake is not None:
            self._handshake.cancel()
            self._handshake = None
        self.pause()
        self._stop_writing()

    def _lose(self, end: End, reason: str) -> None:
        if not self._is_open:
            return
        self._forget()
        self.sock.close()
        self._on_lost(end, reason)


@contextlib.contextmanager
def _corked(sock: socket.socket) -> Iterator[None]:
    """Let what is sent meanwhile leave in one segment."""
    descriptor = os.dup(sock.fileno())  # The socket itself may be closed, or another object, by the end.
    with socket.socket(fileno=descriptor) as same:
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # It was reset meanwhile.
                same.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
