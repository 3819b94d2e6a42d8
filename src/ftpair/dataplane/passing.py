"""Two connections joined: bytes pass both ways as they are, ends and breaks too.

The end of one side's direction (FIN) goes on as the end of that direction, once every byte before it is out; the other
direction lives on. A break of either side (a reset, a dead peer) breaks the other: a cut file never looks whole.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable

from ftpair.core.ending import End
from ftpair.dataplane.farewell import arm, disarm, reset
from ftpair.dataplane.stock import Pipe, Stock
from ftpair.dataplane.tls import reason_of

COPY_BYTES = 64 << 10
"""So much is copied at once."""
STREAM_BYTES = 16 << 10
"""Where so much comes at once, the next bytes go through a pipe (splice); below, a copy is cheaper."""
_SPLICE_FLAGS = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK


class _Lane:
    """One direction: what waits in it, and whether it has ended."""

    __slots__ = (
        "bytes",
        "destination",
        "has_ended",
        "is_over",
        "pending",
        "pipe",
        "piped",
        "reads",
        "source",
        "streams",
    )

    def __init__(self, source: socket.socket, destination: socket.socket) -> None:
        self.source, self.destination = source, destination
        self.bytes = 0
        self.pending = memoryview(b"")
        """What was copied and has no room yet."""
        self.pipe: Pipe | None = None
        self.piped = 0
        self.has_ended = False
        """The source has ended; bytes may still wait."""
        self.is_over = False
        self.reads = False
        self.streams = False
        """Much came at once, so that more is to be expected."""

    @property
    def is_waiting(self) -> bool:
        """Whether bytes wait for room."""
        return bool(self.pending or self.piped)


class Passing:
    """Passes bytes until both directions have ended, or one side breaks; `on_end(end, reason)` comes once.

    Both sockets are taken over and closed here. `stop` ends it from outside, without a word to `on_end`.
    """

    __slots__ = ("_down", "_on_end", "_stock", "_up", "_watch", "moved_at")

    def __init__(
        self, stock: Stock, client: socket.socket, server: socket.socket, on_end: Callable[[End, str], None]
    ) -> None:
        self._stock, self._watch, self._on_end = stock, stock.watch, on_end
        self._up, self._down = _Lane(client, server), _Lane(server, client)
        self.moved_at = time.monotonic()
        """When something moved last."""

    def start(self) -> None:
        """Begin; a worker that dies leaves resets behind, never an end."""
        for sock in (self._up.source, self._down.source):
            arm(sock)
        self._stock.join()
        for lane in (self._up, self._down):
            self._await_source(lane)

    @property
    def bytes_up(self) -> int:
        """How many bytes have gone from the client to the server."""
        return self._up.bytes

    @property
    def bytes_down(self) -> int:
        """The other way round."""
        return self._down.bytes

    def stop(self, end: End = End.CUT) -> None:
        """End both connections: with a reset, or in order."""
        self._on_end = _unheard
        self._close(end)

    # One direction's turn.

    def _go_on(self, lane: _Lane) -> None:
        try:
            self._turn(lane)
        except OSError as error:
            self._finish(End.CUT, reason_of(error))

    def _turn(self, lane: _Lane) -> None:
        before, most = lane.bytes, self._stock.turn_bytes
        while lane.bytes - before < most:
            if lane.is_waiting and not self._push(lane):
                self._await_room(lane)
                break
            if lane.has_ended or not self._pull(lane):
                break
        if lane.bytes != before:
            self.moved_at = time.monotonic()
        if not lane.is_waiting:
            self._caught_up(lane)

    def _pull(self, lane: _Lane) -> bool:
        """Take what the source has; return whether there was something."""
        try:
            pipe = self._pipe_of(lane) if lane.streams else None
            if pipe is None:
                lane.pending = memoryview(lane.source.recv(COPY_BYTES))
                count = len(lane.pending)
            else:
                source, most = lane.source.fileno(), self._stock.turn_bytes
                count = lane.piped = os.splice(source, pipe[1], most, flags=_SPLICE_FLAGS)
        except BlockingIOError:
            return False
        lane.has_ended = not count
        lane.streams = count >= STREAM_BYTES
        return bool(count)

    def _pipe_of(self, lane: _Lane) -> Pipe | None:
        """Return the lane's pipe; None where no descriptor is left for one: a copy needs none."""
        if lane.pipe is None:
            with contextlib.suppress(OSError):
                lane.pipe = self._stock.take_pipe()
        return lane.pipe

    def _push(self, lane: _Lane) -> bool:
        """Give the destination what waits; return whether all of it went."""
        try:
            if lane.pipe is not None and lane.piped:
                count = os.splice(lane.pipe[0], lane.destination.fileno(), lane.piped, flags=_SPLICE_FLAGS)
                lane.piped -= count
            else:
                count = lane.destination.send(lane.pending)
                lane.pending = lane.pending[count:]
        except BlockingIOError:
            return False
        lane.bytes += count
        return not lane.is_waiting

    def _caught_up(self, lane: _Lane) -> None:
        """Nothing waits: hand the pipe back, and pass the end on if that is what came."""
        self._give_pipe(lane)
        self._watch.remove_writer(lane.destination.fileno())
        if not lane.has_ended:
            self._await_source(lane)
        elif not lane.is_over:
            lane.is_over = True
            self._pass_end_on(lane)

    def _pass_end_on(self, lane: _Lane) -> None:
        other = self._down if lane is self._up else self._up
        if other.is_over:
            self._finish(End.ENDED, "")
            return
        self._watch.hold_reader(lane.source.fileno(), lambda: self._broke(lane.source))
        lane.destination.shutdown(socket.SHUT_WR)

    # Watching.

    def _await_source(self, lane: _Lane) -> None:
        if not lane.reads:
            lane.reads = True
            self._watch.add_reader(lane.source.fileno(), lambda: self._go_on(lane))

    def _await_room(self, lane: _Lane) -> None:
        """Leave what the source has in the kernel; a break of it is heard of, unless it has ended: that looks alike."""
        lane.reads = False
        if lane.has_ended:
            self._watch.remove_reader(lane.source.fileno())
        else:
            self._watch.hold_reader(lane.source.fileno(), lambda: self._broke(lane.source))
        self._watch.add_writer(lane.destination.fileno(), lambda: self._go_on(lane))

    def _broke(self, sock: socket.socket) -> None:
        """A hang-up without an error is no break: both directions have ended there, and bytes may wait unread."""
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._finish(End.CUT, reason_of(OSError(number, os.strerror(number))))
        else:
            self._watch.remove_reader(sock.fileno())

    # The end.

    def _finish(self, end: End, reason: str) -> None:
        on_end, self._on_end = self._on_end, _unheard
        self._close(end)
        on_end(end, reason)

    def _close(self, end: End) -> None:
        if self._up.source.fileno() < 0:
            return
        self._stock.leave()
        for lane in (self._up, self._down):
            self._give_pipe(lane)
        for sock in (self._up.source, self._down.source):
            self._watch.remove_reader(sock.fileno())
            self._watch.remove_writer(sock.fileno())
            if end is End.CUT:
                reset(sock)
            else:
                disarm(sock)
                sock.close()

    def _give_pipe(self, lane: _Lane) -> None:
        if lane.pipe is not None:
            self._stock.give_pipe(lane.pipe, is_empty=not lane.piped)
            lane.pipe = None


def _unheard(_end: End, _reason: str) -> None:
    """Take the place of an owner that has gone."""
