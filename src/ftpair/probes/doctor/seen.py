"""What was seen on a visit: facts, and no judgement. Filled in by who visits, read by everybody else."""

from dataclasses import dataclass, field
from typing import Literal

from ftpair.core.doctor import Order
from ftpair.core.plan import AnyService
from ftpair.ftp.reply import Reply
from ftpair.probes.doctor.target import Entrance, Mode, Target
from ftpair.probes.transfer import Transfer

Step = Literal["connect", "greeting", "auth", "tls", "login", "protection", "directory", "transfers", "farewell"]
"""The steps of a visit, in their order; `farewell` is reached by a visit on which nothing stood in the way."""


@dataclass(slots=True)
class Written:
    """What became of the probe file."""

    name: str
    trouble: str = ""
    """What did not work, in words; empty: it was stored, came back the same, and was deleted."""
    is_left_behind: bool = False
    """Whether it is there, or a part of it."""
    modified: str = ""
    """The answer to MDTM, `YYYYMMDDHHMMSS`."""
    stored_at: float = 0.0
    """Seconds since the epoch, by our clock."""


@dataclass(frozen=True, slots=True)
class FileSeen:
    """One file as a server tells of it; -1 and an empty text: it does not tell."""

    is_there: bool
    size: int = -1
    modified: str = ""
    answer: str = ""


@dataclass(slots=True)
class Visit:
    """One control connection."""

    target: Target
    mode: Mode
    step: Step = "connect"
    """How far it came."""
    trouble: str = ""
    """Why it went no further, in words."""
    refusal: Reply | None = None
    """The reply that said so, if it was one."""
    replies: dict[str, Reply] = field(default_factory=dict)
    """The last answer to each verb, and the greeting under an empty one."""
    local_host: str = ""
    """The address that it left from."""
    chain: tuple[bytes, ...] = ()
    """The certificates that were shown, DER."""
    features: tuple[str, ...] | None = None
    has_logged_in: bool = False
    transfers: list[Transfer] = field(default_factory=list)
    written: Written | None = None
    files: dict[str, FileSeen] = field(default_factory=dict)
    idle_s: float = 0.0
    """How long it was left idle."""
    idle_end: str = ""
    """What had become of it then; empty: it was still there."""

    @property
    def is_secured(self) -> bool:
        """Whether TLS was agreed on."""
        return bool(self.chain)

    @property
    def greeting(self) -> str:
        """The text of the greeting."""
        return self.text("")

    def text(self, verb: str) -> str:
        """Return the answer to a verb as text; nothing if there was none."""
        reply = self.replies.get(verb)
        return reply.raw.decode("utf-8", "replace") if reply else ""


@dataclass(slots=True)
class Door:
    """What an entrance shows to somebody who does not log in."""

    entrance: Entrance
    is_trusted: bool | None = None
    """Whether the chain leads to a CA that is trusted; None: it is not known."""
    distrust: int = 0
    """OpenSSL's number for why not (x509_vfy.h)."""
    chain: tuple[bytes, ...] = ()
    old_version: str = ""
    """A version of TLS that was agreed on although it is older than it may be."""
    clear_answer: Reply | None = None
    """To USER without TLS."""


@dataclass(slots=True)
class Seen:
    """All that was seen of one target."""

    target: Target
    visits: list[Visit] = field(default_factory=list)
    doors: dict[Entrance, Door] = field(default_factory=dict)
    waits: list[Visit] = field(default_factory=list)
    """Visits that only wait on an idle connection."""

    @property
    def logins(self) -> list[Visit]:
        """The visits that logged in."""
        return [visit for visit in self.visits if visit.has_logged_in]


@dataclass(slots=True)
class Examination:
    """All that was seen of one service."""

    service: AnyService
    order: Order
    servers: list[Seen]
    vip: Seen
    unfinished: str = ""
    """Why it was broken off, in words."""

    @property
    def everybody(self) -> list[Seen]:
        """The servers, then the VIP."""
        return [*self.servers, self.vip]
