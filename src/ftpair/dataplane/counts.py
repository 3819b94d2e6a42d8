"""Counts in shared memory: how many sessions and transfers every server has, exact over all workers and without a lock.

A block of rows per worker, one row per slot, one column per figure. A worker writes its own block only, and all read
all blocks. There are more blocks than workers: those that leave keep theirs until their last session has ended. The
last block belongs to the supervisor: it keeps the bytes that dead workers had moved, and counts what HAProxy carries.
"""

import fcntl
import mmap
import os

from ftpair.core.columns import COLUMNS, KEPT, PLACES, SESSIONS, TRANSFERS
from ftpair.core.errors import SetupError

SLOTS = 1024
CELL_BYTES = 8
PRESENT, LOAD, REVISION = (SLOTS * COLUMNS + number for number in range(3))
"""Cells after those of all slots: whether somebody has the block, what that worker has to do, and by which plan it
takes newcomers in; 0: it takes none."""
BLOCK = REVISION + 1
"""Cells of one worker."""
TRANSFER_WEIGHT = 1000
"""A session that waits costs next to nothing beside one that moves a file."""
_WEIGHTS = {SESSIONS: 1, TRANSFERS: TRANSFER_WEIGHT}
_UNHURT = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def create_counts_fd(places: int) -> int:
    """Return the descriptor of new shared memory with that many blocks for workers, all zero."""
    return create_memory("ftpair-counts", (places + 1) * BLOCK * CELL_BYTES)


def create_memory(name: str, size: int) -> int:
    """Return the descriptor of new shared memory, all zero, that nobody can make smaller under those who map it."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _UNHURT)
    return fd


def is_sealed(fd: int) -> bool:
    """Return whether a descriptor is such memory."""
    try:
        return fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _UNHURT == _UNHURT
    except OSError:
        return False


class Counts:
    """The counts as one process sees them; `place` names the block that this process writes.

    The supervisor passes `place=places`: its block is the past.
    """

    def __init__(self, fd: int, place: int, places: int) -> None:
        size = (places + 1) * BLOCK * CELL_BYTES
        if os.fstat(fd).st_size != size:
            raise SetupError(f"the shared counts do not have {places} places: start ftpair again")
        self.fd = fd
        self.places_in_all = places
        self._place, self._own = place, place * BLOCK
        self._cells = memoryview(mmap.mmap(fd, size)).cast("q")
        self._cells[self._own + PRESENT] = 1

    def others(self) -> list[int]:
        """Return the places of all other workers."""
        return [place for place in self.taken() if place != self._place]

    def taken(self) -> list[int]:
        """Return the places that workers have."""
        return [place for place in range(self.places_in_all) if self._cells[place * BLOCK + PRESENT]]

    def add(self, slot: int, column: int, amount: int) -> None:
        """Add to a figure of this process; a negative amount takes away."""
        self._cells[self._own + slot * COLUMNS + column] += amount
        if weight := _WEIGHTS.get(column):
            self._cells[self._own + LOAD] += amount * weight

    def total(self, slot: int, column: int) -> int:
        """Return a figure of a slot, summed over all workers and the past."""
        return sum(self._cells[slot * COLUMNS + column :: BLOCK])

    def sessions(self, slot: int) -> int:
        """Return the live sessions of a slot."""
        return self.total(slot, SESSIONS)

    def places(self, slot: int) -> int:
        """Return the places of a service that are taken."""
        return self.total(slot, PLACES)

    def transfers(self, slot: int) -> int:
        """Return the running transfers of a slot."""
        return self.total(slot, TRANSFERS)

    def own(self, slot: int, column: int) -> int:
        """Return a figure of a slot in this process."""
        return self._cells[self._own + slot * COLUMNS + column]

    def of_worker(self, place: int, slot: int, column: int) -> int:
        """Return a figure of a slot in one worker."""
        return self._cells[place * BLOCK + slot * COLUMNS + column]

    @property
    def load(self) -> int:
        """Return what this worker has to do: a session weighs 1, with a server 2; a running transfer 1,000."""
        return self._cells[self._own + LOAD]

    def load_of(self, place: int) -> int:
        """Return the same of another worker."""
        return self._cells[place * BLOCK + LOAD]

    def work_by(self, revision: int) -> None:
        """Say by which plan this worker takes newcomers in; 0: it takes none."""
        self._cells[self._own + REVISION] = revision

    def revision_of(self, place: int) -> int:
        """Return the same of another worker."""
        return self._cells[place * BLOCK + REVISION]

    def begin_anew(self) -> None:
        """Forget what a former supervisor has counted as running: only the bytes stay."""
        for slot in range(0, PRESENT, COLUMNS):
            for column in (SESSIONS, TRANSFERS, PLACES):
                self._cells[self._own + slot + column] = 0

    def clear(self, place: int) -> None:
        """Forget a dead worker: its sessions and transfers are gone, what it moved and saw go well goes to the past.

        Only the supervisor calls this, and only before the worker's successor starts.
        """
        past, dead = self.places_in_all * BLOCK, place * BLOCK
        for slot in range(0, PRESENT, COLUMNS):
            for column in KEPT:
                self._cells[past + slot + column] += self._cells[dead + slot + column]
        self._cells[dead : dead + BLOCK] = memoryview(bytes(BLOCK * CELL_BYTES)).cast("q")
