"""Token buckets: how much may happen by now. Pure; who keeps them (a session, a shared table) is no matter here."""

from dataclasses import dataclass
from typing import NamedTuple

SMOOTH_S = 0.25
"""How much of a stream may run ahead: short enough to be even, long enough for a loop that is late."""
MOST_AT_ONCE_BYTES = 256 << 10
LEAST_AT_ONCE_BYTES = 512
STEPS_PER_SECOND = 10
"""A slowed transfer moves in about so many portions a second."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So much per second, and so much ahead of it."""

    per_second: float
    burst: float


class Level(NamedTuple):
    """What was in a bucket at a moment; below 0 somebody has taken ahead and waits."""

    stamp: float
    amount: float


class Taken(NamedTuple):
    """What is left, and after how many seconds the taker may go on; 0 at once."""

    level: Level
    wait_s: float


def per_minute(number: float, burst_s: float) -> Rate:
    """Return the rate of so many a minute; `burst_s` seconds' worth, at least one, may come at once."""
    return Rate(number / 60.0, max(1.0, number * burst_s / 60.0))


def smooth(per_second: float) -> Rate:
    """Return the rate of a stream that flows evenly."""
    return Rate(per_second, per_second * SMOOTH_S)


def take(rate: Rate, level: Level | None, now: float, amount: float = 1.0) -> Taken | None:
    """Take if all of it is there; None if it is not. No bucket yet is a full one."""
    filled = _filled(rate, level, now)
    return Taken(Level(now, filled - amount), 0.0) if filled >= amount else None


def owe(rate: Rate, level: Level | None, now: float, amount: float) -> Taken:
    """Take in any case, and say how long to wait for it: who asks first is served first, so all get the same share."""
    left = _filled(rate, level, now) - amount
    return Taken(Level(now, left), max(0.0, -left / rate.per_second))


def next_one_s(rate: Rate, level: Level | None, now: float) -> float:
    """Return in how many seconds one more may be taken."""
    return max(0.0, (1.0 - _filled(rate, level, now)) / rate.per_second)


def portion_bytes(*per_second: float) -> int:
    """Return how many bytes a transfer moves at once under these limits (0: none), so that it flows evenly."""
    slowest = min((each for each in per_second if each), default=float(MOST_AT_ONCE_BYTES * STEPS_PER_SECOND))
    return int(min(MOST_AT_ONCE_BYTES, max(LEAST_AT_ONCE_BYTES, slowest / STEPS_PER_SECOND)))


def _filled(rate: Rate, level: Level | None, now: float) -> float:
    if level is None:
        return rate.burst
    return min(rate.burst, level.amount + max(0.0, now - level.stamp) * rate.per_second)
