"""The sheet of `ftpair top`: services and real servers with their rates, and the sessions that do most. Pure."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice

from ftpair.cli.sheet import Cell, Column, Line, Sheet, Table, line
from ftpair.cli.views import ADMIN_STYLE, BAD, FAINT, GOOD, HEALTH_STYLE, STRONG, node_state
from ftpair.core.status import Admin, NodeStatus, ServerStatus, ServiceStatus, SessionRow
from ftpair.core.units import counted, duration, rate, size

BAR_COLUMNS = 16
SPARKS = "▁▂▃▄▅▆▇█"
SPARK_COLUMNS = 20
LIGHT = "●"
ORDERS: dict[str, Callable[["Busy"], object]] = {
    "rate": lambda busy: (-busy.bytes_per_second, busy.row.idle_seconds, busy.row.id),
    "age": lambda busy: (-busy.row.seconds, busy.row.id),
    "user": lambda busy: (busy.row.user, busy.row.id),
    "server": lambda busy: (busy.row.service, busy.row.server, busy.row.id),
}
"""How the sessions may be sorted."""
PLACE_COLUMNS = (
    Column(""),
    Column("SERVICE, SERVER"),
    Column("STATE"),
    Column("SESSIONS", rank=1, is_number=True),
    Column("TRANSFERS", rank=2, is_number=True),
    Column("RATE", is_number=True),
    Column("OF THE LARGEST", rank=3),
    Column("LATELY", rank=4),
    Column("WHY", rank=5),
)
SESSION_COLUMNS = (
    Column("SESSION", rank=6),
    Column("USER"),
    Column("CLIENT", rank=3),
    Column("SERVER", rank=1),
    Column("RATE", is_number=True),
    Column("MOVED", rank=4, is_number=True),
    Column("FOR", rank=5, is_number=True),
    Column("COMMAND", rank=2),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """What was told at one moment; `at` in seconds of a clock that never goes back."""

    at: float
    node: NodeStatus
    sessions: list[SessionRow]


@dataclass(frozen=True, slots=True)
class Busy:
    """A session, and what it moves in a second."""

    row: SessionRow
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class View:
    """How much room there is, and how sessions are sorted."""

    rows: int
    order: str = "rate"


class Past:
    """What came before: rates lately, and the bytes of sessions at the moment before."""

    def __init__(self) -> None:
        self._rates: dict[tuple[str, str], deque[float]] = {}
        self._bytes: dict[str, tuple[float, int]] = {}
        self._busy: tuple[Busy, ...] = ()

    def take(self, moment: Moment) -> None:
        """Remember what is told now, and forget who is gone."""
        rates: dict[tuple[str, str], float] = {}
        for service in moment.node.services:
            rates[service.name, ""] = service.bytes_per_second
            rates |= {(service.name, server.name): server.bytes_per_second for server in service.servers}
        self._rates = {key: self._rates.get(key, deque(maxlen=SPARK_COLUMNS)) for key in rates}
        for key, value in rates.items():
            self._rates[key].append(value)
        self._busy = tuple(Busy(row, self._rate(row, moment.at)) for row in moment.sessions)
        self._bytes = {row.id: (moment.at, _moved(row)) for row in moment.sessions}

    def rates(self, service: str, server: str = "") -> tuple[float, ...]:
        """Return the rates lately, the oldest first."""
        return tuple(self._rates.get((service, server), ()))

    def busy(self, order: str) -> list[Busy]:
        """Return the sessions in that order."""
        return sorted(self._busy, key=ORDERS[order])  # type: ignore[arg-type]  # Each order's keys compare.

    def _rate(self, row: SessionRow, now: float) -> float:
        then, moved = self._bytes.get(row.id, (now - max(row.seconds, 1e-6), 0))
        return max(0, _moved(row) - moved) / max(now - then, 1e-6)


def top_sheet(moment: Moment, past: Past, view: View) -> Sheet:
    """Return services, servers and as many sessions as there is room for."""
    node = moment.node
    places = [row for service in node.services for row in _place_rows(service, past, _largest(node))]
    busy = past.busy(view.order)
    room = max(3, view.rows - len(places) - 6)
    sessions = Table(SESSION_COLUMNS, tuple(map(_session_row, busy[:room])), if_empty="No sessions.")
    more = (line(Cell(f"and {counted(len(busy) - room, 'session')} more", FAINT)),) if len(busy) > room else ()
    return (_first_line(node), Table(PLACE_COLUMNS, tuple(places)), line(), sessions, *more)


def keys_line(order: str) -> Line:
    """Return what the keys do."""
    return line(Cell("q", STRONG), " quits, ", Cell("s", STRONG), f" sorts the sessions (now by {order})")


def next_order(order: str) -> str:
    """Return the order after this one."""
    around = islice(cycle(ORDERS), list(ORDERS).index(order) + 1, None)
    return next(around)


def _first_line(node: NodeStatus) -> Line:
    sessions = sum(service.sessions for service in node.services)
    transfers = sum(service.transfers for service in node.services)
    moving = rate(sum(service.bytes_per_second for service in node.services))
    figures = f", {counted(sessions, 'session')}, {counted(transfers, 'transfer')}, {moving}"
    return line(
        Cell(f"ftpair {node.version}", STRONG), " is ", node_state(node), f", revision {node.revision}", figures
    )


def _place_rows(service: ServiceStatus, past: Past, largest: float) -> list[tuple[Cell, ...]]:
    style = GOOD if service.is_serving else BAD
    state = Cell("serving" if service.is_serving else "not serving", style)
    counts = (Cell(str(service.sessions)), Cell(str(service.transfers)), Cell(rate(service.bytes_per_second)))
    lately = past.rates(service.name)
    name = Cell(service.name, STRONG)
    why = Cell("" if service.is_serving else service.reason)
    whole = (
        Cell(LIGHT, style, plain=""),
        name,
        state,
        *counts,
        _bar(service.bytes_per_second, largest),
        _spark(lately),
        why,
    )
    return [whole, *(_server_row(service.name, server, past, largest) for server in service.servers)]


def _server_row(service: str, server: ServerStatus, past: Past, largest: float) -> tuple[Cell, ...]:
    is_online = server.admin is Admin.ONLINE
    style = HEALTH_STYLE[server.health] if is_online else ADMIN_STYLE[server.admin]
    return (
        Cell(LIGHT, style, plain=""),
        Cell(f"  {server.name}"),
        Cell(server.health.value if is_online else f"{server.admin.value}, {server.health.value}", style),
        Cell(str(server.sessions)),
        Cell(str(server.transfers)),
        Cell(rate(server.bytes_per_second)),
        _bar(server.bytes_per_second, largest),
        _spark(past.rates(service, server.name)),
        Cell("" if style == GOOD else server.reason),
    )


def _session_row(busy: Busy) -> tuple[Cell, ...]:
    row = busy.row
    return (
        Cell(row.id),
        Cell(row.user or "-"),
        Cell(row.client),
        Cell(row.server or "-"),
        Cell(rate(busy.bytes_per_second), "" if busy.bytes_per_second else FAINT),
        Cell(size(_moved(row))),
        Cell(duration(row.seconds)),
        Cell(row.command),
    )


def _bar(value: float, largest: float) -> Cell:
    filled = min(BAR_COLUMNS, -(-round(value) * BAR_COLUMNS // round(largest))) if round(largest) else 0
    return Cell("█" * filled + "░" * (BAR_COLUMNS - filled), GOOD, plain="#" * filled + "-" * (BAR_COLUMNS - filled))


def _spark(rates: tuple[float, ...]) -> Cell:
    largest = max(rates, default=0.0)
    steps = (min(len(SPARKS) - 1, int(value / largest * len(SPARKS))) if largest else 0 for value in rates)
    return Cell("".join(SPARKS[step] for step in steps), plain="")


def _largest(node: NodeStatus) -> float:
    return max((service.bytes_per_second for service in node.services), default=0.0)


def _moved(row: SessionRow) -> int:
    return row.bytes_up + row.bytes_down
