"""How long an event waits until the worker comes to it: the worker writes to itself and looks when it is heard.

The descriptor stands in the queue of the epoll behind all that are ready before it, as a client's command does. A
timer would not: it is looked at in every turn of the loop, however many events are left for the next. The loop's own
clock stands still during a turn.
"""

import os
import time

from ftpair.dataplane.watch import Watch


class Echo:
    """One call at a time; `close` ends it."""

    __slots__ = ("_called_at", "_fd", "_lag_s", "_watch")

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._called_at = 0.0
        self._lag_s = 0.0
        watch.add_reader(self._fd, self._heard)

    def call(self) -> float:
        """Return how many seconds the last call has waited, or waits by now, and call anew."""
        now = time.monotonic()
        if self._called_at:
            return max(self._lag_s, now - self._called_at)
        self._called_at = now
        os.eventfd_write(self._fd, 1)
        return self._lag_s

    def _heard(self) -> None:
        os.eventfd_read(self._fd)
        self._lag_s = time.monotonic() - self._called_at
        self._called_at = 0.0

    def close(self) -> None:
        """Call no more; harmless when that was said before."""
        if self._fd >= 0:
            self._watch.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
