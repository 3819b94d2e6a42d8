"""Who logs in wrongly again and again waits longer and longer; in memory, in a table of bounded size."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

FREE = 3
"""Mistakes that cost nothing."""
FORGET_S = 3600.0
"""Whoever made no mistake for so long begins anew."""
ROWS = 10_000
"""What was changed longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class _Row:
    failures: int
    until: float
    """By the clock that nobody sets."""


class Throttle:
    """Counts by a key, such as an address; nobody waits longer than `longest_s`."""

    def __init__(self, longest_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._longest_s, self._now = longest_s, now
        self._rows: OrderedDict[str, _Row] = OrderedDict()

    def wait_s(self, key: str) -> int:
        """Return how many seconds there are to wait; 0: none."""
        return max(0, math.ceil(self._row(key).until - self._now()))

    def count(self, key: str) -> None:
        """Count an attempt as a failure, before it is known: many at once are no way around."""
        failures = self._row(key).failures + 1
        wait_s = min(self._longest_s, 2.0 ** min(failures - FREE, 30)) if failures > FREE else 0.0
        self._keep(key, _Row(failures, self._now() + wait_s))

    def take_back(self, key: str) -> None:
        """One attempt was good after all; the failures before it still count."""
        row = self._row(key)
        self._keep(key, replace(row, failures=max(0, row.failures - 1), until=self._now()))

    def forget(self, key: str) -> None:
        """Begin anew with this key."""
        self._rows.pop(key, None)

    def _row(self, key: str) -> _Row:
        row = self._rows.get(key, _Row(0, 0.0))
        return row if self._now() < row.until + FORGET_S else _Row(0, 0.0)

    def _keep(self, key: str, row: _Row) -> None:
        self._rows[key] = row
        self._rows.move_to_end(key)
        if len(self._rows) > ROWS:
            self._rows.popitem(last=False)


def network_of(address: str) -> str:
    """Return what is counted of an address: an IPv6 network of 64 bits has one owner (RFC 6177)."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(known.ipv4_mapped or IPv6Address(int(known) >> 64 << 64))
    return address
