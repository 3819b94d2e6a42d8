"""Loopback addresses of one's own, so that every part uses its usual ports and no two runs meet."""

import itertools
import os
from collections.abc import Iterator

CONTROL_PORT = 2121
IMPLICIT_PORT = 2990
# Below the ephemeral ports (32768), which outgoing connections would take at random.
PASSIVE_FIRST = 20000
PASSIVE_LAST = 20999


def _addresses() -> Iterator[str]:
    network = f"127.{64 + os.getpid() % 128}.{os.getpid() // 128 % 256}"
    return (f"{network}.{host}" for host in itertools.chain(range(1, 255)))


_FREE = _addresses()


def fresh_address() -> str:
    """Return a loopback address that nothing else in this run uses."""
    return next(_FREE)
