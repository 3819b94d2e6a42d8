"""How many descriptors this process has open; asking never fails, not even when the last one is taken."""

import errno
import os
import resource
from collections import Counter
from contextlib import suppress
from typing import Literal

from ftpair.balance.choice import FULL, NoChoice

NONE_LEFT = NoChoice("no descriptor is left to dial a server with", FULL)
"""Why no server is chosen: none is blamed for what we lack ourselves."""


def most_descriptors() -> int:
    """Return how many this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


Call = Literal["accept", "listen", "connect"]
used_up: Counter[Call] = Counter()
"""How often each call of this process has failed for want of a descriptor."""


def are_used_up(error: OSError, call: Call) -> bool:
    """Return whether a call failed for want of a descriptor, of the process or of the machine; count it."""
    if error.errno not in {errno.EMFILE, errno.ENFILE}:
        return False
    used_up[call] += 1
    return True


def is_one_left() -> bool:
    """Return whether one more can be opened, to connect with."""
    try:
        os.close(os.eventfd(0, os.EFD_CLOEXEC))
    except OSError as error:
        return not are_used_up(error, "connect")
    return True


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
