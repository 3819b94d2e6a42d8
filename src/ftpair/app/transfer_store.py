"""Ended transfers on the disk: `transfers.sqlite` in the state folder, bounded in rows, days and bytes."""

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftpair.app.database import Contents, Database
from ftpair.app.mishaps import Mishaps
from ftpair.core.actions import GetTransferHistory
from ftpair.core.facts import Tls, TransferEnded
from ftpair.core.transfers import CLEAR, PastTransfer

FILE = "transfers.sqlite"
LONGEST_TEXT = 1000
"""Signs of a name, path or reply; a longer one ends in `...`."""
PRUNE_EVERY = 1000
"""Rows from one look at the bounds to the next."""
AT_ONCE = 20_000
"""Rows that are searched, or removed, in one step."""
SEARCH_S = 1.0
"""Then a search tells what it has found so far."""
DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept: of what is more, the oldest goes."""

    rows: int = 500_000
    days: float = 90.0
    bytes: int = 256 * 1024 * 1024


BOUNDS = Bounds()
IN_MEMORY = Bounds(rows=10_000)
"""Where the state folder cannot be used."""
MIGRATIONS = (
    """
    CREATE TABLE transfer (
        number INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        service TEXT NOT NULL,
        server TEXT NOT NULL,
        user TEXT NOT NULL,
        client TEXT NOT NULL,
        session TEXT NOT NULL,
        verb TEXT NOT NULL,
        path TEXT NOT NULL,
        direction TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        seconds REAL NOT NULL,
        result TEXT NOT NULL,
        reason TEXT NOT NULL,
        reply TEXT NOT NULL,
        tls TEXT NOT NULL,
        server_tls TEXT NOT NULL
    );
    """,
)
_CONTENTS = Contents("ended transfers", MIGRATIONS, is_dispensable=True, is_written_ahead=True)
_INSERT = f"INSERT INTO transfer VALUES (NULL{', ?' * 16})"  # noqa: S608 - marks alone.
_FIND = """
    SELECT * FROM transfer
    WHERE number < :before AND number >= :floor
        AND (:service = '' OR service = :service) AND (:server = '' OR server = :server)
        AND (:user = '' OR user = :user) AND (:path = '' OR instr(path, :path))
        AND (:client = '' OR client = :client OR instr(client, :client || ':') = 1
            OR instr(client, '[' || :client || ']:') = 1)
        AND (:result = '' OR result = :result OR (:result = 'failed' AND result <> 'complete'))
        AND at >= :since AND (:until = 0 OR at < :until)
    ORDER BY number DESC LIMIT :limit
"""


class TransferStore:
    """The rows and their bounds; used by one thread. `warn` hears sentences."""

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], None],
        now: Callable[[], float] = time.time,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self._now = now
        self._database = Database(path, _CONTENTS, warn)
        self._bounds = bounds if self._database.is_kept else IN_MEMORY
        self._mishaps = Mishaps(path, _CONTENTS.noun, warn)
        self._until_pruned = 0
        self.add(())  # What grew too old while ftpair did not run is gone before the first question.

    def add(self, ended: Iterable[tuple[float, TransferEnded]]) -> None:
        """Record transfers; if the disk does not take them they are counted, and that is said once."""
        rows = [_row(at, fact) for at, fact in ended]
        try:
            self._database.write(*((_INSERT, row) for row in rows))
            self._prune(len(rows))
        except sqlite3.Error as error:
            self._mishaps.miss(len(rows), error)
        else:
            self._mishaps.recover()

    @property
    def unrecorded(self) -> int:
        """How many transfers the disk did not take."""
        return self._mishaps.missed

    def find(self, wanted: GetTransferHistory) -> tuple[tuple[PastTransfer, ...], int]:
        """Return transfers, the newest first, and where to go on (0: there is no more).

        A search that finds little among many rows ends after `SEARCH_S`. Raises sqlite3.Error.
        """
        oldest, newest = self._ends()
        before = min(wanted.before or newest + 1, newest + 1)
        found: list[PastTransfer] = []
        until = time.monotonic() + SEARCH_S
        while before > oldest and len(found) < wanted.limit and time.monotonic() < until:
            floor = max(before - AT_ONCE, oldest)
            rows = self._rows(wanted, before, floor, wanted.limit - len(found))
            found += [PastTransfer(*row) for row in rows]
            before = found[-1].number if len(found) == wanted.limit else floor
        return tuple(found), before if before > oldest else 0

    def close(self) -> None:
        """Leave the file."""
        self._database.close()

    def _rows(self, wanted: GetTransferHistory, before: int, floor: int, limit: int) -> list[tuple[Any, ...]]:
        names = ("service", "server", "user", "client", "path", "result", "since", "until")
        given = {name: getattr(wanted, name) for name in names}
        return self._database.rows_by_name(_FIND, given | {"before": before, "floor": floor, "limit": limit})

    def _ends(self) -> tuple[int, int]:
        """Return the lowest and the highest number."""
        row = self._database.row("SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM transfer")
        assert row is not None, "an aggregate is one row"
        return int(row[0]), int(row[1])

    # The bounds.

    def _prune(self, added: int) -> None:
        self._until_pruned -= added
        if self._until_pruned > 0:
            return
        self._until_pruned = PRUNE_EVERY
        oldest, newest = self._ends()
        too_old = self._first_after(self._now() - self._bounds.days * DAY_S)
        self._remove_below(max(newest - self._bounds.rows + 1, too_old))
        while self._used_bytes() > self._bounds.bytes and oldest <= newest:
            oldest += (newest - oldest) // 8 + 1
            self._remove_below(oldest)

    def _remove_below(self, number: int) -> None:
        self._database.write(("DELETE FROM transfer WHERE number < ?", (number,)))

    def _first_after(self, at: float) -> int:
        """Return the number of the first row of the oldest ones that is not older than that."""
        row = self._database.row("SELECT number FROM transfer WHERE at >= ? ORDER BY number LIMIT 1", at)
        return int(row[0]) if row else self._ends()[1] + 1

    def _used_bytes(self) -> int:
        pages, free, size = (
            self._database.rows(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)


def _row(at: float, fact: TransferEnded) -> tuple[object, ...]:
    return (
        at,
        _text(fact.service),
        _text(fact.server),
        _text(fact.user),
        _text(fact.client),
        _text(fact.session),
        _text(fact.verb),
        _text(fact.path),
        fact.direction,
        fact.bytes,
        fact.seconds,
        fact.result,
        _text(fact.reason),
        _text(fact.reply),
        _version(fact.client_tls),
        _version(fact.server_tls),
    )


def _version(tls: Tls | None) -> str:
    return tls.version if tls else CLEAR


def _text(text: str) -> str:
    """Return a text that can be stored and sent, whatever a stranger sent: short, and without half signs."""
    short = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
    return short if short.isascii() else short.encode("utf-8", "backslashreplace").decode()
