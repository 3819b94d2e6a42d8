"""Times of HAProxy's file. Pure."""

import re
from typing import Any

from ftpair.imports.haproxy_file import Door, last

_UNITS = {"us": 1e-6, "ms": 1e-3, "": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """Return a time in seconds; without a unit it is in milliseconds (HAProxy's configuration manual, 2.5)."""
    found = re.fullmatch(r"(\d+)(us|ms|s|m|h|d|)", text)
    return float(int(found[1]) * _UNITS[found[2]]) if found else 7200.0


def times(doors: list[Door]) -> dict[str, Any]:
    """Return the longest idle time of the proxies of a service, and the time of its connects, as far as written."""
    lines = [last(door.scopes, "timeout", side) for door in doors for side in ("client", "server", "tunnel")]
    idle = [value for line in lines if line and (value := seconds(line.words[-1]))]
    connect = last(doors[0].scopes, "timeout", "connect")
    found = {"longest_transfer_s": max(idle)} if idle else {}
    return found | ({"connect_timeout_s": seconds(connect.words[-1])} if connect else {})
