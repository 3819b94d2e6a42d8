"""What the supervisor and its children say to each other: msgspec Structs with a tag, one frame each.

Supervisor and children are joined by a socketpair. A frame is a 4-byte big-endian length and a msgpack body. File
descriptors travel beside the frame that names them (SCM_RIGHTS), in the order in which it names them.
"""

from typing import Literal

import msgspec

from ftpair.core.clientele import ClientRow, Seen
from ftpair.core.limits import Ban, BanKind
from ftpair.core.plan import Entrance, LogFormat, LogLevel, Plan
from ftpair.core.status import Admin, NodeStatus, RouteStatus, ServerState, SessionRow, TransferRow


class ListenerKey(msgspec.Struct, frozen=True):
    """Names a control listener."""

    service: str
    entrance: Entrance
    host: str
    port: int


class Sample(msgspec.Struct, frozen=True):
    """One value of a metric: name without the prefix `ftpair_`, label values in the order of the metric's table."""

    name: str
    labels: tuple[str, ...]
    value: float


class Message(msgspec.Struct, frozen=True, tag=True):
    """Anything that crosses a channel."""


# Supervisor to worker and prober.
class UsePlan(Message, frozen=True, tag=True):
    """Work by this plan from now on; `listeners` come with one descriptor each (none for the prober)."""

    plan: Plan
    listeners: tuple[ListenerKey, ...] = ()


class UseStates(Message, frozen=True, tag=True):
    """The states of all real servers, by slot."""

    states: dict[int, ServerState]


class UseBans(Message, frozen=True, tag=True):
    """Who is banned from now on, and which bans (service, kind, subject) are over; the whole list, or what changed."""

    added: tuple[Ban, ...]
    lifted: tuple[tuple[str, str, str], ...] = ()
    is_whole: bool = False


class EndSessions(Message, frozen=True, tag=True):
    """End one session, or all of a server's; with a number, answer with `Sessions` of that number."""

    reason: str
    session: str = ""
    slot: int = -1
    number: int = 0


class ListSessions(Message, frozen=True, tag=True):
    """Answer with `Sessions` of the same number."""

    number: int


class ListClients(Message, frozen=True, tag=True):
    """Answer with `Clients` of the same number."""

    number: int


class UseLog(Message, frozen=True, tag=True):
    """To the API, which gets no plan: write the log like this from now on."""

    format: LogFormat
    level: LogLevel


class Stop(Message, frozen=True, tag=True):
    """Close the listeners, give running transfers this many seconds, then exit."""

    grace_s: float


# Worker to supervisor.
class Ready(Message, frozen=True, tag=True):
    """The child works by the plan of this revision."""

    revision: int
    confinement: str = ""
    """What keeps the child from files: `landlock 7`, or `none`."""


class CannotFollow(Message, frozen=True, tag=True):
    """The worker cannot work by the plan of this revision, and why; it goes on by the former one."""

    revision: int
    sentence: str


class Beat(Message, frozen=True, tag=True):
    """Sent every second: all counters since the child began, and its gauges."""

    counters: tuple[Sample, ...]
    gauges: tuple[Sample, ...]


class PasswordWrong(Message, frozen=True, tag=True):
    """A server has refused a password."""

    service: str
    address: str
    user: str


class Sessions(Message, frozen=True, tag=True):
    """The live sessions and transfers of one worker, and how many it ended if it was told to."""

    number: int
    sessions: tuple[SessionRow, ...]
    transfers: tuple[TransferRow, ...]
    ended: int = 0


class Clients(Message, frozen=True, tag=True):
    """What one worker has seen of its clients' data connections."""

    number: int
    seen: tuple[Seen, ...]


# Prober to supervisor.
class Verdict(Message, frozen=True, tag=True):
    """What the probes say of one real server now; sent when anything of it changed."""

    slot: int
    state: ServerState
    """Its `admin` is meaningless here."""
    revision: int
    """Of the plan by which the server was probed."""


# API to supervisor: actions, and the answers to them.
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
    kind: BanKind
    subject: str
    for_s: float


class LiftBan(Action, frozen=True, tag=True):
    """Take a ban back; answered by `Said`."""

    service: str
    kind: BanKind
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


class Request(Message, frozen=True, tag=True):
    """An action with the number that its answer will carry."""

    number: int
    action: (
        FindRoute
        | GetStatus
        | GetSessions
        | GetClients
        | GetMetrics
        | SetAdmin
        | GetBans
        | AddBan
        | LiftBan
        | KillSession
        | Apply
    )


class Response(Message, frozen=True, tag=True):
    """The answer to the request of that number."""

    number: int
    result: StatusIs | RouteIs | SessionTable | ClientsAre | BansAre | Metrics | Said | Applied | Refused


ToWorker = UsePlan | UseStates | UseBans | EndSessions | ListSessions | ListClients | Stop
ToProber = UsePlan | Stop
ToApi = Response | UseLog | Stop
FromWorker = Ready | CannotFollow | PasswordWrong | Beat | Sessions | Clients
FromProber = Ready | Beat | Verdict
FromApi = Ready | Beat | Request
