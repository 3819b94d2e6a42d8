"""What workers share: the counts, and tables of rates, of who is here, and of who had which server."""

import os
from collections.abc import Sequence

from ftpair.app.keepsakes import TABLE_NAMES
from ftpair.dataplane import presence
from ftpair.dataplane.counts import Counts, create_counts_fd
from ftpair.dataplane.shared_table import SharedTable, create_table_fd

SALT_VARIABLE = "FTPAIR_SALT"
"""In the environment, which no other user can read: with it one could choose keys that drive out others."""


class Tables:
    """The tables of one node."""

    def __init__(self, salt: bytes, places: int, fds: Sequence[int] = ()) -> None:
        """`fds` are tables that there are already, with the same salt and so many places; they are taken."""
        self.salt = salt
        names = ("rates", "presence", "affinity")
        self.fds = tuple(fds) or (create_counts_fd(places), *map(create_table_fd, names))
        """The descriptors that a worker inherits, in the order of `TABLE_NAMES`."""
        self.counts_fd, _rates, presence_fd, affinity_fd = self.fds
        self.counts = Counts(self.counts_fd, places, places)
        self.affinity = SharedTable(affinity_fd, salt)
        self._presence = SharedTable(presence_fd, salt)

    @property
    def arguments(self) -> tuple[str, ...]:
        """How a worker is told of them."""
        return tuple(word for name, fd in zip(TABLE_NAMES, self.fds, strict=True) for word in (f"--{name}", str(fd)))

    @property
    def environment(self) -> dict[str, str]:
        """What a worker must know to use them."""
        return {SALT_VARIABLE: self.salt.hex()}

    def forget(self, place: int) -> None:
        """Take away what a dead worker had counted."""
        self.counts.clear(place)
        presence.forget(self._presence, place)

    def close(self) -> None:
        """Give them back."""
        for fd in self.fds:
            os.close(fd)


def salt() -> bytes:
    """Return the salt that the supervisor gave to this worker."""
    return bytes.fromhex(os.environ.get(SALT_VARIABLE, ""))
