"""One transfer of a probe or of the doctor: what it is to be, and what was seen of it. No judgement."""

from dataclasses import dataclass
from typing import Literal

from ftpair.core.endpoint import Endpoint
from ftpair.ftp.reply import Reply

Way = Literal["PASV", "EPSV"]
Stage = Literal["ask", "connect", "begin", "tls", "move", "end", "done"]
"""The stages of a transfer: what was being done when it went wrong, or `done`."""
Ending = Literal["", "notify", "fin", "reset"]
"""How a peer ended its data connection; `fin` under TLS is one without close_notify."""
BEGUN = frozenset[Stage]({"tls", "move", "end", "done"})
"""The stages of an upload from which on the server has a file."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One transfer to be: `payload` makes it an upload."""

    way: Way
    verb: str
    argument: str = ""
    is_resuming: bool = True
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One data connection: a listing, or a probe file."""

    way: Way
    is_resuming: bool
    """Whether the TLS session of the control connection was offered."""
    stage: Stage
    trouble: str = ""
    """Why it went no further, in words."""
    answer: Reply | None = None
    """To PASV or EPSV."""
    told: Endpoint | None = None
    """What it names; EPSV names no host."""
    final: Reply | None = None
    """To the command itself."""
    is_resumed: bool = False
    certificate: bytes = b""
    """What the data connection's server showed, DER."""
    ending: Ending = ""
    data: bytes = b""
    is_timed_out: bool = False
    """Whether it was the clock that ended it."""

    @property
    def is_whole(self) -> bool:
        """Whether everything went well."""
        return self.stage == "done"
