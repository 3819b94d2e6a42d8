"""When a real server is ejected for what sessions suffered from it; part of the plan, and the words for errors."""

from typing import Literal

import msgspec

ErrorKind = Literal["connect", "tls", "greeting", "slow", "421", "control", "data"]
"""What a server did to a session: no connection; no TLS; no good greeting; a late one; a 421; its control connection
broke, or it fell silent; a data connection with it broke."""
Aspect = Literal["control", "data", "time"]
"""Errors of one aspect are in a row until a session sees that aspect go well."""

ASPECT_OF: dict[ErrorKind, Aspect] = {
    "connect": "control",
    "tls": "control",
    "greeting": "control",
    "421": "control",
    "control": "control",
    "slow": "time",
    "data": "data",
}


class EjectionPolicy(msgspec.Struct, frozen=True):
    """When a server is ejected, and for how long; durations in seconds."""

    consecutive_errors: int = 5
    """So many in a row, over all sessions and workers."""
    slowest_greeting_s: float = 0.0
    """From connect to the end of greeting and TLS; one that takes longer has erred. 0: time does not count."""
    ejection_s: float = 30.0
    """The first time; so much longer each further time."""
    longest_ejection_s: float = 300.0
    max_ejected_percent: int = 50
    """Of the servers of a pool, at one time; the last one that can take a session is never ejected."""
