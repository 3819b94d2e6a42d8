"""Who is here: how many sessions every address and user has, exact over all workers, and right when one is killed.

Each worker has rows of its own in a shared table: it writes them from what it knows itself, and all read all of them.
So nothing is ever counted down by somebody else, and the rows of a dead worker are simply taken away.
"""

import time
from collections import defaultdict

from ftpair.dataplane.shared_table import Row, SharedTable


class Presence:
    """Counts the sessions of this worker by a key, and sums over all workers."""

    __slots__ = ("_own", "_table", "_worker", "_workers")

    def __init__(self, table: SharedTable, worker: int, workers: int) -> None:
        self._table, self._worker, self._workers = table, worker, workers
        self._own: defaultdict[bytes, int] = defaultdict(int)

    def enter(self, key: bytes) -> int:
        """Count a session in; return how many there are now, this one among them.

        Count first and look then: so two workers never both give the last place away.
        """
        self._own[key] += 1
        self._publish(key)
        return self.total(key)

    def leave(self, key: bytes) -> None:
        """Count a session out."""
        self._own[key] -= 1
        self._publish(key)
        if not self._own[key]:
            del self._own[key]

    def total(self, key: bytes) -> int:
        """Return how many sessions all workers have of a key."""
        others = (worker for worker in range(self._workers) if worker != self._worker)
        rows = (self._table.look(_of_worker(key, worker)) for worker in others)
        return self._own.get(key, 0) + sum(int(row.amount) for row in rows if row is not None)

    def _publish(self, key: bytes) -> None:
        count = self._own[key]
        row = Row(time.monotonic(), count, self._worker + 1) if count else None
        self._table.change(_of_worker(key, self._worker), lambda _former: row)


def forget(table: SharedTable, worker: int) -> None:
    """Take away what a dead worker had counted; only the supervisor calls this, before its successor starts."""
    for digest in [digest for digest, row in table.rows() if row.mark == worker + 1]:
        table.put(digest, lambda _row: None)


def _of_worker(key: bytes, worker: int) -> bytes:
    return b"%d\0%b" % (worker, key)
