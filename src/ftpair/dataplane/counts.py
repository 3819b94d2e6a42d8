"""Counts in shared memory: how many sessions and transfers every server has, exact over all workers and without a lock.

A block of rows per worker, one row per slot, one column per figure. A worker writes its own block only, and all read
all blocks. One block more belongs to the supervisor: it keeps the bytes that dead
workers had moved, and counts what HAProxy carries.
"""

import mmap
import os

from ftpair.core.columns import COLUMNS, KEPT, PLACES, SESSIONS, TRANSFERS
from ftpair.core.errors import SetupError

SLOTS = 1024
CELL_BYTES = 8
BLOCK = SLOTS * COLUMNS
"""Cells of one worker."""


def create_counts_fd(workers: int) -> int:
    """Return the descriptor of new shared memory for that many workers, all zero."""
    fd = os.memfd_create("ftpair-counts", os.MFD_CLOEXEC)
    os.ftruncate(fd, (workers + 1) * BLOCK * CELL_BYTES)
    return fd


class Counts:
    """The counts as one process sees them; `worker` names the block that this process writes.

    The supervisor passes `worker=workers`: its block is the past.
    """

    def __init__(self, fd: int, worker: int, workers: int) -> None:
        size = (workers + 1) * BLOCK * CELL_BYTES
        if os.fstat(fd).st_size != size:
            raise SetupError(f"the shared counts do not fit {workers} workers: start ftpair again")
        self.fd = fd
        self.workers = workers
        self._own = worker * BLOCK
        self._cells = memoryview(mmap.mmap(fd, size)).cast("q")

    def add(self, slot: int, column: int, amount: int) -> None:
        """Add to a figure of this process; a negative amount takes away."""
        self._cells[self._own + slot * COLUMNS + column] += amount

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

    def of_worker(self, worker: int, slot: int, column: int) -> int:
        """Return a figure of a slot in one worker."""
        return self._cells[worker * BLOCK + slot * COLUMNS + column]

    def clear(self, worker: int) -> None:
        """Forget a dead worker: its sessions and transfers are gone; what it moved and saw go well goes to the past.

        Only the supervisor calls this, and only before the worker's successor starts.
        """
        past, dead = self.workers * BLOCK, worker * BLOCK
        for slot in range(0, BLOCK, COLUMNS):
            for column in KEPT:
                self._cells[past + slot + column] += self._cells[dead + slot + column]
        self._cells[dead : dead + BLOCK] = memoryview(bytes(BLOCK * CELL_BYTES)).cast("q")
