"""What doors may ask of the supervisor, and what it answers: msgspec Structs with a tag, carried by `core.messages`."""

from typing import Literal

import msgspec

from ftpair.core.clientele import ClientRow
from ftpair.core.limits import Ban, BannedBy
from ftpair.core.status import Admin, NodeStatus, RouteStatus, Sample, SessionRow, TransferRow


class Action(msgspec.Struct, frozen=True, tag=True):
    """Something that a door asks for."""


class GetStatus(Action, frozen=True, tag=True):
    """Answered by `NodeStatus`."""


class GetSessions(Action, frozen=True, tag=True):
    """Answered by `SessionTable`."""


class GetClients(Action, frozen=True, tag=True):
    """Answered by `ClientsAre`."""


class GetMetrics(Action, frozen=True, tag=True):
    """Answered by `Metrics`."""


class SetAdmin(Action, frozen=True, tag=True):
    """Drain, halt or bring online one real server; answered by `Said`."""

    service: str
    server: str
    admin: Admin


class GetBans(Action, frozen=True, tag=True):
    """Answered by `BansAre`."""


class AddBan(Action, frozen=True, tag=True):
    """Ban an address or a user from a service; answered by `Said`."""

    service: str
    by: BannedBy
    subject: str
    for_s: float


class LiftBan(Action, frozen=True, tag=True):
    """Take a ban back; answered by `Said`."""

    service: str
    by: BannedBy
    subject: str


class KillSession(Action, frozen=True, tag=True):
    """End one session; answered by `Said`."""

    session: str


class Apply(Action, frozen=True, tag=True):
    """Bring the configuration file in; answered by `Applied` or `Refused`."""

    dry_run: bool = False


class FindRoute(Action, frozen=True, tag=True):
    """Where would this client's session go? Answered by `RouteIs`."""

    service: str
    user: str = ""
    client: str = ""
    host: str = ""
    sni: str = ""
    certificate: str = ""
    certificate_subject: str = ""
    certificate_san: str = ""


class Result(msgspec.Struct, frozen=True, tag=True):
    """The answer to an action."""


class StatusIs(Result, frozen=True, tag=True):
    """The answer to `GetStatus`."""

    status: NodeStatus


class SessionTable(Result, frozen=True, tag=True):
    """The live sessions and transfers of all workers."""

    sessions: tuple[SessionRow, ...]
    transfers: tuple[TransferRow, ...]


class ClientsAre(Result, frozen=True, tag=True):
    """The answer to `GetClients`, the newest client first."""

    clients: tuple[ClientRow, ...]


class Metrics(Result, frozen=True, tag=True):
    """Summed over the workers; counters never fall, even if a worker dies."""

    counters: tuple[Sample, ...]
    gauges: tuple[Sample, ...]


class RouteIs(Result, frozen=True, tag=True):
    """The answer to `FindRoute`."""

    route: RouteStatus


class BansAre(Result, frozen=True, tag=True):
    """The answer to `GetBans`."""

    bans: tuple[Ban, ...]


class Said(Result, frozen=True, tag=True):
    """It was done; the sentence says what."""

    sentence: str


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong in a configuration: where, what, and what to write instead."""

    path: str
    sentence: str
    line: int = 0
    """1-based line of the file; 0 when unknown."""


class Applied(Result, frozen=True, tag=True):
    """The steps that were (or with `dry_run` would be) taken, and what the configuration will suffer from."""

    revision: int
    steps: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()


class Refused(Result, frozen=True, tag=True):
    """Nothing was changed, and why."""

    kind: Literal["not-found", "invalid", "setup", "busy", "internal", "wrong-request"]
    sentence: str
    problems: tuple[Problem, ...] = ()
