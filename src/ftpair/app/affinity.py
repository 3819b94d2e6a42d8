"""What affinity remembers, kept in a file: written when it has changed, read when ftpair starts again."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec

from ftpair.app.state_file import StateFile
from ftpair.dataplane.shared_table import Row, SharedTable

SAVE_S = 5.0
"""What a crash may cost."""
SALT_BYTES = 32
_VERSION = 1

Mark = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """The content of the file: digests of keys, no names and no addresses."""

    version: int
    salt: bytes
    rows: list[tuple[bytes, float, Mark]]


class AffinityFile:
    """`affinity.bin` in the state folder; affinity works even if it cannot be kept."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._file = StateFile(path, warn, "affinity begins anew", "affinity ends with this run")

    def read(self) -> Kept:
        """Return what was remembered, or nothing and a new salt."""
        return self._file.read(_decoded) or _nothing()

    def write(self, kept: Kept) -> bool:
        """Keep this and nothing else; return whether it is on the disk."""
        return self._file.write(msgspec.msgpack.encode(kept))


def _decoded(content: bytes) -> Kept:
    kept = msgspec.msgpack.decode(content, type=Kept)
    if kept.version != _VERSION or len(kept.salt) != SALT_BYTES:
        raise ValueError("it is of another version of ftpair")
    return kept


def _nothing() -> Kept:
    return Kept(_VERSION, os.urandom(SALT_BYTES), [])


def _put(table: SharedTable, digest: bytes, row: Row) -> None:
    table.put(digest, lambda _former: row)


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

    def take_over(self, table: SharedTable, salt: bytes) -> None:
        """Go on with a table that workers have filled, and write it down soon."""
        self._kept = Kept(_VERSION, salt, [])
        self._table = table

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
                if self._file.write(Kept(_VERSION, self.salt, rows)):
                    self._image = image
