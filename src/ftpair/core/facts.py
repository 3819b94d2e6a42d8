"""What happened: facts for logs, metrics and the transfer log. Read only; a fact never comes back as an input."""

from typing import Literal

import msgspec

from ftpair.core.ending import Leg
from ftpair.core.overload import Shortage

Reason = Literal[
    "banned-address",
    "banned-user",
    "sessions-per-address",
    "sessions-per-user",
    "connections",
    "handshakes",
    "logins-per-address",
    "logins-per-user",
    "commands",
    "descriptors",
    "memory",
    "loop-lag",
    "max-sessions",
    "no-server",
    "login-timeout",
    "command-timeout",
    "idle-timeout",
    "session-timeout",
    "handshake-timeout",
    "data-timeout",
    "stall-timeout",
    "reply-timeout",
]
"""Why a client is turned away, or let go: the words of `refusals_total`."""


class CertificateNames(msgspec.Struct, frozen=True):
    """What a client's certificate calls it, all of it."""

    subject: str = ""
    """Its whole subject (RFC 4514), the most specific part first."""
    alternative: tuple[str, ...] = ()
    """Its other names: `email:ann@example.org`, `dns:host.example.org`, `uri:...`, `upn:ann@corp.example.org`."""


NO_NAMES = CertificateNames()


class Tls(msgspec.Struct, frozen=True):
    """A TLS connection as it was negotiated."""

    version: str
    """As OpenSSL names it: `TLSv1.3`."""
    cipher: str
    resumed: bool
    sni: str = ""
    """The name that the client asked for; empty on the other legs, and if it named none."""
    subject: str = ""
    """The common name in the client's certificate; its whole subject, if it has none or several; empty without one."""
    names: CertificateNames = NO_NAMES
    """On control connections of clients only."""


class Fact(msgspec.Struct, frozen=True, tag=True):
    """Something that happened in a service."""

    service: str


class Refusal(Fact, frozen=True, tag=True):
    """A client was turned away by a limit or a ban, or let go by a clock."""

    reason: Reason
    client: str
    session: str = ""
    user: str = ""


class Overloaded(Fact, frozen=True, tag=True):
    """A worker takes no new sessions, of whatever service (it is empty here), or takes them again."""

    shortage: Shortage
    why: str
    """What it has, and what it would need, in words."""
    refused: int
    """How many connections were turned away for it so far."""
    is_over: bool = False


class SessionEnded(Fact, frozen=True, tag=True):
    """One client control connection and all that belonged to it, from its first byte to its last."""

    session: str
    client: str
    entrance: str
    user: str
    server: str
    tls: Tls | None
    server_tls: Tls | None
    seconds: float
    transfers: int
    bytes_up: int
    bytes_down: int
    ended: str
    """How it ended, in words: `QUIT`, `the client's connection was cut`, ..."""
    reply: str
    """The last reply that the client got."""


class SessionDrained(Fact, frozen=True, tag=True):
    """A session was ended between two commands, because its server is drained."""

    session: str
    client: str
    user: str
    server: str


class LoginAnswered(Fact, frozen=True, tag=True):
    """A real server accepted or refused a login."""

    session: str
    client: str
    user: str
    server: str
    accepted: bool


class TransferEnded(Fact, frozen=True, tag=True):
    """One transfer: file or listing, up or down."""

    session: str
    client: str
    user: str
    server: str
    verb: str
    path: str
    direction: Literal["up", "down"]
    bytes: int
    seconds: float
    result: Literal["complete", "refused", "cut", "aborted"]
    reason: str
    reply: str
    client_tls: Tls | None
    server_tls: Tls | None


class DataConnection(Fact, frozen=True, tag=True):
    """A data connection arrived, was made, was a stray or failed."""

    mode: Literal["passive", "active"]
    leg: Leg
    result: Literal[
        "opened",
        "opened-unresumed",
        "stray",
        "failed",
        "no-port",
        "no-descriptor",
        "not-resumed",
        "no-handshake",
        "too-slow",
        "too-many",
    ]


class Handshake(Fact, frozen=True, tag=True):
    """A TLS handshake succeeded or failed."""

    leg: Leg
    channel: Literal["control", "data"]
    tls: Tls | None
    """None: it failed."""
    reason: str = ""


class ProtocolError(Fact, frozen=True, tag=True):
    """A peer broke the protocol; `kind` is one of a small set of words."""

    leg: Leg
    kind: str
    session: str
    client: str
    reason: str = ""
    """More of it in words, where there is more to say."""


class CommandRefused(Fact, frozen=True, tag=True):
    """A command went no further: the policy of the service refuses it."""

    verb: str
    """As a row of the verbs table names it; `other` for the rest."""
    session: str
    client: str
    user: str


class ServerChosen(Fact, frozen=True, tag=True):
    """A real server was chosen for a session, by the routes or by affinity."""

    session: str
    client: str
    user: str
    pool: str
    rule: str
    """The number of the rule, from 1; `none`: no rule fits."""
    server: str
    affinity: Literal["", "new", "kept", "moved"]
    """Nobody is remembered; nobody was yet; its former server; another one than that."""


class ServerFailed(Fact, frozen=True, tag=True):
    """A real server could not be used for a session."""

    server: str
    reason: str


class Rescued(Fact, frozen=True, tag=True):
    """A session, or its download, goes on at another server: its own was lost or halted."""

    session: str
    client: str
    user: str
    kind: Literal["session", "transfer"]
    former: str
    """The server that it had."""
    server: str
    seconds: float
    """From the loss; for a transfer, too."""
    reason: str
    """Why the former one was left."""
    bytes: int = 0
    """What the client had of the file by then."""


class RescueFailed(Fact, frozen=True, tag=True):
    """No other server takes a session, or a download ends with its server."""

    session: str
    client: str
    user: str
    kind: Literal["session", "transfer"]
    former: str
    reason: str
