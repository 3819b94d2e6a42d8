"""Rates over all workers: token buckets (`balance.buckets`) in a table that they share; the throttle of a transfer."""

import time
from collections.abc import Callable

from ftpair.balance import buckets
from ftpair.balance.buckets import Level, Rate
from ftpair.core.limits import Limits
from ftpair.dataplane.shared_table import Row, SharedTable


def key_of(*words: str) -> bytes:
    """Return the key of a bucket; words hold no NUL, so no two keys are the same."""
    return "\0".join(words).encode("utf-8", "surrogatepass")


class Rates:
    """All buckets of all workers. The clock counts from the machine's start, so every process reads the same."""

    __slots__ = ("_now", "_table")

    def __init__(self, table: SharedTable, now: Callable[[], float] = time.monotonic) -> None:
        self._table, self._now = table, now

    def take(self, key: bytes, rate: Rate) -> float:
        """Take one; return 0.0, or in how many seconds there will be one again."""
        wait_s = 0.0
        now = self._now()

        def how(row: Row | None) -> Row | None:
            nonlocal wait_s
            level = _level(row)
            taken = buckets.take(rate, level, now)
            if taken is None:
                wait_s = buckets.next_one_s(rate, level, now)
                return row
            return Row(*taken.level)

        self._table.change(key, how)
        return wait_s

    def owe(self, key: bytes, rate: Rate, amount: float) -> float:
        """Take in any case; return how many seconds to wait for it."""
        wait_s = 0.0
        now = self._now()

        def how(row: Row | None) -> Row:
            nonlocal wait_s
            taken = buckets.owe(rate, _level(row), now, amount)
            wait_s = taken.wait_s
            return Row(*taken.level)

        self._table.change(key, how)
        return wait_s

    def counted(self, key: bytes, within_s: float) -> int:
        """Return what `count` has come to."""
        row = self._table.look(key)
        return int(row.amount) if row is not None and self._now() - row.stamp < within_s else 0

    def count(self, key: bytes, within_s: float) -> int:
        """Count something that is forgotten when it does not happen again within that time; return the count."""
        now = self._now()

        def how(row: Row | None) -> Row:
            return Row(now, row.amount + 1 if row is not None and now - row.stamp < within_s else 1.0)

        row = self._table.change(key, how)
        return int(row.amount) if row is not None else 0


def _level(row: Row | None) -> Level | None:
    return Level(row.stamp, row.amount) if row is not None else None


class Throttle:
    """The bandwidth of one session's transfers: its own, its user's and its service's (`relay.Throttle`)."""

    __slots__ = ("_rates", "_shared", "portion_bytes")

    def __init__(self, rates: Rates, limits: Limits, service: str, session: str, user: str) -> None:
        self._rates = rates
        wanted = (
            (key_of("session", session), limits.bytes_per_second_per_session),
            (key_of("bandwidth-of-user", service, user), limits.bytes_per_second_per_user),
            (key_of("bandwidth", service), limits.bytes_per_second_per_service),
        )
        self._shared = tuple((key, buckets.smooth(limit)) for key, limit in wanted if limit)
        self.portion_bytes = buckets.portion_bytes(*(limit for _key, limit in wanted))

    def rest_s(self, moved: int) -> float:
        """Take note of bytes that moved; return how many seconds to rest."""
        return max(self._rates.owe(key, rate, moved) for key, rate in self._shared)
