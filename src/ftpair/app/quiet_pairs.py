"""Sessions of TCP mode between two transfers, as far as that shows from outside: TLS hides commands and replies."""

from collections.abc import Collection, Iterable

from ftpair.core.actions import SessionTable
from ftpair.core.plan import ServerPlan
from ftpair.core.status import SessionRow

QUIET_S = 3.0
"""So long nothing moves on a control connection, and its client has no data connection, before its session is over."""


class QuietPairs:
    """Looked at about once a second. A client is its address: of which session a data connection is, TLS hides."""

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self._quiet_s = quiet_s
        self._since: dict[str, tuple[int, float]] = {}
        """Of every session that has no data connection: its bytes, and since when they are so many."""

    def look(self, table: SessionTable, servers: Collection[ServerPlan], now: float) -> tuple[SessionRow, ...]:
        """Return the sessions of these servers that are between two transfers; `now` of a monotonic clock."""
        names = {(server.service, server.name) for server in servers}
        busy = {_pair(each.service, each.server, each.client) for each in table.transfers}
        idle = {
            row.id: row
            for row in table.sessions
            if (row.service, row.server) in names and _pair(row.service, row.server, row.client) not in busy
        }
        self._since = dict(self._seen(idle.values(), now))
        return tuple(row for name, row in idle.items() if now - self._since[name][1] >= self._quiet_s)

    def _seen(self, rows: Iterable[SessionRow], now: float) -> Iterable[tuple[str, tuple[int, float]]]:
        for row in rows:
            moved = row.bytes_up + row.bytes_down
            former = self._since.get(row.id)
            yield row.id, former if former is not None and former[0] == moved else (moved, now)


def _pair(service: str, server: str, client: str) -> tuple[str, str, str]:
    return service, server, client.rpartition(":")[0]
