"""Newcomers go where there is least to do: a worker passes a connection on to one that has less than itself.

The kernel spreads connections over the listeners of a port by lot. Among many that evens out; of four clients all may
come to one worker while the others rest. So each worker looks at what the others have (`Counts`) before it takes a
connection in, and gives it away (SCM_RIGHTS) to the *inbox* of the one that has least. The supervisor keeps all
inboxes open, as it keeps listeners: what lies in that of a worker that has died is served by its successor.
"""

import array
import logging
import os
import select
import socket
import time
from collections.abc import Callable, Sequence
from math import inf

import msgspec

from ftpair.core.messages import ListenerKey
from ftpair.dataplane.accepting import Share
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.descriptors import used_up
from ftpair.dataplane.watch import Watch

log = logging.getLogger(__name__)

INBOX_BYTES = 8 << 10
"""What the kernel may use for connections on their way to one worker, some twenty: one that hangs gets no more."""
PART = 8
"""A mate must have less by such a part: among many, what the lot brings is good enough."""
PAUSE_S = 0.2
"""How long an inbox rests when descriptors have run out: what is in it waits."""
_AT_ONCE = 16
_NAME_BYTES = 256
_ROOM = socket.CMSG_LEN(array.array("i").itemsize)
"""For one descriptor: in the room that CMSG_SPACE gives there are two."""
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})

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
        "_inboxes",
        "_is_able",
        "_keys",
        "_mates",
        "_names",
        "_on_passed",
        "_revision",
        "_share",
        "_watch",
        "passed",
    )

    def __init__(self, watch: Watch, counts: Counts, share: Share, on_passed: OnPassed) -> None:
        """`share` is what newcomers may have of the worker's time, by whichever way they come."""
        self._watch, self._counts, self._share, self._on_passed = watch, counts, share, on_passed
        self._mates: list[_Mate] = []
        self._inboxes: list[_Inbox] = []
        """The own one, and former ones: those end by themselves when nobody is left who could write to them."""
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
        self._inboxes = [each for each in self._inboxes if each.is_open]
        self._inboxes.append(_Inbox(self._watch, inbox, self._share, self._received))
        self._read()

    def work_by(self, revision: int, keys: Sequence[ListenerKey]) -> None:
        """Pass on, and take, what comes to these listeners, to and from those who work by the same plan."""
        # By address: a listener that moves to another service keeps who is under way, as it keeps its queue.
        self._names = {key: msgspec.msgpack.encode((key.host, key.port)) for key in keys}
        self._keys = {name: key for key, name in self._names.items()}
        self._revision = revision
        self._read()
        self.be_able(is_able=self._is_able)

    def be_able(self, *, is_able: bool) -> None:
        """Take newcomers in, or none: then whoever comes is passed on to who does, as long as there is one."""
        self._is_able = is_able
        self._counts.work_by(self._revision if is_able else 0)

    def pass_on(self, key: ListenerKey, sock: socket.socket) -> bool:
        """Give a new connection to the mate that has least, if it has clearly less; return whether it is gone."""
        if not self._revision:
            return False
        for _load, mate in sorted(self._idler(), key=lambda idler: idler[0]):
            if self._give(mate, self._names[key], sock):
                sock.close()
                mate.note_passed(self._watch.turn)
                self.passed += 1
                return True
        return False

    def leave(self) -> None:
        """Pass nothing on any more, and take in what has been passed so far: nothing comes after it."""
        self._revision = 0
        self._counts.work_by(0)
        for mate in self._mates:
            mate.outbox.close()
        for inbox in self._inboxes:
            inbox.empty()
        self._mates, self._inboxes = [], []

    def _read(self) -> None:
        if self._revision:  # Before there is a plan, who comes waits.
            for inbox in self._inboxes:
                inbox.open()

    def _idler(self) -> list[tuple[int, "_Mate"]]:
        """Return the mates that have clearly less to do than this worker, and what they have."""
        own, turn = self._counts.load, self._watch.turn
        bar = own - own // PART if self._is_able else inf
        able = (mate for mate in self._mates if self._counts.revision_of(mate.place) == self._revision)
        loads = ((self._counts.load_of(mate.place) + mate.underway(turn), mate) for mate in able)
        return [(load, mate) for load, mate in loads if load < bar]

    def _give(self, mate: "_Mate", name: bytes, sock: socket.socket) -> bool:
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", (sock.fileno(),)))]
        try:
            mate.outbox.sendmsg((name,), ancillary, socket.MSG_DONTWAIT)
        except ConnectionError:  # It has left, or died while no supervisor keeps its inbox.
            mate.outbox.close()
            self._mates.remove(mate)
        except OSError:  # Its inbox is full: it hangs, or has more than enough to do.
            pass
        else:
            return True
        return False

    def _received(self, name: bytes, sock: socket.socket) -> None:
        key = self._keys.get(name)
        if key is None:
            log.info("a listener is gone, and with it who was passed on to this worker")
            sock.close()
            return
        try:
            host = sock.getpeername()[0]
        except OSError:  # It has gone again.
            sock.close()
            return
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
    """Reads connections, a few at a time and within the share of newcomers, until nobody can write any more."""

    __slots__ = ("_on_received", "_share", "_sock", "_watch")

    def __init__(
        self, watch: Watch, sock: socket.socket, share: Share, on_received: Callable[[bytes, socket.socket], None]
    ) -> None:
        self._watch, self._sock, self._share, self._on_received = watch, sock, share, on_received

    @property
    def is_open(self) -> bool:
        """Whether anything may still come."""
        return self._sock.fileno() >= 0

    def open(self) -> None:
        """Read from now on; before, what comes waits."""
        if self.is_open:
            self._watch.add_reader(self._sock.fileno(), self._readable)

    def empty(self) -> None:
        """Refuse more, and read all there is; it ends with the last one, later if descriptors have run out."""
        if self.is_open:
            self._sock.shutdown(socket.SHUT_RD)  # A mate that writes from here on is told so, and keeps its connection.
            while self._read_one():
                pass

    def _readable(self) -> None:
        began = time.monotonic()
        for _ in range(_AT_ONCE):
            if not self._read_one():
                return
            began, before = time.monotonic(), began
            if not self._share.spend(began - before):
                return

    def _read_one(self) -> bool:
        """Take one connection in; return whether there may be more."""
        try:
            # Looked at first: for want of a descriptor the kernel would drop the connection with its message.
            name, ancillary, _flags, _address = self._sock.recvmsg(
                _NAME_BYTES, _ROOM, socket.MSG_PEEK | socket.MSG_CMSG_CLOEXEC | socket.MSG_DONTWAIT
            )
            fds = [fd for _level, _kind, raw in ancillary for fd in array.array("i", raw)]
            if name and not fds:
                self._rest()
                return False
            self._sock.recv(_NAME_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:  # Nobody knows what; but an inbox that cannot be read would be asked for ever.
            self._end()
            return False
        if not name and self._has_ended():
            self._end()
            return False
        for fd in fds:
            self._take(name, fd)
        return True

    def _take(self, name: bytes, fd: int) -> None:
        try:
            sock = socket.socket(fileno=fd)
        except OSError:  # No socket at all; nobody but a worker that was taken over sends such.
            os.close(fd)
            return
        sock.settimeout(0)
        if sock.family not in _INTERNET:
            sock.close()
            return
        try:
            self._on_received(name, sock)
        except Exception:  # A bug with one newcomer must not cost the others their turn, nor the worker its end.
            log.exception("a connection that was passed on cannot be taken in")
            sock.close()

    def _has_ended(self) -> bool:
        poll = select.poll()
        poll.register(self._sock, select.POLLRDHUP)
        return bool(poll.poll(0))

    def _rest(self) -> None:
        """Descriptors have run out: what is here waits."""
        used_up["accept"] += 1
        self._watch.remove_reader(self._sock.fileno())
        self._watch.loop.call_later(PAUSE_S, self.open)

    def _end(self) -> None:
        if self.is_open:
            self._watch.remove_reader(self._sock.fileno())
            self._sock.close()
