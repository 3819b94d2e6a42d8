"""What one session has in the row of its server: its place, its transfer, the bytes that moved.

That its client is connected is counted by the worker, in the row of the service.
"""

from typing import Literal

from ftpair.core.columns import BYTES_DOWN, BYTES_UP, SESSIONS, TRANSFERS
from ftpair.dataplane.counts import Counts

NOWHERE = -1


class Account:
    """Adds a session to the counts and takes it off again; every step may be taken twice without harm."""

    __slots__ = ("_bytes", "_column", "_counts", "slot")

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self.slot = NOWHERE
        """The server's row, NOWHERE while no server was chosen."""
        self._column = BYTES_DOWN
        self._bytes = NOWHERE
        """Bytes of the running transfer that are counted already; NOWHERE when none runs."""

    def enter(self, slot: int) -> None:
        """Count the session at a server."""
        self.leave()
        self.slot = slot
        self._counts.add(slot, SESSIONS, 1)

    def leave(self) -> None:
        """Give the place back."""
        if self.slot != NOWHERE:
            self._counts.add(self.slot, SESSIONS, -1)
            self.slot = NOWHERE

    def begin_transfer(self, direction: Literal["up", "down"], counted: int = 0) -> None:
        """Count a transfer; `counted` are the bytes that another server has moved of it."""
        self._bytes = counted
        self._column = BYTES_UP if direction == "up" else BYTES_DOWN
        self._counts.add(self.slot, TRANSFERS, 1)

    def progress(self, moved: int) -> None:
        """Count the bytes that the running transfer has moved so far."""
        if self._bytes != NOWHERE:
            self._counts.add(self.slot, self._column, moved - self._bytes)
            self._bytes = moved

    def end_transfer(self, moved: int) -> None:
        """Take the transfer off; its bytes stay."""
        if self._bytes != NOWHERE:
            self.progress(moved)
            self._bytes = NOWHERE
            self._counts.add(self.slot, TRANSFERS, -1)
