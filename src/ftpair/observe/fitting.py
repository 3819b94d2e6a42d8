"""Lines of the log made short enough for one piece, at the cost of their longest fields. Pure."""

import select
from collections.abc import Callable
from typing import Any

LONGEST_LINE = select.PIPE_BUF - 1
"""Bytes; with the line end, what Linux writes into a pipe in one piece even if several processes write at a time."""
CUT = "..."
_SHORT = 16

Event = dict[str, Any]


def fitted(event: Event, render: Callable[[Event], bytes]) -> bytes:
    """Return the line of an event. While it is too long, its longest field is cut; of a traceback the end is kept."""
    line = render(dict(event))
    while (excess := len(line) - LONGEST_LINE) > 0:
        name = max(event, key=lambda name: _length(event[name]))
        if _length(event[name]) <= _SHORT:
            break  # A thousand short fields: no line of ours, and still whole.
        event = event | {name: _shortened(name, event[name], excess)}
        line = render(dict(event))
    return line


def _length(value: Any) -> int:
    return len(value.encode(errors="replace")) if isinstance(value, str) else len(str(value))


def _shortened(name: str, value: Any, excess: int) -> Any:
    if isinstance(value, list) and len(value) > 2:
        return [*value[: len(value) // 2], CUT]
    text = str(value)
    kept = max(len(text) - excess - len(CUT), len(text) // 2)
    return _end_of(text, kept) if name == "exception" else text[: kept - len(CUT)] + CUT


def _end_of(traceback: str, kept: int) -> str:
    whole = traceback[-kept:].partition("\n")[2]
    return f"    {CUT}\n{whole}"
