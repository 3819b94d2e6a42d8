"""What doors may ask of the supervisor, and what it answers: msgspec Structs with a tag, carried by `core.messages`."""

from typing import Literal

import msgspec

from ftpair.core.clientele import ClientRow
from ftpair.core.drain import WaitFor
from ftpair.core.happenings import Happening
from ftpair.core.limits import Ban, BannedBy
from ftpair.core.log_lines import LogLine
from ftpair.core.plan import LogLevel
from ftpair.core.reports import Measure, Unit
from ftpair.core.revisions import Revision
from ftpair.core.status import Admin, NodeStatus, RouteStatus, Sample, SessionRow, TransferRow
from ftpair.core.transfers import PastTransfer


class Action(msgspec.Struct, frozen=True, tag=True):
    """Something that a door asks for."""


class Look(Action, frozen=True, tag=True):
    """Something that changes nothing."""


class GetStatus(Look, frozen=True, tag=True):
    """Answered by `NodeStatus`."""


class GetSessions(Look, frozen=True, tag=True):
    """Answered by `SessionTable`."""


class GetClients(Look, frozen=True, tag=True):
    """Answered by `ClientsAre`."""


class GetMetrics(Look, frozen=True, tag=True):
    """Answered by `Metrics`."""


class GetNews(Look, frozen=True, tag=True):
    """What is new? Answered by `NewsAre`."""

    after: int = 0
    """Only what happened after the happening of this number."""


class GetTransferHistory(Look, frozen=True, tag=True):
    """Which transfers have ended? Empty words and zeros ask for all. Answered by `TransferHistoryIs`."""

    service: str = ""
    server: str = ""
    user: str = ""
    client: str = ""
    """An address, without a port."""
    path: str = ""
    """Some part of it."""
    result: str = ""
    """`complete`, `refused`, `cut`, `aborted`; or `failed`, which is all but the first."""
    since: float = 0.0
    until: float = 0.0
    """Seconds since the epoch."""
    limit: int = 100
    before: int = 0
    """Only those of a lower number."""


class GetReport(Look, frozen=True, tag=True):
    """How was it over time? Answered by `ReportIs`."""

    measure: Measure
    service: str = ""
    """Empty: the whole node."""
    server: str = ""
    """Empty: the whole service."""
    since: float = 0.0
    """Seconds since the epoch; 0: an hour before `until`."""
    until: float = 0.0
    """0: now."""


class GetLog(Look, frozen=True, tag=True):
    """What do the processes log? Empty words ask for all. Answered by `LogIs`."""

    level: LogLevel = "debug"
    """Lines of this level and above."""
    contains: str = ""
    """Some part of the line, in any case."""
    process: str = ""
    """`supervisor`, `worker 0`, `prober`, `api`."""
    limit: int = 200
    after: int = 0
    """Only lines of a higher number."""


class SetAdmin(Action, frozen=True, tag=True):
    """Drain, halt or bring online one real server; answered by `Said`."""

    service: str
    server: str
    admin: Admin
    dry_run: bool = False
    """Only tell what would happen."""
    wait_for: WaitFor | None = None
    """What a drain waits for; None: what it waits for already, or what the service says."""
    deadline_s: float | None = None
    """After how many seconds a drain ends what still moves, 0 for never; None: likewise."""


class GetWaiting(Look, frozen=True, tag=True):
    """What waits to be applied? Answered by `WaitingIs`."""


class GetBans(Look, frozen=True, tag=True):
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
    author: str = ""
    comment: str = ""
    confirm_s: float = 0.0
    """Take it back unless it is confirmed within so many seconds; 0: it stays."""
    if_match: str = ""
    """The entity tag of the text that is meant; empty: whatever the file says."""


class Confirm(Action, frozen=True, tag=True):
    """Let an apply stay that waits for it; answered by `Said`."""


class RollBack(Action, frozen=True, tag=True):
    """Make the file what a revision was, and work by it; answered by `Applied`."""

    number: int
    author: str = ""
    comment: str = ""
    confirm_s: float = 0.0
    if_match: str = ""
    dry_run: bool = False
    """Only tell the steps."""


class GetRevisions(Look, frozen=True, tag=True):
    """Answered by `RevisionsAre`."""

    limit: int = 50
    before: int = 0
    """Only those with a lower number; 0: from the newest on."""


class GetConfiguration(Look, frozen=True, tag=True):
    """The text of the configuration; answered by `ConfigurationIs`."""

    which: str = "file"
    """`file`, `running`, or the number of a revision."""


class SaveConfiguration(Action, frozen=True, tag=True):
    """Write the file, if it can be worked by; nothing is applied. Answered by `Applied`: what an apply would do."""

    content: str
    if_match: str
    """The entity tag of the text that is replaced."""
    author: str = ""
    comment: str = ""


class FindRoute(Look, frozen=True, tag=True):
    """Where would this client's session go? Answered by `RouteIs`."""

    service: str
    user: str = ""
    client: str = ""
    host: str = ""
    sni: str = ""
    certificate: str = ""
    certificate_subject: str = ""
    certificate_san: str = ""


class PatchConfiguration(Action, frozen=True, tag=True):
    """Change the file in some places (RFC 7396), comments stay; nothing is applied. Answered by `Applied`."""

    patch: str
    """An object, in JSON: its numbers may be larger than any that a channel carries."""
    if_match: str = ""
    author: str = ""
    comment: str = ""


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


class NewsAre(Result, frozen=True, tag=True):
    """The answer to `GetNews`."""

    status: NodeStatus
    happenings: tuple[Happening, ...]
    """Those that are remembered, the oldest first."""
    latest: int
    """The number of the latest happening; 0: nothing has happened yet."""


class TransferHistoryIs(Result, frozen=True, tag=True):
    """The answer to `GetTransferHistory`, the newest first."""

    transfers: tuple[PastTransfer, ...]
    next: int
    """What to ask for with `before` to go on; 0: there are no more. A long search comes in pieces, even empty ones."""
    unrecorded: int
    """Transfers that this run could not record."""


class ReportIs(Result, frozen=True, tag=True):
    """The answer to `GetReport`."""

    unit: Unit
    step_s: int
    points: tuple[tuple[int, float | None], ...]
    """Of each step its beginning, in seconds since the epoch, and the value; None: ftpair did not run."""


class LogIs(Result, frozen=True, tag=True):
    """The answer to `GetLog`: the newest lines that fit, in the order of time."""

    lines: tuple[LogLine, ...]
    latest: int
    """The highest number of all lines: what to ask for with `after` to hear what comes next."""


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
    confirm_until: float = 0.0
    """When it is taken back unless somebody confirms it, in seconds since the epoch; 0: it stays."""


class WaitingIs(Result, frozen=True, tag=True):
    """What separates the file from what runs: steps, or why it cannot be worked by."""

    is_changed: bool = False
    steps: tuple[str, ...] = ()
    """Empty, although it is changed: only comments or the spelling are others."""
    problems: tuple[Problem, ...] = ()
    refusal: str = ""
    """Why this machine does not allow it; empty: it does."""
    warnings: tuple[Problem, ...] = ()


class RevisionsAre(Result, frozen=True, tag=True):
    """The answer to `GetRevisions`, the newest first."""

    revisions: tuple[Revision, ...]


class ConfigurationIs(Result, frozen=True, tag=True):
    """The answer to `GetConfiguration`."""

    name: str
    """Where the text stands: the path of the file, or `revision 7`."""
    content: str
    etag: str


RefusalKind = Literal[
    "not-found",
    "invalid",
    "setup",
    "busy",
    "internal",
    "wrong-request",
    "changed",
    "not-identified",
    "not-allowed",
    "too-often",
    "conflict",
]
"""Why something was refused, for programs."""


class Refused(Result, frozen=True, tag=True):
    """Nothing was changed, and why."""

    kind: RefusalKind
    sentence: str
    problems: tuple[Problem, ...] = ()
