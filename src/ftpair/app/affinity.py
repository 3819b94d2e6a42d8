"""What affinity remembers, kept in a file: written when it has changed, read when ftpair starts again."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ftpair.dataplane.shared_table import Row, SharedTable

SAVE_S = 5.0
"""What a crash may cost."""
SALT_BYTES = 32
BROKEN = ".broken"
_VERSION = 1
_MODE = 0o600


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """The content of the file: digests of keys, no names and no addresses."""

    version: int
    salt: bytes
    rows: list[tuple[bytes, float, int]]


@dataclass(slots=True)
class AffinityFile:
    """`affinity.bin` in the state folder, written whole or not at all; a broken one is set aside.

    Affinity works even if it cannot be kept: that is one warning, given to `warn` as a sentence.
    """

    path: Path
    warn: Callable[[str], None]
    _has_warned: bool = field(default=False, init=False)

    def read(self) -> Kept:
        """Return what was remembered, or nothing and a new salt."""
        try:
            return _decoded(self.path.read_bytes())
        except FileNotFoundError:
            return _nothing()
        except (OSError, ValueError) as error:
            self._set_aside(error)
            return _nothing()

    def _set_aside(self, error: Exception) -> None:
        aside = self.path.with_name(self.path.name + BROKEN)
        why = f"{self.path} cannot be read ({error})"
        try:
            self.path.replace(aside)
        except OSError:
            self.warn(f"{why}: affinity begins anew")
        else:
            self.warn(f"{why}: it is set aside as {aside.name}, and affinity begins anew")

    def write(self, kept: Kept) -> None:
        """Keep this and nothing else."""
        draft = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(draft, "wb", opener=_private) as file:  # Path.open knows no opener.
                file.write(msgspec.msgpack.encode(kept))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            if not self._has_warned:
                self._has_warned = True
                self.warn(f"{self.path} cannot be written ({error.strerror}): affinity ends with this run")


def _decoded(content: bytes) -> Kept:
    kept = msgspec.msgpack.decode(content, type=Kept)
    if kept.version != _VERSION or len(kept.salt) != SALT_BYTES:
        raise ValueError("it is of another version of ftpair")
    return kept


def _nothing() -> Kept:
    return Kept(_VERSION, os.urandom(SALT_BYTES), [])


def _put(table: SharedTable, digest: bytes, row: Row) -> None:
    table.put(digest, lambda _former: row)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, _MODE)


class AffinityKeeper:
    """Fills the table when ftpair starts, and writes down what comes to it."""

    def __init__(self, file: AffinityFile, now: Callable[[], float] = time.time) -> None:
        self._file, self._now = file, now
        self._kept = file.read()
        self._table: SharedTable | None = None
        self._image = b""
        self._writing = threading.Lock()

    @property
    def salt(self) -> bytes:
        """The salt of the digests: without it nobody is known again."""
        return self._kept.salt

    def fill(self, table: SharedTable) -> None:
        """Put into the table what was remembered."""
        for digest, stamp, mark in self._kept.rows:
            _put(table, digest, Row(stamp, 0.0, mark))
        self._table, self._image = table, table.image()

    def save(self, longest_s: float) -> None:
        """Write what has changed, without what is older than that; may run in a thread."""
        assert self._table is not None, "fill() comes first"
        with self._writing:
            image = self._table.image()
            if image != self._image:
                oldest = self._now() - longest_s
                rows = [(digest, row.stamp, row.mark) for digest, row in self._table.rows(image) if row.stamp >= oldest]
                self._file.write(Kept(_VERSION, self.salt, rows))
                self._image = image
