"""A table in shared memory that all workers read and change: what they must agree on at once, by a key of any length.

A fixed number of rows, so that no flood of keys makes it grow: rows stand in sets of WAYS, a key has its place in one
set, and a new key in a full set takes the row that was longest unused. A set is locked while one of its rows is
changed (POSIX record locks: the kernel lets go of them when a process dies, and never mixes two processes up).
"""

import fcntl
import hashlib
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ftpair.core.errors import SetupError
from ftpair.dataplane.counts import create_memory

WAYS = 8
SETS = 8192
_ROW = struct.Struct("16sddq")
_DIGEST_BYTES = 16
_SET_BYTES = WAYS * _ROW.size
_EMPTY = bytes(_DIGEST_BYTES)


ROW_FORMAT = _ROW.format


class Row(NamedTuple):
    """What is kept of a key."""

    stamp: float
    """When it was used last; the clock is the caller's."""
    amount: float = 0.0
    mark: int = 0
    """Anything of 63 bits."""


def create_table_fd(name: str, sets: int = SETS) -> int:
    """Return the descriptor of a new, empty table; children inherit it."""
    return create_memory(f"ftpair-{name}", sets * _SET_BYTES)


class SharedTable:
    """The table as one process sees it. `salt` is the same in all of them, and no client knows it."""

    __slots__ = ("_fd", "_memory", "_salt", "_sets")

    def __init__(self, fd: int, salt: bytes) -> None:
        size = os.fstat(fd).st_size
        if not size or size % _SET_BYTES:
            raise SetupError("a shared table has the wrong size: start ftpair again")
        self._fd, self._salt, self._sets = fd, salt, size // _SET_BYTES
        self._memory = mmap.mmap(fd, size)

    def digest(self, key: bytes) -> bytes:
        """Return what stands for a key in the table: nobody who reads it learns a name or an address."""
        return hashlib.blake2b(key, digest_size=_DIGEST_BYTES, key=self._salt).digest()

    def look(self, key: bytes) -> Row | None:
        """Return what is kept of a key."""
        digest = self.digest(key)
        number = self._set_of(digest)
        self._lock(number, fcntl.LOCK_SH)
        try:
            place, is_there = self._place(number, digest)
            return self._read(place) if is_there else None
        finally:
            self._lock(number, fcntl.LOCK_UN)

    def change(self, key: bytes, how: Callable[[Row | None], Row | None]) -> Row | None:
        """Let `how` make the key's new row of its old one (None: there is none), as one step for all processes."""
        return self.put(self.digest(key), how)

    def put(self, digest: bytes, how: Callable[[Row | None], Row | None]) -> Row | None:
        """Do the same for what stands for a key already."""
        number = self._set_of(digest)
        self._lock(number, fcntl.LOCK_EX)
        try:
            place, is_there = self._place(number, digest)
            row = how(self._read(place) if is_there else None)
            if row is not None:
                _ROW.pack_into(self._memory, place, digest, *row)
            elif is_there:
                _ROW.pack_into(self._memory, place, _EMPTY, 0.0, 0.0, 0)
            return row
        finally:
            self._lock(number, fcntl.LOCK_UN)

    def image(self) -> bytes:
        """Return the whole table as it is at one moment."""
        fcntl.lockf(self._fd, fcntl.LOCK_SH, self._sets, 0)
        try:
            return self._memory[:]
        finally:
            fcntl.lockf(self._fd, fcntl.LOCK_UN, self._sets, 0)

    def rows(self, image: bytes | None = None) -> Iterator[tuple[bytes, Row]]:
        """Yield all rows of the table, or of an image of it, with the digests of their keys."""
        memory = self._memory if image is None else image
        for place in range(0, self._sets * _SET_BYTES, _ROW.size):
            digest, *values = _ROW.unpack_from(memory, place)
            if digest != _EMPTY:
                yield digest, Row(*values)

    def _set_of(self, digest: bytes) -> int:
        return int.from_bytes(digest[:8], "little") % self._sets

    def _lock(self, number: int, kind: int) -> None:
        fcntl.lockf(self._fd, kind, 1, number)

    def _place(self, number: int, digest: bytes) -> tuple[int, bool]:
        """Return where the key's row is, or where it would come: an empty row, or the one longest unused."""
        first = number * _SET_BYTES
        oldest, oldest_stamp = first, float("inf")
        for place in range(first, first + _SET_BYTES, _ROW.size):
            found, stamp, _, _ = _ROW.unpack_from(self._memory, place)
            if found == digest:
                return place, True
            stamp = float("-inf") if found == _EMPTY else stamp
            if stamp < oldest_stamp:
                oldest, oldest_stamp = place, stamp
        return oldest, False

    def _read(self, place: int) -> Row:
        _, *values = _ROW.unpack_from(self._memory, place)
        return Row(*values)
