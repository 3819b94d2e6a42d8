"""What a page is told while it is open: a part made anew, figures for its charts, rows of its table."""

from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class News:
    """One event: its name, what tells it from others of that name, and JSON on one line."""

    event: str
    about: str
    data: bytes

    @property
    def key(self) -> tuple[str, str]:
        """What is replaced by newer news."""
        return self.event, self.about


def part(id_: str, html: str) -> News:
    """Return the news that the element of this id has other content."""
    return News("part", id_, msgspec.json.encode({"id": id_, "html": html}))


def figures(**values: Any) -> News:
    """Return values for the charts of a page."""
    return News("figures", "", msgspec.json.encode(values))
