"""Newcomers go where there is least to do: a worker passes a connection on to one that has less than itself.

The kernel spreads connections over the listeners of a port by lot. Among many that evens out; of four clients all may
come to one worker while the others rest. So each worker looks at what the others have (`Counts`) before it takes a
connection in, and gives it away (SCM_RIGHTS) to the *inbox* of the one that has least. The supervisor keeps all
inboxes open, as it keeps listeners: what lies in that of a worker that has died is served by its successor.
"""

import array
import socket
from collections.abc import Callable, Sequence
from math import inf

import msgspec

from ftpair.core.messages import ListenerKey
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.descriptors import is_one_left
from ftpair.dataplane.watch import Watch

INBOX_BYTES = 8 << 10
"""What the kernel may use for connections on their way to one worker, some twenty: one that hangs gets no more."""
PART = 8
"""A mate must have less by such a part: among many, what the lot brings is good enough."""
PAUSE_S = 0.2
"""How long an inbox rests when descriptors have run out: what is in it waits."""
_AT_ONCE = 16
_KEY_BYTES = 4096
_FD_SPACE = socket.CMSG_SPACE(array.array("i").itemsize)

OnPassed = Callable[[ListenerKey, socket.socket, str], None]


class Inboxes:
    """The supervisor's side: an inbox for each worker, by number. Workers read and write; the supervisor holds."""

    def __init__(self, workers: int) -> None:
        """Raises OSError."""
        self._pairs = [_pair() for _ in range(workers)] if workers > 1 else []

    def __bool__(self) -> bool:
        """Whether there is anybody to pass connections to."""
        return bool(self._pairs)

    def fds(self, number: int) -> tuple[int, ...]:
        """Return the descriptors for a worker: its own inbox to read, then those of all others to write, in order."""
        others = (pair for other, pair in enumerate(self._pairs) if other != number)
        return (self._pairs[number][0].fileno(), *(pair[1].fileno() for pair in others))

    def close(self) -> None:
        """Let them go."""
        for pair in self._pairs:
            for sock in pair:
                sock.close()
        self._pairs = []


def _pair() -> tuple[socket.socket, socket.socket]:
    # SEQPACKET keeps messages apart, tells when nobody can write any more, and when nobody reads.
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pair[1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, INBOX_BYTES)
    for sock in pair:
        sock.settimeout(0)
    return pair


class Mates:
    """The other workers, as one of them knows them. `on_passed` takes a connection that a mate has passed to this one.

    Nothing is passed before `use`, nor to or from a worker that works by another plan or is about to end.
    """

    __slots__ = (
        "_counts",
        "_inbox",
        "_is_able",
        "_keys",
        "_mates",
        "_names",
        "_on_passed",
        "_revision",
        "_watch",
        "passed",
    )

    def __init__(self, watch: Watch, counts: Counts, on_passed: OnPassed) -> None:
        self._watch, self._counts, self._on_passed = watch, counts, on_passed
        self._mates: list[_Mate] = []
        self._inbox: _Inbox | None = None
        self._keys: dict[bytes, ListenerKey] = {}
        self._names: dict[ListenerKey, bytes] = {}
        self._revision, self._is_able = 0, True
        self.passed = 0
        """How many connections this worker has passed on."""

    def use(self, places: Sequence[int], fds: Sequence[int]) -> None:
        """Know these mates from now on, by their places in the counts; the first descriptor is the own inbox."""
        for mate in self._mates:
            mate.outbox.close()
        inbox, *outboxes = (socket.socket(fileno=fd) for fd in fds)
        self._mates = [_Mate(place, outbox) for place, outbox in zip(places, outboxes, strict=True)]
        # What lies in a former one is still read: it ends by itself when nobody is left who could write to it.
        self._inbox = _Inbox(self._watch, inbox, self._received)
        if self._revision:
            self._inbox.open()

    def work_by(self, revision: int, keys: Sequence[ListenerKey]) -> None:
        """Pass on, and take, what comes to these listeners, to and from those who work by the same plan."""
        self._names = {key: msgspec.msgpack.encode(key) for key in keys}
        self._keys = {name: key for key, name in self._names.items()}
        self._revision = revision
        if self._inbox is not None:
            self._inbox.open()
        self.be_able(is_able=self._is_able)

    def be_able(self, *, is_able: bool) -> None:
        """Take newcomers in, or none: then whatever comes is passed on to who does, as long as there is one."""
        self._is_able = is_able
        self._counts.work_by(self._revision if is_able else 0)

    def pass_on(self, key: ListenerKey, sock: socket.socket) -> bool:
        """Give a new connection to the mate that has least, if it has clearly less; return whether it is gone."""
        mate = self._idlest() if self._revision else None
        if mate is None:
            return False
        try:
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", (sock.fileno(),)))]
            mate.outbox.sendmsg((self._names[key],), ancillary)
        except OSError:  # Its inbox is full, or it has just gone.
            return False
        sock.close()
        mate.note_passed(self._watch.turn)
        self.passed += 1
        return True

    def leave(self) -> None:
        """Pass nothing on any more, and take in what has been passed so far: nothing comes after it."""
        self._revision = 0
        self._counts.work_by(0)
        for mate in self._mates:
            mate.outbox.close()
        self._mates = []
        if self._inbox is not None:
            self._inbox.empty()
            self._inbox = None

    def _idlest(self) -> "_Mate | None":
        own = self._counts.load
        least: float = own - own // PART if self._is_able else inf
        idlest = None
        for mate in self._mates:
            if self._counts.revision_of(mate.place) == self._revision:
                load = self._counts.load_of(mate.place) + mate.underway(self._watch.turn)
                if load < least:
                    least, idlest = load, mate
        return idlest

    def _received(self, name: bytes, sock: socket.socket) -> None:
        key = self._keys.get(name)
        try:
            host = sock.getpeername()[0]
        except OSError:  # It has gone again.
            key = None
        if key is None:  # Or its listener has, with a new plan.
            sock.close()
        else:
            self._on_passed(key, sock, host)


class _Mate:
    """Another worker: its place in the counts, and where to write to."""

    __slots__ = ("_passed", "_turn", "outbox", "place")

    def __init__(self, place: int, outbox: socket.socket) -> None:
        self.place, self.outbox = place, outbox
        self._passed, self._turn = 0, -1

    def note_passed(self, turn: int) -> None:
        """Remember a connection that it was passed in this turn of the watch."""
        self._passed, self._turn = self.underway(turn) + 1, turn

    def underway(self, turn: int) -> int:
        """Return how many were passed in this very turn, so that its load does not show them yet."""
        return self._passed if turn == self._turn else 0


class _Inbox:
    """Reads connections, a few at a time, until nobody can write any more."""

    __slots__ = ("_on_received", "_sock", "_watch")

    def __init__(self, watch: Watch, sock: socket.socket, on_received: Callable[[bytes, socket.socket], None]) -> None:
        self._watch, self._sock, self._on_received = watch, sock, on_received

    def open(self) -> None:
        """Read from now on; before, what comes waits."""
        if self._sock.fileno() >= 0:
            self._watch.add_reader(self._sock.fileno(), self._readable)

    def empty(self) -> None:
        """Read all there is, refuse more, end."""
        if self._sock.fileno() >= 0:  # Otherwise it has ended already: nobody was left who could write.
            self._sock.shutdown(socket.SHUT_RD)  # A mate that writes from here on is told so, and keeps its connection.
            while self._read_one():
                pass
            self._end()

    def _readable(self) -> None:
        if not is_one_left("accept"):  # The kernel would drop the connection that found none.
            self._watch.remove_reader(self._sock.fileno())
            self._watch.loop.call_later(PAUSE_S, self.open)
            return
        for _ in range(_AT_ONCE):
            if not self._read_one():
                return

    def _read_one(self) -> bool:
        try:
            name, ancillary, _flags, _address = self._sock.recvmsg(_KEY_BYTES, _FD_SPACE, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return False
        except OSError:
            name, ancillary = b"", []
        if not name:
            self._end()
            return False
        for _level, _kind, raw in ancillary:
            sock = socket.socket(fileno=array.array("i", raw)[0])
            sock.settimeout(0)
            self._on_received(name, sock)
        return True

    def _end(self) -> None:
        if self._sock.fileno() >= 0:
            self._watch.remove_reader(self._sock.fileno())
            self._sock.close()
