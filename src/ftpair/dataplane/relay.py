"""Relays: the bytes of one transfer from one leg to the other, and how they end. Data never passes through the session.

Clear to clear moves by splice(2) through a pipe, without a copy; with TLS on a leg through one 256 KiB buffer. A relay
yields after its turn (`Stock.turn_bytes`), so that a thousand transfers share a worker fairly.
"""

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from ftpair.core.ending import End
from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.stock import SHORTEST_TURN_BYTES, Pipe, Stock

RECORD_BYTES = 16 << 10
"""What a TLS record holds at most."""
_SMALL_BYTES = 64 << 10
"""Up to here a copy through user space is cheaper than a pipe."""
SHORTEST_REST_S = 0.002
"""What a timer can keep; a shorter rest stays owed until the next one."""
_SPLICE_FLAGS = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK
_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def bound_queue(sock: socket.socket) -> None:
    """Let no more than two turns of a crowd wait in the kernel unsent, which else keeps 4 MiB for a slow reader.

    What was sent and is not acknowledged yet is not bounded, so that a long way makes nothing slower.
    """
    with contextlib.suppress(OSError):  # The peer may have reset it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, 2 * SHORTEST_TURN_BYTES)


class Throttle(Protocol):
    """Keeps a transfer to its limits."""

    portion_bytes: int
    """How much is moved at once, so that it flows evenly."""

    def rest_s(self, moved: int) -> float:
        """Take note of bytes that moved; return how many seconds to rest."""


def _receiver(source: socket.socket) -> Callable[[memoryview], int]:
    return source.read_into if isinstance(source, BufferedTls) else source.recv_into


class Relay:
    """One direction of one transfer. `on_end(end, reason, culprit_is_source)` comes once, and never after `stop`.

    ENDED means: the source ended in order and every byte of it was handed to the destination's socket. Both sockets are
    watched all the time; ending and closing them is the owner's part.
    """

    __slots__ = (
        "_buffer",
        "_filled",
        "_is_bounded",
        "_is_counted",
        "_is_half_closed",
        "_on_end",
        "_pipe",
        "_piped",
        "_portion",
        "_reads",
        "_receive",
        "_resting",
        "_sent",
        "_source_ended",
        "_stock",
        "_throttle",
        "_told",
        "_watch",
        "_watches",
        "_writes",
        "bytes",
        "destination",
        "may_end_bare",
        "source",
        "uses_splice",
    )

    def __init__(
        self,
        stock: Stock,
        source: socket.socket,
        destination: socket.socket,
        on_end: Callable[[End, str, bool], None],
        *,
        may_end_bare: bool = False,
    ) -> None:
        self._watch, self._stock, self._on_end = stock.watch, stock, on_end
        self.source, self.destination = source, destination
        self.may_end_bare = may_end_bare
        self.bytes = 0
        self._receive = _receiver(source)
        self.uses_splice = not isinstance(source, BufferedTls) and not isinstance(destination, BufferedTls)
        self._throttle: Throttle | None = None
        self._portion = 0
        self._told = 0
        self._resting: asyncio.TimerHandle | None = None
        self._buffer: bytearray | None = None
        self._filled = self._sent = 0
        self._pipe: Pipe | None = None
        self._piped = 0
        self._reads = self._writes = self._watches = self._is_counted = self._is_bounded = False
        self._source_ended = self._is_half_closed = False

    def slow_down(self, throttle: Throttle) -> None:
        """Keep to these limits from the start; portions are cut in a buffer of our own, for a pipe would run ahead."""
        self._throttle = throttle
        self._portion = throttle.portion_bytes
        self.uses_splice = False

    def start(self) -> None:
        """Begin; the first bytes are often there already."""
        self._is_counted = True
        self._stock.join()
        self._go_on()

    @property
    def moved(self) -> int:
        """How many bytes the destination was given, to the last one, though the buffer may hold more of them."""
        return self.bytes + (self._sent if self._filled else 0)

    def stop(self) -> None:
        """Touch the sockets no more and give back what was lent."""
        self.bytes, self._filled = self.moved, 0
        if self._is_counted:
            self._is_counted = False
            self._stock.leave()
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        self._leave_source()
        self._await_destination(wanted=False)
        self._unwatch_destination()
        if self._buffer is not None:
            self._stock.give_buffer(self._buffer)
            self._buffer = None
        if self._pipe is not None:
            self._stock.give_pipe(self._pipe, is_empty=not self._piped)
            self._pipe = None
        self._on_end = _unheard

    # One turn.

    @property
    def _turn_bytes(self) -> int:
        turn = self._stock.turn_bytes
        return min(turn, self._portion) if self._portion else turn

    def _go_on(self) -> None:
        is_small = self.bytes < _SMALL_BYTES
        if not is_small and not self._is_bounded and self._stock.is_crowded:
            self._is_bounded = True
            bound_queue(self.destination)
        try:
            if self.uses_splice and not is_small and self._buffer is None:
                self._splice_turn()
            else:
                self._copy_turn()
        except _Broken as broken:
            self._end(End.CUT, broken.reason, culprit_is_source=broken.is_source)

    def _copy_turn(self) -> None:
        moved, turn = 0, self._turn_bytes
        while moved < turn:
            if not self._filled and not self._source_ended:
                self._fill(turn)
            if not self._filled:
                break
            self._drain()
            if self._filled:
                return  # The destination is full; its writability goes on.
            moved = moved + self._sent
            if self.uses_splice and self.bytes >= _SMALL_BYTES:
                break
        self._release_buffer()
        self._after_turn()

    def _fill(self, most: int) -> None:
        """Read until the buffer is full or the source has no more for now."""
        buffer = self._buffer
        if buffer is None:
            buffer = self._buffer = self._stock.take_buffer()
        self._filled = self._sent = 0
        try:
            if self.uses_splice:
                self._filled = self.source.recv_into(buffer)
                self._source_ended = not self._filled
            else:
                self._fill_up(memoryview(buffer)[:most])
        except _WOULD_BLOCK:
            pass
        except OSError as error:
            if not (self.may_end_bare and tls.is_bare_fin(error)):
                raise _Broken(tls.reason_of(error), is_source=True) from None
            self._source_ended = True

    def _fill_up(self, view: memoryview) -> None:
        """Take as much as there is: the fuller the buffer, the fewer wake-ups."""
        while self._filled < len(view):
            count = self._receive(view[self._filled :])
            self._filled += count
            if count < RECORD_BYTES:
                self._source_ended = not count
                break  # A short record: send first, ask again later.

    def _drain(self) -> None:
        """Send what the buffer holds; `_filled` is 0 when all is out."""
        assert self._buffer is not None
        view = memoryview(self._buffer)
        try:
            while self._sent < self._filled:
                self._sent += self.destination.send(view[self._sent : self._filled])
            if isinstance(self.destination, BufferedTls):
                self.destination.flush()
        except _WOULD_BLOCK:
            self._await_room()
            return
        except OSError as error:
            raise _Broken(tls.reason_of(error), is_source=False) from None
        self.bytes += self._filled
        self._filled = 0
        self._await_destination(wanted=False)

    def _splice_turn(self) -> None:
        if self._pipe is None:
            try:
                self._pipe = self._stock.take_pipe()
            except OSError:  # No descriptor left: a copy needs none.
                self.uses_splice = False
                self._copy_turn()
                return
        pull, push = self._pipe
        source, destination = self.source.fileno(), self.destination.fileno()
        moved, turn = 0, self._stock.turn_bytes
        while moved < turn:
            if not self._piped:
                self._piped = self._splice_in(source, push, turn)
                if not self._piped:
                    break
            count = self._splice_out(pull, destination)
            if not count:
                self._await_room()
                return
            self._piped -= count
            self.bytes += count
            moved += count
        if self._piped:
            self._await_room()
            return
        self._await_destination(wanted=False)
        if not moved or self._source_ended:
            self._stock.give_pipe(self._pipe, is_empty=True)
            self._pipe = None
        self._after_turn()

    def _splice_in(self, source: int, push: int, most: int) -> int:
        try:
            count = os.splice(source, push, most, flags=_SPLICE_FLAGS)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise _Broken(tls.reason_of(error), is_source=True) from None
        self._source_ended = not count
        return count

    def _splice_out(self, pull: int, destination: int) -> int:
        try:
            return os.splice(pull, destination, self._piped, flags=_SPLICE_FLAGS)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise _Broken(tls.reason_of(error), is_source=False) from None

    def _release_buffer(self) -> None:
        if self._buffer is not None:
            self._stock.give_buffer(self._buffer)
            self._buffer = None

    def _after_turn(self) -> None:
        if self._source_ended:
            self._end(End.ENDED, "", culprit_is_source=False)
        elif self._throttle is None or not self._must_rest(self._throttle):
            self._await_source()
            if isinstance(self.source, BufferedTls) and self.source.pending():
                # The kernel will not wake us for what OpenSSL holds.
                self._watch.loop.call_soon(self._go_on_if_reading)

    # Resting.

    @property
    def is_resting(self) -> bool:
        """Whether it stands still because a limit wants it so."""
        return self._resting is not None

    def _must_rest(self, throttle: Throttle) -> bool:
        """Leave the source's bytes in the kernel for as long as the limits say; a break of either leg is heard of."""
        seconds = throttle.rest_s(self.bytes - self._told)
        self._told = self.bytes
        if seconds < SHORTEST_REST_S:
            return False
        self._reads = False
        self._watch_destination()
        self._watch.hold_reader(self.source.fileno(), self._source_broke)
        self._resting = self._watch.loop.call_later(seconds, self._rested)
        return True

    def _rested(self) -> None:
        self._resting = None
        self._go_on()

    def _go_on_if_reading(self) -> None:
        if self._reads:
            self._go_on()

    # Watching.

    def _await_source(self) -> None:
        if not self._reads:
            self._reads = True
            self._watch_destination()
            self._watch.add_reader(self.source.fileno(), self._go_on)

    def _await_room(self) -> None:
        """The destination is full: the source's bytes stay in the kernel, but a reset of it is heard of."""
        self._reads = False
        if self._source_ended:
            self._leave_source()
        else:
            self._watch.hold_reader(self.source.fileno(), self._source_broke)
        self._await_destination(wanted=True)

    def _leave_source(self) -> None:
        self._reads = False
        self._watch.remove_reader(self.source.fileno())

    def _source_broke(self) -> None:
        error = self.source.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or errno.ECONNRESET
        self._end(End.CUT, tls.reason_of(OSError(error, os.strerror(error))), culprit_is_source=True)

    def _await_destination(self, *, wanted: bool) -> None:
        if wanted is not self._writes:
            self._writes = wanted
            if wanted:
                self._watch.add_writer(self.destination.fileno(), self._go_on)
            else:
                self._watch.remove_writer(self.destination.fileno())

    def _watch_destination(self) -> None:
        if not self._watches and not self._is_half_closed:
            self._watches = True
            self._watch.add_reader(self.destination.fileno(), self._destination_spoke)

    def _unwatch_destination(self) -> None:
        if self._watches:
            self._watches = False
            self._watch.remove_reader(self.destination.fileno())

    def _destination_spoke(self) -> None:
        """TLS tickets are taken in, an end of its own direction is no harm, a reset cuts the transfer."""
        try:
            if not self.destination.recv(16384):
                self._half_closed()
        except _WOULD_BLOCK:
            return
        except OSError as error:
            if tls.is_bare_fin(error):
                self._half_closed()
                return
            self._end(End.CUT, tls.reason_of(error), culprit_is_source=False)

    def _half_closed(self) -> None:
        self._is_half_closed = True
        self._unwatch_destination()

    def _end(self, end: End, reason: str, *, culprit_is_source: bool) -> None:
        on_end = self._on_end
        self.stop()
        on_end(end, reason, culprit_is_source)


def _unheard(_end: End, _reason: str, _culprit_is_source: bool) -> None:
    """Take the place of an owner that shall be freed at once, without the collector."""


class _Broken(Exception):  # noqa: N818  It is caught a few lines above, by its meaning.
    """A leg broke."""

    def __init__(self, reason: str, *, is_source: bool) -> None:
        super().__init__(reason)
        self.reason, self.is_source = reason, is_source
