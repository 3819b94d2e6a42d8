"""The names of probe files: whose a file is and how old, so that one that somebody still needs is never deleted."""

import re
import secrets
import time

from ftpair.core.plan import ServerPlan

MOST_SWEPT = 16
"""How many one visit deletes."""
MOST_KEPT = 64
"""How many may lie there: where none can be deleted, no more are added."""
OLD_S = 3600.0
"""From which age on a file is nobody's: other probers may be at work beside us, and their clocks be wrong."""
_PROCESS = secrets.token_hex(4)
_NAME = re.compile(rb"ftpair-probe-([0-9a-z]{1,32})-([0-9a-f]{1,12})-[0-9a-f]{16}\.tmp")


def new_name(server: ServerPlan, now: float | None = None) -> str:
    """Return a name that no other file has; `now` is in seconds since the epoch."""
    born = int(time.time() if now is None else now)
    return f"ftpair-probe-{_owner(server)}-{born:x}-{secrets.token_hex(8)}.tmp"


def in_listing(listing: bytes, server: ServerPlan, longest_visit_s: float) -> list[str]:
    """Return what former probes have left: our own ones of this server, since there is one at a time, and old ones."""
    oldest = time.time() - OLD_S - longest_visit_s
    own = _owner(server).encode()
    return [found[0].decode() for found in _NAME.finditer(listing) if found[1] == own or int(found[2], 16) < oldest]


def is_crowded(listing: bytes) -> bool:
    """Return whether there are so many that deleting them does not seem to work."""
    return sum(1 for _ in _NAME.finditer(listing)) >= MOST_KEPT


def _owner(server: ServerPlan) -> str:
    """Return who probes this server at this entrance, in this process."""
    return f"{_PROCESS}s{server.slot}p{server.address.port}"
