"""A SQLite database of the state folder, written by the supervisor alone and read by nobody else.

What cannot be kept on the disk is kept in memory until it can be again, and that is said once: a full disk stops
nothing.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftpair.app.state_file import BROKEN

Statement = tuple[str, tuple[object, ...]]
_MODE = 0o600
TRY_AGAIN_S = 10.0
"""After so long a full disk is tried again, with the next write."""
_LONGEST_JOURNAL_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds."""

    noun: str
    """In the plural, for sentences: `revisions`."""
    migrations: tuple[str, ...]
    """Each brings a database one version on; what has been released is never changed."""
    is_dispensable: bool = False
    """Whether it is rather not written than kept in memory: it grows all the time, and nobody works by it."""
    is_written_ahead: bool = False
    """Whether no writer waits for the disk: what the last seconds wrote may be lost with the machine."""


class Database:
    """One file. `warn` hears sentences."""

    def __init__(self, path: Path, contents: Contents, warn: Callable[[str], None]) -> None:
        self._path, self._contents, self._warn = path, contents, warn
        self._is_whole = False
        """Whether what is kept in memory is all that was on the disk."""
        self._tried_at = 0.0
        self.is_kept = True
        """Whether the next run will know what is written."""
        self._connection = self._opened()

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a SELECT finds."""
        return self._connection.execute(question, values).fetchall()

    def rows_by_name(self, question: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        """Return what a SELECT with names for its values finds."""
        return self._connection.execute(question, values).fetchall()

    def row(self, question: str, *values: object) -> tuple[Any, ...] | None:
        """Return the first row that a SELECT finds."""
        return next(iter(self.rows(question, *values)), None)

    def write(self, *statements: Statement) -> None:
        """Do this in one transaction; if the disk fails, in memory until there is room; what is dispensable raises."""
        self._go_back()
        try:
            self._do(statements)
        except sqlite3.IntegrityError:  # The statement is at fault, not the disk.
            raise
        except sqlite3.Error as error:
            if self._contents.is_dispensable:
                raise
            noun = self._contents.noun
            self._warn(f"{self._path} cannot be written ({error}): {noun} are kept in memory until it can be")
            self._connection = self._copied()
            self._do(statements)

    def close(self) -> None:
        """Leave the file."""
        self._connection.close()

    def _do(self, statements: tuple[Statement, ...]) -> None:
        with self._connection:
            for statement, values in statements:
                self._connection.execute(statement, values)

    def _opened(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_CLOEXEC, _MODE))
            try:
                connection = sqlite3.connect(self._path)
                if self._contents.is_written_ahead:
                    _write_ahead(connection)
                return self._migrated(connection)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._set_aside(error)
                return self._opened()
        except (OSError, sqlite3.Error, FutureError) as error:
            noun = self._contents.noun
            self._warn(f"{self._path} cannot be used ({error}): {noun} are kept in memory, for this run only")
            return self._in_memory()

    def _set_aside(self, error: Exception) -> None:
        aside = self._path.with_name(self._path.name + BROKEN)
        self._path.replace(aside)
        noun = self._contents.noun
        self._warn(f"{self._path} cannot be read ({error}): it is set aside as {aside.name}, {noun} begin anew")

    def _copied(self) -> sqlite3.Connection:
        memory = sqlite3.connect(":memory:")
        with contextlib.suppress(sqlite3.Error):
            self._connection.backup(memory)
            self._is_whole, self._tried_at = True, time.monotonic()
        self._connection.close()
        self.is_kept = False
        return self._migrated(memory)

    def _go_back(self) -> None:
        """Put all of it into the file again, as one step, if that can be by now."""
        if not self._is_whole or time.monotonic() - self._tried_at < TRY_AGAIN_S:
            return
        self._tried_at = time.monotonic()
        try:
            connection = sqlite3.connect(self._path)
            self._connection.backup(connection)
        except sqlite3.Error:
            return
        self._connection.close()
        self._connection, self.is_kept, self._is_whole = connection, True, False
        if self._contents.is_written_ahead:
            _write_ahead(connection)
        self._warn(f"{self._path} can be written again: nothing of it is missing")

    def _in_memory(self) -> sqlite3.Connection:
        self.is_kept = False
        return self._migrated(sqlite3.connect(":memory:"))

    def _migrated(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Bring it to the present version. Raises sqlite3.Error, and FutureError for one that is newer."""
        migrations = self._contents.migrations
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(migrations):
            connection.close()
            raise FutureError(f"it was written by a newer ftpair, version {version} of its tables")
        for number, script in enumerate(migrations[version:], version + 1):
            connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
        return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Write often without waiting for the disk each time; what the last seconds wrote may be lost with the machine."""
    with contextlib.suppress(sqlite3.OperationalError):  # A file that may only be read: each write will say so.
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", f"journal_size_limit = {_LONGEST_JOURNAL_BYTES}"):
            connection.execute(f"PRAGMA {pragma}")


class FutureError(Exception):
    """A database of a newer ftpair."""
