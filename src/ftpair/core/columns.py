"""The figures that are counted for each row of services and servers."""

COLUMNS = 5
SESSIONS, TRANSFERS, BYTES_UP, BYTES_DOWN, PLACES = range(COLUMNS)
"""Of a service: all its sessions, and those that have taken a place in it, since they have asked for a server."""
