"""The figures that are counted for each row of services and servers."""

from ftpair.core.ejection import Aspect

COLUMNS = 8
SESSIONS, TRANSFERS, BYTES_UP, BYTES_DOWN, PLACES, GOOD_CONTROL, GOOD_DATA, GOOD_TIME = range(COLUMNS)
"""Of a service: all its sessions, and those that have taken a place in it, since they have asked for a server."""
GOOD: dict[Aspect, int] = {"control": GOOD_CONTROL, "data": GOOD_DATA, "time": GOOD_TIME}
"""How often sessions saw a server do well, where servers are ejected."""
KEPT = (BYTES_UP, BYTES_DOWN, *GOOD.values())
"""What does not end with the worker that counted it."""
