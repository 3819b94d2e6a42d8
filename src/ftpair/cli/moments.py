"""Moments as people write them: how long ago (`90min`, `2h`, `3d`), or a date and time."""

import re
from datetime import datetime

from ftpair.cli.failures import WrongUseError

_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(s|min|h|d)")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def moment(words: str, now: float) -> float:
    """Return seconds since the epoch, 0 for no words; a time without a zone is local. Raises WrongUseError."""
    if not words:
        return 0.0
    if ago := _AGO.fullmatch(words.strip()):
        return max(0.0, now - float(ago[1]) * _SECONDS[ago[2]])
    try:
        return max(0.0, datetime.fromisoformat(words.strip()).timestamp())
    except (ValueError, OverflowError, OSError):
        raise WrongUseError(
            f"{words!r} is no time: write 30min, 2h or 3d for so long ago, or 2026-01-31T08:00."
        ) from None
