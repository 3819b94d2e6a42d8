"""Memory that is free goes back to the kernel: glibc keeps what lies between living pieces until it is asked for it.

Measured: after 16,000 transfers with TLS on both sides 9 of a worker's 53 MiB were such holes. To give 15 MiB back
takes 2.5 ms.
"""

import ctypes
from collections.abc import Callable

TRIM_S = 30.0
"""So long it rests between two times."""


def _trim_of_libc() -> Callable[[int], object]:
    """Return malloc_trim(3); where the C library is not glibc, what does nothing."""
    return getattr(ctypes.CDLL(None), "malloc_trim", lambda _pad: None)


class Heap:
    """The heap of a worker: trimmed now and then, when sessions have ended since the last time."""

    __slots__ = ("_has_holes", "_next", "_trim")

    def __init__(self, trim: Callable[[int], object] | None = None) -> None:
        self._trim = trim or _trim_of_libc()
        self._has_holes = False
        self._next = 0.0

    def session_ended(self) -> None:
        """Hear of a session whose memory is free now."""
        self._has_holes = True

    def tick(self, now: float) -> None:
        """Trim if it is time; called about every second."""
        if self._has_holes and now >= self._next:
            self._has_holes, self._next = False, now + TRIM_S
            self._trim(0)
