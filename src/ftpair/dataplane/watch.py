"""Which socket waits for what: one epoll for the whole data plane, itself watched by the loop as a single descriptor.

uvloop calls back once when a socket has an error and then watches it no more (libuv: "polling is discontinued" at
EPOLLERR), so a reset that stands behind unread bytes would never be heard of. Here an event comes again until it is
dealt with or its watch is taken back.
"""

import asyncio
import select
import time
from collections.abc import Callable

_READS = select.EPOLLIN
_WRITES = select.EPOLLOUT
_MOST_EVENTS = 256

Callback = Callable[[], None]


class Watch:
    """Calls back when descriptors are readable or writable; an error or a hang-up is both. Level-triggered.

    Whoever closes a descriptor takes its watches back first.
    """

    __slots__ = ("_epoll", "_fresh", "_masks", "_readers", "_writers", "lasted_s", "loop", "turn")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._epoll = select.epoll()
        self._readers: dict[int, Callback] = {}
        self._writers: dict[int, Callback] = {}
        self._masks: dict[int, int] = {}
        """What the kernel was asked for."""
        self._fresh: set[int] = set()
        """Watched since the last wake-up: events that are at hand belong to a former owner of the number."""
        self.turn = 0
        """How many wake-ups there were."""
        self.lasted_s = 0.0
        """How long the last one that is over took."""
        loop.add_reader(self._epoll.fileno(), self._wake)

    def add_reader(self, fd: int, callback: Callback) -> None:
        """Call back whenever `fd` is readable, from now on."""
        self._readers[fd] = callback
        self._ask(fd, self._masks.get(fd, 0) | _READS)

    def hold_reader(self, fd: int, callback: Callback) -> None:
        """Call back only if the connection breaks, from now on: what is readable stays in the kernel."""
        self._readers[fd] = callback
        self._ask(fd, self._masks.get(fd, 0) & ~_READS)

    def remove_reader(self, fd: int) -> None:
        """Call back no more when it is readable; harmless when nobody asked."""
        if self._readers.pop(fd, None) is not None:
            self._ask(fd, self._masks[fd] & ~_READS)

    def add_writer(self, fd: int, callback: Callback) -> None:
        """Call back whenever `fd` is writable, from now on."""
        self._writers[fd] = callback
        self._ask(fd, self._masks.get(fd, 0) | _WRITES)

    def remove_writer(self, fd: int) -> None:
        """Call back no more when it is writable; harmless when nobody asked."""
        if self._writers.pop(fd, None) is not None:
            self._ask(fd, self._masks[fd] & ~_WRITES)

    def _ask(self, fd: int, mask: int) -> None:
        before = self._masks.get(fd)
        if before is None:
            self._epoll.register(fd, mask)
            self._fresh.add(fd)
        elif not mask and fd not in self._readers and fd not in self._writers:
            self._epoll.unregister(fd)
            del self._masks[fd]
            return
        elif mask != before:
            self._epoll.modify(fd, mask)
        self._masks[fd] = mask

    def _wake(self) -> None:
        self._fresh.clear()
        self.turn += 1
        began = time.monotonic()
        for fd, events in self._epoll.poll(0, _MOST_EVENTS):
            if events != _WRITES and fd not in self._fresh and (reader := self._readers.get(fd)) is not None:
                self._call(reader)
            if events != _READS and fd not in self._fresh and (writer := self._writers.get(fd)) is not None:
                self._call(writer)
        self.lasted_s = time.monotonic() - began

    def _call(self, callback: Callback) -> None:
        try:
            callback()
        except Exception as error:  # noqa: BLE001  A bug in one callback must not cost the others their event.
            self.loop.call_exception_handler({"message": f"{callback} failed", "exception": error})
