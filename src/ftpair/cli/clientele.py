"""The sheet of clients: how their data connections were secured, and what would become of them."""

from ftpair.cli.sheet import Cell, Column, Sheet, Table
from ftpair.cli.views import BAD, GOOD
from ftpair.core.clientele import ClientRow
from ftpair.core.units import duration

CLIENT_COLUMNS = (
    Column("SERVICE", rank=5),
    Column("CLIENT"),
    Column("USER", rank=1),
    Column("PROGRAM", rank=4),
    Column("TLS", rank=7),
    Column("RESUMED", rank=2, is_number=True),
    Column("NOT", rank=2, is_number=True),
    Column("CLEAR", rank=3, is_number=True),
    Column("AGO", rank=6, is_number=True),
    Column("IF REQUIRED"),
)


def clients_sheet(rows: list[ClientRow], now: float) -> Sheet:
    """Return the clients, the newest first; `now` in seconds since the epoch."""
    cells = tuple(_row(row, now) for row in rows)
    return (Table(CLIENT_COLUMNS, cells, if_empty="No data connection has been seen yet."),)


def _row(row: ClientRow, now: float) -> tuple[Cell, ...]:
    return (
        Cell(row.service),
        Cell(row.client),
        Cell(row.user or "-"),
        Cell(row.program or "-"),
        Cell(row.tls or "clear"),
        Cell(str(row.resumed)),
        Cell(str(row.not_resumed)),
        Cell(str(row.clear)),
        Cell(duration(max(0.0, now - row.seen))),
        Cell(row.verdict, BAD if row.would_break else GOOD),
    )
