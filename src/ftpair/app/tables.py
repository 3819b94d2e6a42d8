"""What workers share beside the counts: tables of rates and of who is here, made by the supervisor for all of them."""

import os

from ftpair.dataplane import presence
from ftpair.dataplane.shared_table import SharedTable, create_table_fd

SALT_VARIABLE = "FTPAIR_SALT"
"""In the environment, which no other user can read: with it one could choose keys that drive out others."""


class Tables:
    """The tables of one node."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self.rates_fd, self.presence_fd = create_table_fd("rates"), create_table_fd("presence")
        self.affinity_fd = create_table_fd("affinity")
        self.affinity = SharedTable(self.affinity_fd, self._salt)
        self._presence = SharedTable(self.presence_fd, self._salt)

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a worker inherits."""
        return self.rates_fd, self.presence_fd, self.affinity_fd

    @property
    def arguments(self) -> tuple[str, ...]:
        """How a worker is told of them."""
        named = {"--rates": self.rates_fd, "--presence": self.presence_fd, "--affinity": self.affinity_fd}
        return tuple(word for name, fd in named.items() for word in (name, str(fd)))

    @property
    def environment(self) -> dict[str, str]:
        """What a worker must know to use them."""
        return {SALT_VARIABLE: self._salt.hex()}

    def forget(self, worker: int) -> None:
        """Take away what a dead worker had counted."""
        presence.forget(self._presence, worker)

    def close(self) -> None:
        """Give them back."""
        for fd in self.fds:
            os.close(fd)


def salt() -> bytes:
    """Return the salt that the supervisor gave to this worker."""
    return bytes.fromhex(os.environ.get(SALT_VARIABLE, ""))
