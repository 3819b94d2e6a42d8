"""How many descriptors this process has open; asking never fails, not even when the last one is taken."""

import os
import resource
from contextlib import suppress

FEWEST_SESSIONS = 4
_OF_THE_PROCESS = 64
_OF_AN_IDLE_SESSION = 2
"""Its control connections with client and server."""
_SHARE_OF_SESSIONS = 0.9
"""The rest is for the data connections of those who are here."""


def most_sessions() -> int:
    """Return how many sessions this process lets in: with more, those who are here could not work any more."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(FEWEST_SESSIONS, int(soft * _SHARE_OF_SESSIONS - _OF_THE_PROCESS) // _OF_AN_IDLE_SESSION)


class OpenDescriptors:
    """Counts by a directory that is opened once and early, for there may be no descriptor left to open it later."""

    def __init__(self) -> None:
        self._directory = -1
        with suppress(OSError):  # No /proc: the figure stays 0.
            self._directory = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._last = 0

    def count(self) -> int:
        """Return the number of open descriptors, or the last one known when it cannot be told now (EMFILE)."""
        with suppress(OSError):
            # One of them is the copy that listdir reads through; pathlib takes no descriptor.
            self._last = len(os.listdir(self._directory)) - 1  # noqa: PTH208
        return self._last


open_descriptors = OpenDescriptors().count
