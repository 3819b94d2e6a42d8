"""What is observed: figures and states that doors show. Plain dataclasses: the channel and the API both know them."""

from dataclasses import dataclass, field
from enum import StrEnum

from ftpair.core.drain import Drain, DrainStatus
from ftpair.core.overload import SHORTAGES, Shortage
from ftpair.core.revisions import Unconfirmed

PASSES = "passes"
"""The state of sessions in TCP mode: who speaks, and what, is hidden by TLS."""


class Admin(StrEnum):
    """What the administrator wants of a real server."""

    ONLINE = "online"
    DRAIN = "drain"
    HALT = "halt"


class Health(StrEnum):
    """What the probes found."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """The certificate that a real server showed to its probe."""

    not_after: float
    """Seconds since the epoch."""
    names: tuple[str, ...] = ()
    """The first of the host names and addresses in it."""
    missed: str = ""
    """The name that it should carry and does not; empty: it does, or none is wanted."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """The two states of a real server, never mixed, and why; `features` are the FEAT lines it answered."""

    admin: Admin = Admin.ONLINE
    health: Health = Health.UNKNOWN
    reason: str = "not probed yet"
    since: float = 0.0
    """Seconds since the epoch."""
    check_seconds: float = 0.0
    features: tuple[str, ...] | None = None
    certificates: tuple[ServerCertificate, ...] = ()
    """Several where its entrances show different ones."""
    is_ejected: bool = False
    """Whether it is down for what sessions suffered from it, whatever the probes say."""
    came_up: float = 0.0
    """When it came up after it had been down, by the monotonic clock; 0: it has not been down."""
    drain: Drain | None = None
    """How it is drained, if it is."""

    @property
    def ends_sessions(self) -> bool:
        """Whether its sessions are ended as soon as none of their transfers runs."""
        return self.admin is Admin.DRAIN and self.drain is not None and self.drain.wait_for == "transfers"

    @property
    def is_eligible(self) -> bool:
        """Whether new sessions may be given to it; an unknown server is tried rather than refused."""
        return self.admin is Admin.ONLINE and self.health is not Health.DOWN


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One live session; durations in seconds."""

    id: str
    service: str
    client: str
    entrance: str
    user: str
    server: str
    state: str
    tls: str
    """Version and cipher of the client's control connection, or `clear`."""
    seconds: float
    idle_seconds: float
    transfers: int
    bytes_up: int
    bytes_down: int
    command: str
    """The last command, secrets masked."""
    worker: int
    removed: str = ""
    """What an apply has removed meanwhile: its `service`, its `server`, or nothing."""
    rescued_from: str = ""
    """The server that it was rescued from last."""

    @property
    def server_in_words(self) -> str:
        """Its server, and what is worth knowing of it: `FTP_SVR2 (rescued from FTP_SVR1)`."""
        notes = ["removed"] * (self.removed == "server") + [f"rescued from {self.rescued_from}"] * bool(
            self.rescued_from
        )
        return f"{self.server} ({', '.join(notes)})" if notes else self.server


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One running transfer."""

    session: str
    service: str
    client: str
    user: str
    server: str
    verb: str
    path: str
    direction: str
    bytes: int
    seconds: float
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One real server as people see it."""

    name: str
    address: str
    weight: int
    tls: str
    admin: Admin
    health: Health
    reason: str
    since: float
    sessions: int
    transfers: int
    max_sessions: int
    bytes_up: int
    bytes_down: int
    bytes_per_second: float
    pool: str = "default"
    warnings: tuple[str, ...] = ()
    """What will bring it down, or is amiss although it is up, in words."""
    is_backup: bool = False
    is_ejected: bool = False
    """Whether it is down for what sessions suffered from it, whatever the probes say."""
    share: int = 100
    """Percent of its weight that it has now: less than 100 in its slow start."""
    drain: DrainStatus | None = None
    """How far its drain is, if it is drained."""


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """One certificate that a service uses, towards clients or servers."""

    name: str
    not_after: float
    """Seconds since the epoch."""
    days_left: int
    """Whole days; negative when it has expired."""


@dataclass(frozen=True, slots=True)
class RouteStatus:
    """Where a session would go, and why."""

    service: str
    pool: str
    rule: int
    """The number of the rule, from 1; 0: none fits."""
    rule_reason: str
    """The rule in words."""
    server: str
    """Empty: nobody can serve the session."""
    server_reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class PoolQuorum:
    """Whether a pool has as many available servers as it should, backups aside."""

    pool: str
    quorum: int
    available: int
    is_met: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One virtual service as people see it."""

    name: str
    mode: str
    address: str
    explicit: int | None
    implicit: int | None
    passive: str
    passive_ports: int
    passive_ports_in_use: int
    balance: str
    sessions: int
    transfers: int
    max_sessions: int
    bytes_per_second: float
    is_serving: bool
    reason: str
    servers: tuple[ServerStatus, ...]
    certificates: tuple[CertificateStatus, ...] = ()
    removed_servers: tuple[ServerStatus, ...] = ()
    """Those that an apply removed, while sessions stay on them."""
    engine: str = ""
    """In TCP mode: `haproxy` or `builtin`."""
    pairing: str = ""
    """In TCP mode: `source` or `port`."""
    quorums: tuple[PoolQuorum, ...] = ()
    """How its pools stand that have a quorum."""


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One worker process."""

    number: int
    pid: int
    is_ready: bool
    sessions: int
    restarts: int
    loop_lag_seconds: float
    open_fds: int
    shortages: tuple[Shortage, ...] = ()
    """Why it takes no new sessions; empty: it does."""
    is_former: bool = False
    """Whether it was started by a former supervisor and leaves when its last session has ended."""
    ends_at: float = 0.0
    """When a former worker is ended at the latest (`upgrade_timeout_s`), in seconds since the epoch; 0: no bound."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """The whole node."""

    version: str
    revision: int
    started: float
    is_ready: bool
    is_draining: bool
    last_apply: str
    """The sentence of the last apply."""
    last_apply_successful: bool
    services: tuple[ServiceStatus, ...]
    workers: tuple[WorkerStatus, ...] = field(default_factory=tuple)
    removed_services: tuple[ServiceStatus, ...] = ()
    """Those that an apply removed, while sessions stay on them."""
    unconfirmed: Unconfirmed | None = None
    """The apply that is taken back unless somebody confirms it."""
    confinement: dict[str, str] = field(default_factory=dict)
    """What keeps each child from files, by its name: `landlock 7`; `none`; empty while it starts."""


def overload_sentences(node: NodeStatus) -> tuple[str, ...]:
    """Return a sentence for each worker that takes no new sessions."""
    return tuple(
        f"Worker {worker.number} refuses new sessions: {', '.join(SHORTAGES[each] for each in worker.shortages)}"
        for worker in node.workers
        if worker.shortages
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric: name without the prefix `ftpair_`, label values in the order of the metric's table."""

    name: str
    labels: tuple[str, ...]
    value: float
