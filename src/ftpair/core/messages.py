"""What the supervisor and its children say to each other: msgspec Structs with a tag, one frame each.

Supervisor and children are joined by a socketpair. A frame is a 4-byte big-endian length and a msgpack body. File
descriptors travel beside the frame that names them (SCM_RIGHTS), in the order in which it names them.
"""

import msgspec

from ftpair.core.clientele import Seen
from ftpair.core.doctor import Diagnosis, Order
from ftpair.core.ejection import ErrorKind
from ftpair.core.facts import TransferEnded
from ftpair.core.limits import Ban
from ftpair.core.plan import Entrance, LogFormat, LogLevel, Plan, WebPlan
from ftpair.core.status import Sample, ServerState, SessionRow, TransferRow

TABLES = 4
"""Shared tables: counts, rates, presence, affinity."""


class ListenerKey(msgspec.Struct, frozen=True):
    """Names a control listener."""

    service: str
    entrance: Entrance
    host: str
    port: int


class Message(msgspec.Struct, frozen=True, tag=True):
    """Anything that crosses a channel."""

    @property
    def fd_count(self) -> int:
        """How many descriptors come with it."""
        return 0


# Supervisor to worker and prober.
class UsePlan(Message, frozen=True, tag=True):
    """Work by this plan from now on; with each of `listeners` and `passive` comes a descriptor (prober: none)."""

    plan: Plan
    listeners: tuple[ListenerKey, ...] = ()
    passive: tuple[tuple[str, int], ...] = ()
    """Passive ports of the built-in engine that a former worker has handed over: address and port."""

    @property
    def fd_count(self) -> int:
        """How many descriptors come with it."""
        return len(self.listeners) + len(self.passive)


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


class UseWeb(Message, frozen=True, tag=True):
    """To the API: serve HTTPS there from now on, on the one listener that comes with it; `None`: serve none."""

    web: WebPlan | None
    """With its certificate, whoever made it."""

    @property
    def fd_count(self) -> int:
        """How many descriptors come with it."""
        return 1 if self.web else 0


class UseHandover(Message, frozen=True, tag=True):
    """To a worker: be this supervisor's, and await its successor on the unix socket that comes along.

    Understood by every version of ftpair, as are `HandOver`, `Leave` and `Stop`: fields are added, never changed.
    """

    likeness: str
    """How the worker was made, in the supervisor's words: a successor goes on with one that it would make alike."""

    @property
    def fd_count(self) -> int:
        """How many descriptors come with it."""
        return 1


class UseMates(Message, frozen=True, tag=True):
    """To a worker: pass new connections on to these others, and take theirs.

    The descriptors of its own inbox and of theirs come along, in this order.
    """

    places: tuple[int, ...]
    """Their rows of the shared counts."""

    @property
    def fd_count(self) -> int:
        """How many descriptors come with it."""
        return 1 + len(self.places)


class Leave(Message, frozen=True, tag=True):
    """To a worker that has handed over: take no new connection, and exit when the last one has ended."""


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


class TransfersEnded(Message, frozen=True, tag=True):
    """Transfers that have ended since the last beat, each with its moment in seconds since the epoch."""

    transfers: tuple[tuple[float, TransferEnded], ...]
    unrecorded: int = 0
    """How many more there were than a beat carries."""


class LogLines(Message, frozen=True, tag=True):
    """What a child has logged since its last beat: moment, level and text of each line."""

    lines: tuple[tuple[float, str, str], ...]


class PasswordWrong(Message, frozen=True, tag=True):
    """A server has refused a password."""

    service: str
    address: str
    user: str


class ServerErred(Message, frozen=True, tag=True):
    """A session suffered from its real server."""

    slot: int
    kind: ErrorKind
    reason: str
    good: int
    """How often servers of this row did well by then, in this aspect, over all workers: errors with the same number
    are in a row."""


class Sessions(Message, frozen=True, tag=True):
    """The live sessions and transfers of one worker, and how many it ended if it was told to."""

    number: int
    sessions: tuple[SessionRow, ...]
    transfers: tuple[TransferRow, ...]
    ended: int = 0
    moved: int = 0
    """How many it has sent to other servers instead."""
    cut: int = 0
    """How many of their transfers were cut."""


class Clients(Message, frozen=True, tag=True):
    """What one worker has seen of its clients' data connections."""

    number: int
    seen: tuple[Seen, ...]


class HandOver(Message, frozen=True, tag=True):
    """Said first to a new supervisor, with the descriptors of what must not be lost.

    Those of `counts`, `rates`, `presence` and `affinity` come first, then one for each listener and each passive port.
    """

    number: int
    likeness: str
    version: str
    place: int
    places: int
    """Which row of the shared tables is the worker's own, of how many."""
    layout: str
    """What the tables look like."""
    salt: bytes
    listeners: tuple[ListenerKey, ...] = ()
    passive: tuple[tuple[str, int], ...] = ()
    rows: tuple[tuple[str, str, int], ...] = ()
    """Service, server (empty: the service itself) and the row that it has in the counts."""
    states: bytes = b""
    """The states of servers by row, in msgpack, for who understands them."""
    is_leaving: bool = False
    """Whether it takes no new connection any more."""
    leaving_since: float = 0.0
    """When it was told to leave, by the monotonic clock, which is one for all processes; 0: it does not say."""

    @property
    def fd_count(self) -> int:
        """How many descriptors come with it."""
        return TABLES + len(self.listeners) + len(self.passive)


# Prober to supervisor.
class Verdict(Message, frozen=True, tag=True):
    """What the probes say of one real server now; sent when anything of it changed."""

    slot: int
    state: ServerState
    """Its `admin` is meaningless here."""
    revision: int
    """Of the plan by which the server was probed."""


class Probed(Message, frozen=True, tag=True):
    """One real server was probed, and when it will be again; in seconds since the epoch."""

    slot: int
    at: float
    next_at: float


# Supervisor and examiner.
class Examine(Message, frozen=True, tag=True):
    """Examine the only service of this plan, and answer with `Examined`."""

    plan: Plan
    order: Order


class Progress(Message, frozen=True, tag=True):
    """So many steps of the examination are done, and this is the next one."""

    done: int
    doing: str


class Examined(Message, frozen=True, tag=True):
    """What the doctor says."""

    diagnosis: Diagnosis


BRINGING = (UsePlan, UseWeb, UseHandover, UseMates, HandOver)
"""Messages that descriptors come with."""
ToWorker = (
    UsePlan | UseStates | UseBans | UseHandover | UseMates | EndSessions | ListSessions | ListClients | Leave | Stop
)
ToProber = UsePlan | Stop
ToExaminer = Examine | Stop
FromWorker = Ready | CannotFollow | PasswordWrong | ServerErred | Beat | TransfersEnded | Sessions | Clients | LogLines
FromProber = Ready | Beat | Verdict | Probed | LogLines
FromExaminer = Ready | Beat | Progress | Examined | LogLines
