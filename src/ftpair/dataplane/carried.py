"""What a worker carries in TCP mode: a service, a connection of it, and what people see of that."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ftpair.core.columns import SESSIONS, TRANSFERS
from ftpair.core.facts import SessionEnded
from ftpair.core.plan import Clocks, Entrance, ServerPlan, ServicePlan, TcpServicePlan
from ftpair.core.status import PASSES, SessionRow, TransferRow
from ftpair.dataplane.dialling import Dialling
from ftpair.dataplane.ends import Ends
from ftpair.dataplane.passing import Passing
from ftpair.dataplane.rates import key_of as row_of


@dataclass(slots=True)
class Carried:
    """A service, and the pool as policies know it."""

    plan: TcpServicePlan
    pool: ServicePlan
    former: dict[str, ServerPlan] = field(default_factory=dict)
    """Servers that left the plan; their sessions still have data connections."""
    turn: int = 0

    def use_plan(self, plan: TcpServicePlan) -> None:
        """Work by this plan from now on."""
        self.former |= {server.name: server for server in self.plan.servers}
        for server in plan.servers:
            self.former.pop(server.name, None)
        self.plan, self.pool = plan, pool_of(plan)


class Connection:
    """One client's connection and the one to its server; control (it has an entrance) or data."""

    __slots__ = (
        "began",
        "counted",
        "dialled",
        "dialling",
        "ends",
        "entrance",
        "has_place",
        "name",
        "on_failed",
        "passing",
        "plan",
        "server",
        "sock",
    )

    def __init__(
        self, plan: TcpServicePlan, entrance: Entrance | None, name: str, sock: socket.socket, ends: Ends
    ) -> None:
        self.plan, self.entrance, self.name, self.sock, self.ends = plan, entrance, name, sock, ends
        self.began = time.monotonic()
        self.server: ServerPlan | None = None
        self.dialling: Dialling | None = None
        self.dialled = 0.0
        self.on_failed: Callable[[str], None] = _unheard
        self.passing: Passing | None = None
        self.counted = (0, 0)
        """The bytes up and down that stand in the counts already."""
        self.has_place = False

    @property
    def column(self) -> int:
        """The column of the counts that it stands in while it has a server."""
        return SESSIONS if self.entrance else TRANSFERS

    @property
    def key(self) -> bytes:
        """What its client's address is remembered by."""
        return key_of(self.plan, self.ends.client.host)

    @property
    def moved(self) -> tuple[int, int]:
        """Its bytes up and down."""
        return (self.passing.bytes_up, self.passing.bytes_down) if self.passing else (0, 0)


def _unheard(_reason: str) -> None:
    pass


def key_of(plan: TcpServicePlan, host: str) -> bytes:
    """Return what a client's address is remembered by."""
    return row_of("pairing", plan.name, host)


def pool_of(plan: TcpServicePlan) -> ServicePlan:
    """Return the service as one in FTP mode whose sessions are given out at connect."""
    return ServicePlan(
        name=plan.name,
        address=plan.address,
        passive=plan.passive,
        servers=plan.servers,
        balance=plan.balance,
        max_sessions=plan.max_sessions,
        slot=plan.slot,
        affinity_timeout_s=plan.longest_transfer_s,
        accept_from=plan.accept_from,
        source=plan.source,
        clocks=Clocks(connect_timeout_s=plan.connect_timeout_s),
    )


def session_row(connection: Connection, now: float, worker: int) -> SessionRow:
    """Return the row of a control connection."""
    up, down = connection.moved
    return SessionRow(
        id=connection.name,
        service=connection.plan.name,
        client=str(connection.ends.client),
        entrance=connection.entrance or "",
        user="",
        server=connection.server.name if connection.server else "",
        state=PASSES,
        tls="",
        seconds=now - connection.began,
        idle_seconds=now - connection.passing.moved_at if connection.passing else 0.0,
        transfers=0,
        bytes_up=up,
        bytes_down=down,
        command="",
        worker=worker,
    )


def transfer_row(connection: Connection, now: float) -> TransferRow:
    """Return the row of a data connection. Which session it belongs to, and its file, TLS hides."""
    up, down = connection.moved
    seconds = max(now - connection.began, 1e-6)
    return TransferRow(
        session="",
        service=connection.plan.name,
        client=str(connection.ends.client),
        user="",
        server=connection.server.name if connection.server else "",
        verb="",
        path="",
        direction="up" if up > down else "down",
        bytes=up + down,
        seconds=seconds,
        bytes_per_second=(up + down) / seconds,
    )


def session_ended(connection: Connection, ended: str) -> SessionEnded:
    """Return what the log says of a control connection that is over."""
    up, down = connection.moved
    return SessionEnded(
        service=connection.plan.name,
        session=connection.name,
        client=str(connection.ends.client),
        entrance=connection.entrance or "",
        user="",
        server=connection.server.name if connection.server else "",
        tls=None,
        server_tls=None,
        seconds=time.monotonic() - connection.began,
        transfers=0,
        bytes_up=up,
        bytes_down=down,
        ended=ended,
        reply="",
    )
