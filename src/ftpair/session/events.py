"""What can happen to a session: everything the data plane tells its brain."""

import msgspec

from ftpair.core.ending import End, Leg
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import Reason, Tls
from ftpair.core.plan import ServerPlan
from ftpair.ftp.reply import Reply


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a session."""


class Opened(Event, frozen=True):
    """The client's control connection stands; on the implicit port its handshake is done and `tls` says how."""

    tls: Tls | None = None


class ClientSent(Event, frozen=True):
    """One line of the client, its end stripped."""

    line: bytes


class HeaderSent(Event, frozen=True):
    """The client began with a header of the PROXY protocol, as if it were a proxy that may send one."""


class LineTooLong(Event, frozen=True):
    """A peer sent more bytes without a line end, or more lines to one reply, than the cap allows."""

    leg: Leg


class LineUnfinished(Event, frozen=True):
    """A line that was begun has not been finished within `command_timeout_s`."""


class ClientLost(Event, frozen=True):
    """The client's control connection is gone (CUT), or the client says no more, though it may still read (ENDED)."""

    end: End


class ClientSecured(Event, frozen=True):
    """The handshake that `SecureClient` asked for is done."""

    tls: Tls


class ClientCleared(Event, frozen=True):
    """TLS was ended on both sides, as `ClearClient` asked: what comes now is clear text."""


class ClientNotSecured(Event, frozen=True):
    """It failed, or clear bytes stood between AUTH and the handshake (`injected`)."""

    reason: str
    injected: bool = False


class Chosen(Event, frozen=True):
    """The balancer gave this server (answer to `Choose`)."""

    server: ServerPlan


class NoServer(Event, frozen=True):
    """No server can take the session (answer to `Choose`): why, and what the client may know of it."""

    reason: str
    text: str


class ServerReady(Event, frozen=True):
    """TCP, and TLS where it is implicit, stand towards the server (answer to `Dial`); its greeting follows."""

    tls: Tls | None = None


class ServerSecured(Event, frozen=True):
    """The explicit handshake with the server is done (answer to `SecureServer`)."""

    tls: Tls


class ServerLost(Event, frozen=True):
    """The server's control connection could not be made or secured, or is gone."""

    reason: str
    end: End = End.CUT
    """ENDED: the server closed it in order."""


class ServerReplied(Event, frozen=True):
    """One whole reply of the server."""

    reply: Reply
    has_more: bool = False
    """Whether further replies came with it, which are told next: until then no queued command goes on."""


class PortReady(Event, frozen=True):
    """A passive port waits for this client (answer to `Expect`)."""

    port: int


class NoPort(Event, frozen=True):
    """Every port of the passive range is taken for this client's address (answer to `Expect`)."""

    for_want_of_descriptors: bool = False
    """Ports are free, and none can be opened."""


class ServerPortReady(Event, frozen=True):
    """A port waits for the server (answer to `Listen`)."""

    door: Endpoint


class NoServerPort(Event, frozen=True):
    """There is none: every port of the range is taken (answer to `Listen`)."""


class DataEnded(Event, frozen=True):
    """The transfer's bytes have stopped (answer to `Join`), all of them flushed if `end` is ENDED.

    Both legs are closed by now, but for the client's leg of a download that ENDED: its end would say that the file is
    complete, which only the server's reply can tell, so it waits for `DropData`.
    """

    end: End
    bytes: int
    reason: str = ""
    """Why it was cut, in words for a log."""
    culprit: Leg | None = None
    """Whose connection broke; None if both ended well."""
    client_tls: Tls | None = None
    server_tls: Tls | None = None
    clock: Reason | None = None
    """Which clock has cut it, if one has."""


class Ticked(Event, frozen=True):
    """The session's `deadline` has passed."""


class Dismissed(Event, frozen=True):
    """The operator (kill, halt) or the shutdown ends the session; the reason goes to the client with a 421."""

    reason: str


class ServerHalted(Event, frozen=True):
    """The operator has halted the server of the session: it goes on elsewhere (rescue), or ends like `Dismissed`."""

    reason: str


class Draining(Event, frozen=True):
    """The session's server is drained, and only transfers are waited for."""


class DrainLifted(Event, frozen=True):
    """Its server takes sessions again, or waits for them to end by themselves."""


class ShuttingDown(Event, frozen=True):
    """The process is stopping: end at once when no transfer runs, else right after it."""

    reason: str
