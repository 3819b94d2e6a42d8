"""Sheets of what people look at: node, services, sessions, transfers. States are told in words and in colour."""

from ftpair.cli.sheet import Cell, Column, Line, Part, Sheet, Table, line
from ftpair.core.status import (
    Admin,
    Health,
    NodeStatus,
    ServerStatus,
    ServiceStatus,
    SessionRow,
    TransferRow,
    overload_sentences,
)
from ftpair.core.units import counted, duration, of_limit, rate, size

BAR_COLUMNS = 24
GOOD, WARN, BAD, FAINT, STRONG = "green", "yellow", "bold red", "dim", "bold"

ADMIN_STYLE = {Admin.ONLINE: GOOD, Admin.DRAIN: WARN, Admin.HALT: BAD}
HEALTH_STYLE = {Health.UP: GOOD, Health.DOWN: BAD, Health.UNKNOWN: WARN}

REMOVED = Cell("removed", WARN)
DAYS_STYLE = ((7, BAD), (30, WARN))
"""How the days that a certificate has left are shown, when there are fewer."""

SERVER_COLUMNS = (
    Column("SERVER"),
    Column("ADDRESS", rank=5),
    Column("TLS", rank=7),
    Column("ADMIN"),
    Column("HEALTH"),
    Column("FOR", rank=6, is_number=True),
    Column("WEIGHT", rank=4, is_number=True),
    Column("SESSIONS", is_number=True),
    Column("TRANSFERS", rank=1, is_number=True),
    Column("RATE", rank=2, is_number=True),
    Column("WHY", rank=3),
)
POOL_COLUMN = Column("POOL", rank=4)
"""Where there is more than one."""
SESSION_COLUMNS = (
    Column("SESSION"),
    Column("SERVICE", rank=4),
    Column("USER"),
    Column("CLIENT"),
    Column("SERVER"),
    Column("STATE", rank=1),
    Column("TLS", rank=8),
    Column("FOR", rank=2, is_number=True),
    Column("IDLE", rank=6, is_number=True),
    Column("FILES", rank=7, is_number=True),
    Column("UP", rank=5, is_number=True),
    Column("DOWN", rank=5, is_number=True),
    Column("COMMAND", rank=3),
)
TRANSFER_COLUMNS = (
    Column("SESSION", rank=1),
    Column("SERVICE", rank=5),
    Column("USER"),
    Column("CLIENT", rank=3),
    Column("SERVER"),
    Column("VERB"),
    Column("BYTES", is_number=True),
    Column("FOR", rank=4, is_number=True),
    Column("RATE", is_number=True),
    Column("PATH", rank=2),
)


def node_sheet(node: NodeStatus, now: float) -> Sheet:
    """Return the node's line and every service; `now` in seconds since the epoch."""
    all_of_them = (*node.services, *node.removed_services)
    services = (part for service in all_of_them for part in (line(), *service_sheet(service, now)))
    return (*_node_lines(node, now), *services)


def service_sheet(service: ServiceStatus, now: float) -> Sheet:
    """Return one service and its real servers."""
    removed = service.removed_servers
    has_pools = len({server.pool for server in (*service.servers, *removed)}) > 1
    columns = (SERVER_COLUMNS[0], POOL_COLUMN, *SERVER_COLUMNS[1:]) if has_pools else SERVER_COLUMNS
    rows = [_server_row(server, now, has_pools=has_pools) for server in service.servers]
    rows += [_server_row(server, now, has_pools=has_pools, is_removed=True) for server in removed]
    why = tuple(_why(server) for server in service.servers if server.health is not Health.UP)
    drains = tuple(line(each.drain.sentence, indent=2) for each in service.servers if each.drain)
    return (*_service_lines(service), Table(columns, tuple(rows), indent=2, below=why), *drains)


def sessions_sheet(rows: list[SessionRow]) -> Sheet:
    """Return the live sessions, oldest first."""
    oldest_first = sorted(rows, key=lambda row: -row.seconds)
    return (Table(SESSION_COLUMNS, tuple(map(_session_row, oldest_first)), if_empty="No sessions."),)


def transfers_sheet(rows: list[TransferRow]) -> Sheet:
    """Return the running transfers, oldest first."""
    oldest_first = sorted(rows, key=lambda row: -row.seconds)
    return (Table(TRANSFER_COLUMNS, tuple(map(_transfer_row, oldest_first)), if_empty="No transfers."),)


def _node_lines(node: NodeStatus, now: float) -> list[Part]:
    revision, up = f", revision {node.revision}, up ", duration(max(0.0, now - node.started))
    workers = _workers(node, now)
    first = line(Cell(f"ftpair {node.version}", STRONG), " is ", node_state(node), revision, up, ", ", *workers)
    lines: list[Part] = [first]
    if node.last_apply:
        lines.append(line("last apply: ", Cell(node.last_apply, "" if node.last_apply_successful else BAD)))
    lines += [line(Cell(sentence, BAD)) for sentence in overload_sentences(node)]
    if waiting := node.unconfirmed:
        left = duration(max(0.0, waiting.until - now))
        back = f"revision {waiting.former} comes back in {left} unless `ftpair confirm` keeps {waiting.revision}"
        lines.append(line(Cell(back, WARN)))
    return lines


def node_state(node: NodeStatus) -> Cell:
    """Return whether clients may come."""
    if node.is_draining:
        return Cell("draining", WARN)
    return Cell("ready", GOOD) if node.is_ready else Cell("not ready", BAD)


def _workers(node: NodeStatus, now: float) -> list[str | Cell]:
    present = [worker for worker in node.workers if not worker.is_former]
    former = [worker for worker in node.workers if worker.is_former]
    ready = sum(worker.is_ready for worker in present)
    restarts = sum(worker.restarts for worker in present)
    words: list[str | Cell] = [counted(len(present), "worker")]
    if ready < len(present):
        words.append(Cell(f" ({ready} ready)", WARN))
    if former:
        left = counted(sum(worker.sessions for worker in former), "session")
        words.append(f", {counted(len(former), 'former worker')} with {left}")
        if ends_at := min((worker.ends_at for worker in former if worker.ends_at), default=0.0):
            words.append(f" ({duration(max(0.0, ends_at - now))} left)")
    if restarts:
        words.append(Cell(f", {counted(restarts, 'restart')} of workers", WARN))
    return words


def _service_lines(service: ServiceStatus) -> list[Part]:
    state = Cell("serving", GOOD) if service.is_serving else Cell("not serving", BAD)
    figures = (
        of_limit(service.sessions, service.max_sessions, "session"),
        counted(service.transfers, "transfer"),
        rate(service.bytes_per_second),
    )
    return [
        line(Cell(service.name, STRONG), "  ", state, f": {service.reason}" if service.reason else ""),
        line(", ".join(_where(service)), indent=2),
        line(", ".join(figures), indent=2),
        *_passive_lines(service),
        *(line(Cell(each.sentence, GOOD if each.is_met else BAD), indent=2) for each in service.quorums),
        *(line(f"certificate {each.name} ", days_cell(each.days_left), indent=2) for each in service.certificates),
        *(line(Cell(warning, WARN), indent=2) for server in service.servers for warning in server.warnings),
    ]


def _passive_lines(service: ServiceStatus) -> list[Part]:
    """Return how many ports wait for a connection; in TCP mode only the servers know."""
    if service.mode == "tcp":
        return []
    return [line("passive ports ", *_bar(service.passive_ports_in_use, service.passive_ports), indent=2)]


def days_cell(left: int) -> Cell:
    """Return the days that a certificate has left, coloured by how few there are."""
    if left < 0:
        return Cell("has expired", BAD)
    return Cell(f"{counted(left, 'day')} left", next((style for days, style in DAYS_STYLE if left < days), GOOD))


def _where(service: ServiceStatus) -> list[str]:
    ports = {"explicit": service.explicit, "implicit": service.implicit, "passive": service.passive}
    given = [f"{name} {port}" for name, port in ports.items() if port]
    mode = [f"mode {service.mode}"] if service.mode == "ftp" else ["mode tcp", f"engine {service.engine}"]
    pairing = [f"pairing by {service.pairing}"] if service.pairing else []
    return [service.address, *given, *mode, *pairing, service.balance]


def _bar(used: int, total: int) -> tuple[Cell, Cell, Cell]:
    filled = min(BAR_COLUMNS, -(-used * BAR_COLUMNS // total)) if total else 0
    rest = BAR_COLUMNS - filled
    style = BAD if used >= total else WARN if used * 4 >= total * 3 else GOOD
    return (
        Cell("█" * filled, style, plain="[" + "#" * filled),
        Cell("░" * rest, FAINT, plain="-" * rest + "]"),
        Cell(f" {used} of {total} waiting for a connection"),
    )


def _why(server: ServerStatus) -> Line:
    health = server.health.value
    reason = server.reason if server.reason.startswith(f"{health}:") else f"{health}: {server.reason}"
    return line(f"{server.name} is {reason}", indent=2)


def _server_row(server: ServerStatus, now: float, *, has_pools: bool, is_removed: bool = False) -> tuple[Cell, ...]:
    admin, health = (REMOVED, Cell("-")) if is_removed else _states(server)
    return (
        Cell(server.name),
        *([Cell(server.pool)] if has_pools else []),
        Cell(server.address),
        Cell(server.tls),
        admin,
        health,
        Cell(duration(max(0.0, now - server.since)) if server.since else ""),
        Cell(f"{server.weight} backup" if server.is_backup else str(server.weight)),
        Cell(f"{server.sessions}/{server.max_sessions}" if server.max_sessions else str(server.sessions)),
        Cell(str(server.transfers)),
        Cell(rate(server.bytes_per_second)),
        Cell(server.reason, FAINT if server.health is Health.UP else ""),
    )


def _states(server: ServerStatus) -> tuple[Cell, Cell]:
    return Cell(server.admin.value, ADMIN_STYLE[server.admin]), Cell(server.health.value, HEALTH_STYLE[server.health])


def _session_row(row: SessionRow) -> tuple[Cell, ...]:
    return (
        Cell(row.id),
        Cell(f"{row.service} (removed)" if row.removed == "service" else row.service),
        Cell(row.user or "-"),
        Cell(row.client),
        Cell(row.server_in_words or "-"),
        Cell(row.state),
        Cell(row.tls),
        Cell(duration(row.seconds)),
        Cell(duration(row.idle_seconds)),
        Cell(str(row.transfers)),
        Cell(size(row.bytes_up)),
        Cell(size(row.bytes_down)),
        Cell(row.command),
    )


def _transfer_row(row: TransferRow) -> tuple[Cell, ...]:
    return (
        Cell(row.session),
        Cell(row.service),
        Cell(row.user),
        Cell(row.client),
        Cell(row.server),
        Cell(row.verb),
        Cell(size(row.bytes)),
        Cell(duration(row.seconds)),
        Cell(rate(row.bytes_per_second)),
        Cell(row.path),
    )
