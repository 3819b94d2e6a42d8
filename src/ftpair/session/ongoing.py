"""The transfer that a session is busy with, and how far its data connection came. Data only."""

from typing import Literal

import msgspec

from ftpair.core.facts import Tls
from ftpair.ftp.command import printable
from ftpair.ftp.reply import Reply

LONGEST_PATH_SHOWN = 4096


class Progress(msgspec.Struct, frozen=True):
    """How far the data connection of a transfer came; TLS is None on a leg that is not secured."""

    bytes: int = 0
    client_tls: Tls | None = None
    server_tls: Tls | None = None
    lack: str = ""
    """Why the client's leg is none of those that have come, in words for a log."""


class Transfer(msgspec.Struct):
    """The transfer that a session is busy with; changed by its session alone."""

    verb: str
    argument: bytes
    direction: Literal["up", "down"]
    started: float
    is_running: bool = False
    """Whether data may move: the server has said 1xx."""
    has_legs: bool = True
    """Whether the data connection is still there: neither ended nor dropped."""
    awaits_end: bool = False
    """Whether the client has every byte of a download but not its end: that says "complete", so the reply decides."""
    bytes: int = 0
    end: Literal["", "cut", "aborted"] = ""
    """Set as soon as the transfer cannot be complete any more; no 2xx reaches the client from then on."""
    reason: str = ""
    is_overdue: bool = False
    """Whether one of our clocks has cut it."""
    held: Reply | None = None
    """The final reply that waits for the end of the data."""
    client_tls: Tls | None = None
    server_tls: Tls | None = None

    @property
    def path(self) -> str:
        """The argument for people."""
        return printable(self.argument, LONGEST_PATH_SHOWN)
