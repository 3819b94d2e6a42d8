"""The revisions of the configuration, kept in a database of the state folder."""

import time
from collections.abc import Callable
from pathlib import Path

from ftpair.app.database import Contents, Database
from ftpair.core.errors import NotFoundError
from ftpair.core.revisions import Revision, Unconfirmed

FILE = "revisions.sqlite"
KEPT = 1000
"""Older ones are forgotten, but for the one that was applied last: it may have to come back."""
_FORGET = """
    DELETE FROM revision WHERE number <= ? AND number NOT IN (SELECT number FROM revision ORDER BY applied DESC LIMIT 1)
"""
_CONTENTS = Contents(
    "revisions",
    (
        """
        CREATE TABLE revision (
            number INTEGER PRIMARY KEY,
            made REAL NOT NULL,
            author TEXT NOT NULL,
            comment TEXT NOT NULL,
            applied REAL NOT NULL DEFAULT 0,
            content BLOB NOT NULL
        );
        CREATE TABLE unconfirmed (revision INTEGER NOT NULL, former INTEGER NOT NULL, until REAL NOT NULL);
        """,
    ),
)


class Revisions:
    """All that is known of former configurations. `warn` hears sentences."""

    def __init__(
        self, path: Path, warn: Callable[[str], None], now: Callable[[], float] = time.time, kept: int = KEPT
    ) -> None:
        self._now, self._kept = now, kept
        self._database = Database(path, _CONTENTS, warn)

    def close(self) -> None:
        """Leave the database."""
        self._database.close()

    # Reading.

    def latest(self) -> Revision | None:
        """Return the newest revision."""
        return next(iter(self.page(1)), None)

    def page(self, limit: int, before: int = 0) -> tuple[Revision, ...]:
        """Return revisions, the newest first; with `before` only those of a lower number."""
        asked = """
            SELECT number, made, author, comment, applied FROM revision
            WHERE ? = 0 OR number < ? ORDER BY number DESC LIMIT ?
        """
        return tuple(Revision(*row) for row in self._database.rows(asked, before, before, limit))

    def content(self, number: int) -> bytes:
        """Return the text of a revision. Raises NotFoundError."""
        row = self._database.row("SELECT content FROM revision WHERE number = ?", number)
        if row is None:
            raise NotFoundError(f"there is no revision {number}; `ftpair revisions` lists them")
        return bytes(row[0])

    def has_names(self, service: str, server: str) -> bool:
        """Return whether the text of any revision has these two names."""
        asked = "SELECT EXISTS (SELECT 1 FROM revision WHERE instr(content, ?) AND instr(content, ?))"
        row = self._database.row(asked, service.encode(), server.encode())
        return bool(row and row[0])

    def number_for(self, content: bytes, above: int) -> int:
        """Return the number of a text: that of the newest revision, if it says the same and was not tried yet."""
        latest = self.latest()
        if latest is None:
            return above + 1
        if latest.number > above and self.content(latest.number) == content:
            return latest.number
        return max(latest.number, above) + 1

    def unconfirmed(self) -> Unconfirmed | None:
        """Return the apply that waits to be confirmed."""
        row = self._database.row("SELECT revision, former, until FROM unconfirmed")
        return Unconfirmed(*row) if row else None

    # Writing.

    def keep(self, number: int, content: bytes, author: str, comment: str) -> None:
        """Keep a text under its number, unless it is there already."""
        row = (number, self._now(), author, comment, content)
        self._database.write(
            ("INSERT OR IGNORE INTO revision (number, made, author, comment, content) VALUES (?, ?, ?, ?, ?)", row),
            (_FORGET, (number - self._kept,)),
        )

    def applied(self, number: int) -> None:
        """Note that a revision is worked by."""
        self._database.write(("UPDATE revision SET applied = ? WHERE number = ?", (self._now(), number)))

    def await_confirmation(self, unconfirmed: Unconfirmed | None) -> None:
        """Remember, over the end of this process, what is to be taken back; None: nothing."""
        added = [(unconfirmed.revision, unconfirmed.former, unconfirmed.until)] if unconfirmed else []
        self._database.write(
            ("DELETE FROM unconfirmed", ()), *(("INSERT INTO unconfirmed VALUES (?, ?, ?)", row) for row in added)
        )
