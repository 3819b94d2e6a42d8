"""What a session is busy with: its transfer, how far the data connection came, its rescue. Data only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from ftpair.core.facts import Tls
from ftpair.ftp.command import printable
from ftpair.ftp.reply import Reply
from ftpair.session.memory import Setting

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
    # What it takes to go on at another server.
    pending: tuple[bytes, ...] = ()
    """The client's REST and RANG that belong to it."""
    is_astray: bool = False
    """Whether its server may go by a REST that was said before another command."""
    questions: list[bytes] = []
    """What is still asked before the command goes to a server: SIZE, MDTM, REST."""
    size: int | None = None
    modified: bytes = b""
    """SIZE and MDTM of the file when the download began; unknown without both."""
    is_servers_fault: bool = False
    """Whether it was the server's leg that broke."""
    came: int = 0
    """How many bytes the client had when it was to go on elsewhere last."""
    attempts: int = 0
    """How often it went on at another server without a byte between."""
    # How it goes.
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

    def begin_to_run(self) -> None:
        """Data may move from now on, at the first server or at another one."""
        self.is_running = self.has_legs = True
        self.awaits_end = self.is_servers_fault = False
        self.bytes, self.end, self.reason, self.held = 0, "", "", None

    @property
    def is_known(self) -> bool:
        """Whether the file can be told from another one."""
        return self.size is not None and bool(self.modified)

    @property
    def wanted(self) -> int:
        """How many bytes of a known file the client gets; meaningless for others."""
        return (self.size or 0) - self.offset

    @property
    def is_whole(self) -> bool:
        """Whether the client has every byte of a known file, and none more."""
        return self.is_known and 0 < self.came == self.wanted

    @property
    def offset(self) -> int:
        """Where in the file the client began (REST)."""
        numbers = [line.partition(b" ")[2] for line in self.pending if line[:4].upper() == b"REST"]
        return int(numbers[0]) if numbers else 0

    @property
    def path(self) -> str:
        """The argument for people."""
        return printable(self.argument, LONGEST_PATH_SHOWN)


Fate = Literal["lost", "halted", "drained"]
"""What has become of a server that a session leaves."""
Move = Callable[[Any], None]
"""What a session does next; it is given the conversation, which knows this room."""


@dataclass(slots=True)
class Rescue:
    """The way of a session from a server that is lost to another one; changed by its session alone."""

    former: str
    """The name of the server that is left."""
    slot: int
    """Its row."""
    fate: Fate
    reason: str
    began: float
    deadline: float
    then: Move
    """What is done when another server has the session."""
    otherwise: Move
    """What is done when none has it while the former one is still there."""
    attached: Move
    """What is done when a server listens."""
    failed: Callable[[Any, str], None]
    """What is done when no server can be had; told why."""
    wants_data: bool = False
    """Whether the client has a data connection that the next server must be asked for, too."""
    lost: int = 0
    """How many further servers were lost once they had listened."""
    said: int = 0
    """How many words of the login were said behind USER."""
    steps: list[Setting] = field(default_factory=list)
    """The running one first."""
