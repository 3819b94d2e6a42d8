"""What a worker hands over to a new supervisor: listeners, rows of the counts, and the states of servers."""

from collections.abc import Mapping
from typing import NamedTuple

from ftpair.core.messages import ListenerKey
from ftpair.core.status import ServerState


class Holdings(NamedTuple):
    """All of it; descriptors stay the worker's."""

    listeners: Mapping[ListenerKey, int]
    """Control listeners and their descriptors."""
    passive: Mapping[tuple[str, int], int]
    """Passive ports of the built-in engine, by address and port, and their descriptors."""
    rows: tuple[tuple[str, str, int], ...]
    """Service, server (empty: the service itself), row."""
    states: Mapping[int, ServerState]
    """By row."""
