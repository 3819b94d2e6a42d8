"""What client and server have said about their next data connection, and how the server is asked for it."""

from typing import Literal

from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import ServerData
from ftpair.ftp.command import Command
from ftpair.session.effects import DialData

Way = Literal["passive", "active"]

WAYS: dict[str, Way] = {
    "PASV": "passive",
    "P@SW": "passive",
    "EPSV": "passive",
    "PORT": "active",
    "EPRT": "active",
}
"""Who waits for the data connection: the one who is asked (passive) or the one who asks (active)."""

EXTENDED = frozenset({"EPSV", "EPRT"})
"""These know IPv6 (RFC 2428)."""

QUESTIONS: dict[Way, tuple[str, str]] = {"passive": ("EPSV", "PASV"), "active": ("EPRT", "PORT")}
"""What a server is asked where nothing is mirrored: first what needs no address, or carries any."""


class Pairing:
    """Both sides of the data connection that is being agreed upon; changed by its session alone."""

    __slots__ = (
        "command",
        "dial_late",
        "is_extended_only",
        "is_ready",
        "is_told",
        "passive_host",
        "port",
        "questions",
        "refused",
        "server_door",
    )

    def __init__(self) -> None:
        self.is_ready = False
        """Whether client and server have agreed, so that a transfer may begin."""
        self.command: Command | None = None
        """What the client has asked for it by."""
        self.is_told = False
        """Whether the client has its answer."""
        self.is_extended_only = False
        """Whether the client has said EPSV ALL: from then on it may use nothing else (RFC 2428, 4)."""
        self.port = 0
        """The passive port that the client was told; 0 while it is the client who waits."""
        self.passive_host = ""
        """The address for the reply to PASV; empty for EPSV."""
        self.questions: tuple[str, ...] = ()
        """How the server is asked: the running question first."""
        self.server_door: Endpoint | None = None
        """Where the server may connect to."""
        self.dial_late: DialData | None = None
        """Where the server waits for a client that waits itself: connected to when the transfer begins."""
        self.refused: set[tuple[int, str]] = set()
        """Which server (by slot) does not know which question; shared between sessions."""

    def begin(self) -> None:
        """Forget what was agreed on before."""
        self.port = 0
        self.is_told = False
        self.begin_elsewhere()

    def begin_elsewhere(self) -> None:
        """Forget what was agreed on with the server, but not with the client."""
        self.is_ready = False
        self.server_door = self.dial_late = None


def is_mirrored(verb: str, wanted: ServerData, *, is_client_ipv6: bool, is_server_ipv6: bool) -> bool:
    """Return whether the server is asked for what the client asked for, and nothing else."""
    if wanted != "mirror":
        return False
    return is_client_ipv6 is is_server_ipv6 if verb in EXTENDED else not is_server_ipv6


def translated(verb: str, wanted: ServerData, *, is_server_ipv6: bool) -> tuple[str, ...]:
    """Return what the server is asked instead, in order."""
    questions = QUESTIONS[WAYS[verb] if wanted == "mirror" else wanted]
    return questions[:1] if is_server_ipv6 else questions
