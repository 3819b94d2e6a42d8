"""The revisions of the configuration: a SQLite database in the state folder, written by the supervisor alone.

What cannot be kept on the disk is kept in memory for as long as ftpair runs, and that is said once: a full disk stops
no change.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from ftpair.app.state_file import BROKEN
from ftpair.core.errors import NotFoundError
from ftpair.core.revisions import Revision, Unconfirmed

FILE = "revisions.sqlite"
KEPT = 1000
"""Older ones are forgotten, but for the one that was applied last: it may have to come back."""
_FORGET = """
    DELETE FROM revision WHERE number <= ? AND number NOT IN (SELECT number FROM revision ORDER BY applied DESC LIMIT 1)
"""
MIGRATIONS = (
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
)
"""Each brings a database one version on; what has been released is never changed."""
_MODE = 0o600


class Revisions:
    """All that is known of former configurations. `warn` hears sentences."""

    def __init__(self, path: Path, warn: Callable[[str], None], now: Callable[[], float] = time.time) -> None:
        self._path, self._warn, self._now = path, warn, now
        self._database = self._opened()

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
        return tuple(Revision(*row) for row in self._database.execute(asked, (before, before, limit)))

    def content(self, number: int) -> bytes:
        """Return the text of a revision. Raises NotFoundError."""
        row = self._database.execute("SELECT content FROM revision WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no revision {number}; `ftpair revisions` lists them")
        return bytes(row[0])

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
        row = self._database.execute("SELECT revision, former, until FROM unconfirmed").fetchone()
        return Unconfirmed(*row) if row else None

    # Writing.

    def keep(self, number: int, content: bytes, author: str, comment: str) -> None:
        """Keep a text under its number, unless it is there already."""
        row = (number, self._now(), author, comment, content)
        self._write(
            ("INSERT OR IGNORE INTO revision (number, made, author, comment, content) VALUES (?, ?, ?, ?, ?)", row),
            (_FORGET, (number - KEPT,)),
        )

    def applied(self, number: int) -> None:
        """Note that a revision is worked by."""
        self._write(("UPDATE revision SET applied = ? WHERE number = ?", (self._now(), number)))

    def await_confirmation(self, unconfirmed: Unconfirmed | None) -> None:
        """Remember, over the end of this process, what is to be taken back; None: nothing."""
        added = [(unconfirmed.revision, unconfirmed.former, unconfirmed.until)] if unconfirmed else []
        self._write(
            ("DELETE FROM unconfirmed", ()), *(("INSERT INTO unconfirmed VALUES (?, ?, ?)", row) for row in added)
        )

    def _write(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        """Do this in one transaction; if the disk fails, in memory from now on."""
        try:
            self._do(statements)
        except sqlite3.Error as error:
            self._warn(f"{self._path} cannot be written ({error}): revisions of this run are kept in memory only")
            self._database = self._copied()
            self._do(statements)

    def _do(self, statements: tuple[tuple[str, tuple[object, ...]], ...]) -> None:
        with self._database:
            for statement, values in statements:
                self._database.execute(statement, values)

    # The file.

    def _opened(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_CLOEXEC, _MODE))
            try:
                return _migrated(sqlite3.connect(self._path))
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._set_aside(error)
                return self._opened()
        except (OSError, sqlite3.Error, FutureError) as error:
            self._warn(f"{self._path} cannot be used ({error}): revisions are kept in memory, for this run only")
            return _migrated(sqlite3.connect(":memory:"))

    def _set_aside(self, error: Exception) -> None:
        aside = self._path.with_name(self._path.name + BROKEN)
        self._path.replace(aside)
        self._warn(f"{self._path} cannot be read ({error}): it is set aside as {aside.name}, revisions begin anew")

    def _copied(self) -> sqlite3.Connection:
        memory = sqlite3.connect(":memory:")
        with contextlib.suppress(sqlite3.Error):
            self._database.backup(memory)
        self._database.close()
        return _migrated(memory)


class FutureError(Exception):
    """A database of a newer ftpair."""


def _migrated(database: sqlite3.Connection) -> sqlite3.Connection:
    """Bring a database to the present version. Raises sqlite3.Error, and FutureError for one that is newer."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        database.close()
        raise FutureError(f"it was written by a newer ftpair, version {version} of its tables")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        database.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
    return database
