"""What one session has in the shared counts: its place at a server, its transfer, the bytes that moved."""

from typing import Literal

from ftpair.dataplane.counts import BYTES_DOWN, BYTES_UP, SESSIONS, TRANSFERS, Counts

NOWHERE = -1


class Account:
    """Adds a session to the counts and takes it off again; every step may be taken twice without harm."""

    __slots__ = ("_bytes", "_column", "_counts", "_service_slot", "slot")

    def __init__(self, counts: Counts, service_slot: int) -> None:
        self._counts, self._service_slot = counts, service_slot
        self.slot = NOWHERE
        """The server's row, NOWHERE while no server was chosen."""
        self._column = BYTES_DOWN
        self._bytes = NOWHERE
        """Bytes of the running transfer that are counted already; NOWHERE when none runs."""

    def enter(self, slot: int) -> None:
        """Count the session at a server and in its service."""
        self.leave()
        self.slot = slot
        self._add_session(1)

    def leave(self) -> None:
        """Give the place back."""
        if self.slot != NOWHERE:
            self._add_session(-1)
            self.slot = NOWHERE

    def _add_session(self, amount: int) -> None:
        self._counts.add(self.slot, SESSIONS, amount)
        self._counts.add(self._service_slot, SESSIONS, amount)

    def begin_transfer(self, direction: Literal["up", "down"]) -> None:
        """Count a transfer."""
        self._bytes = 0
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
