"""What a session wants done: everything its brain tells the data plane. Performed in order."""

from typing import Literal

import msgspec

from ftpair.core.ejection import Aspect, ErrorKind
from ftpair.core.ending import End
from ftpair.core.facts import Fact
from ftpair.core.plan import ServerPlan


class Effect(msgspec.Struct, frozen=True):
    """Something that a session wants done."""


class ToClient(Effect, frozen=True):
    """Write these bytes (whole lines) to the client's control connection."""

    data: bytes


class ToServer(Effect, frozen=True):
    """Write these bytes (whole lines) to the server's control connection."""

    data: bytes


class SecureClient(Effect, frozen=True):
    """Flush, then start TLS as the server. -> ClientSecured | ClientNotSecured. Nothing is read in between."""


class ClearClient(Effect, frozen=True):
    """Write the last reply under TLS, then end TLS on both sides. -> ClientCleared | ClientNotSecured."""

    last: bytes


class Choose(Effect, frozen=True):
    """Ask the balancer for a server and count the session there. -> Chosen | NoServer."""

    user: str
    """Empty when not known yet (`at-once`)."""
    tried: tuple[int, ...]
    """Slots that failed already."""


class Dial(Effect, frozen=True):
    """Connect to the server, with TLS at once where it is implicit. -> ServerReady | ServerLost, then its greeting."""

    server: ServerPlan


class SecureServer(Effect, frozen=True):
    """Start TLS as the client, verified. Bytes that wait already are an injection. -> ServerSecured | ServerLost."""


class HangUpServer(Effect, frozen=True):
    """Close the server's control connection and give its count back; no event follows."""

    end: End


class HangUpClient(Effect, frozen=True):
    """Flush (ENDED) or reset (CUT) the client's control connection; the last effect of a session."""

    end: End


class Expect(Effect, frozen=True):
    """Take a passive port for this client; a former one is given up. -> PortReady | NoPort.

    With `tls` the client's handshake is answered whenever it comes, before or after the 1xx.
    """

    tls: bool


class Aim(Effect, frozen=True):
    """Where the client awaits its leg: connect to it, from `source`, when the transfer has begun, not before.

    A former data connection is given up. Trouble is reported by the `DataEnded` of the coming `Join`.
    """

    source: str
    """The address that the client dialled: to any other its firewall is closed."""
    host: str
    port: int


class Listen(Effect, frozen=True):
    """Take a port for the server alone, at our own address towards it. -> ServerPortReady | NoServerPort."""


class DialData(Effect, frozen=True):
    """Where the server awaits its leg of the data connection: connect to it when the client's leg has come, not before.

    The server sees what the client does, when it does it. A client that awaits its own leg (`Aim`) is not waited for.
    Trouble is reported by the `DataEnded` of the coming `Join`.
    """

    host: str
    port: int


class Join(Effect, frozen=True):
    """Handshake where TLS is wanted and relay until the end. -> DataEnded.

    Waits up to `data_timeout_s` for both legs. No handshake is made with the server before this.
    """

    direction: Literal["up", "down"]
    client_tls: bool
    server_tls: bool
    keeps_client: bool = False
    """Whether the client's leg of a download shall wait for `DropData` when the server's is cut, too."""


class DropData(Effect, frozen=True):
    """Give up port and both data legs at once, with a reset (CUT) or a quiet close (ENDED); no event follows."""

    end: End


class DropServerLeg(Effect, frozen=True):
    """Move nothing any more and give up the server's leg, there or awaited; the client's goes on waiting.

    No event follows. How many bytes the client was given is what `ask_progress` tells right before.
    """


class Blame(Effect, frozen=True):
    """Tell who ejects servers that this one has erred, and how."""

    slot: int
    kind: ErrorKind
    reason: str


class Credit(Effect, frozen=True):
    """Tell who ejects servers that this one has done well."""

    slot: int
    aspect: Aspect


class Note(Effect, frozen=True):
    """A fact for logs and metrics."""

    fact: Fact
