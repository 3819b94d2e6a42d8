"""Tables that live: a stream remembers what its page has, and tells what is new, what is other and what is gone."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ftpair.web.news import News

Row = dict[str, Any]
"""What one line of a table says, ready for JSON; moments in seconds since the epoch, so that ages need no news."""
SAME_MOMENT_S = 1.5
"""An age is told as of a moment that is never quite the same; within this it did not change."""


class Rows:
    """The rows that a page has."""

    def __init__(self) -> None:
        self._had: Mapping[str, Row] | None = None

    def former(self, key: str) -> Row:
        """Return the row that the page has by this key; an empty one, if it has none."""
        return (self._had or {}).get(key, {})

    def news(self, rows: Mapping[str, Row], now: float) -> tuple[News, ...]:
        """Return what makes the page have these rows: all of them at first, then only what changed."""
        had, self._had = self._had, rows
        known = had or {}
        told = {
            "now": now,
            "whole": had is None,
            "rows": [row | {"key": key} for key, row in rows.items() if known.get(key) != row],
            "gone": [key for key in known if key not in rows],
        }
        is_news = told["whole"] or told["rows"] or told["gone"]
        return (News("rows", "", msgspec.json.encode(told)),) if is_news else ()


def steady(former: float | None, moment: float) -> float:
    """Return the former moment if this is the same, but for the time that it took to tell."""
    is_same = former is not None and abs(former - moment) < SAME_MOMENT_S
    return former if is_same and former is not None else round(moment, 1)


def speed(moved: int, seconds: float) -> float:
    """Return bytes per second since the last look; none if a counter began anew."""
    return max(0, moved) / max(seconds, 0.1)
