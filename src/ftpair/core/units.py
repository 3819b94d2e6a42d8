"""Figures in the units that people read: MiB, MiB/s, hours and minutes."""

from datetime import UTC, datetime

_STEPS = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
_TIMES = (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))


def size(count: float) -> str:
    """Return a number of bytes: `0 B`, `16.0 KiB`, `256.0 MiB`."""
    for unit, step in _STEPS:
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count:.0f} B"


def rate(bytes_per_second: float) -> str:
    """Return a rate: `120.3 MiB/s`."""
    return f"{size(bytes_per_second)}/s"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: `3 h 12 min`, `42 s`, `0.4 s`."""
    for unit, step, lesser, part in _TIMES:
        if seconds >= step:
            return f"{seconds // step:.0f} {unit} {seconds % step // part:.0f} {lesser}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def counted(count: int, noun: str) -> str:
    """Return `1 server`, `3 servers`, `no servers`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def of_limit(count: int, limit: int, noun: str) -> str:
    """Return `12 of 500 sessions` where there is a limit, else `12 sessions`."""
    return f"{count} of {counted(limit, noun)}" if limit else counted(count, noun)


def moment(seconds: float) -> str:
    """Return a moment, in seconds since the epoch: `2026-11-28 07:15:00 UTC`; `never` for 0."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC" if seconds else "never"
