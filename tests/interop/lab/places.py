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
    # Sixteen networks of 254 for each of two thousand process numbers.
    second, first_third = 64 + os.getpid() % 128, os.getpid() // 128 % 16 * 16
    thirds, hosts = range(first_third, first_third + 16), range(1, 255)
    return (f"127.{second}.{third}.{host}" for third, host in itertools.product(thirds, hosts))


_FREE = _addresses()


def fresh_address() -> str:
    """Return a loopback address that nothing else in this run uses."""
    return next(_FREE)
