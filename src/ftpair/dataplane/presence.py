"""Who is here: how many sessions every address and user has, exact over all workers, and right when one is killed.

Each worker has rows of its own in a shared table: it writes them from what it knows itself, and all read all of them.
So nothing is ever counted down by somebody else, and the rows of a dead worker are simply taken away.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from ftpair.dataplane.shared_table import Row, SharedTable


class Presence:
    """Counts the sessions of this worker by a key, and sums over all workers."""

    __slots__ = ("_others", "_own", "_place", "_table")

    def __init__(self, table: SharedTable, place: int, others: Callable[[], Iterable[int]]) -> None:
        """`others` returns the places of all other workers, this one's not among them."""
        self._table, self._place, self._others = table, place, others
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
        rows = (self._table.look(_of_worker(key, place)) for place in self._others())
        return self._own.get(key, 0) + sum(int(row.amount) for row in rows if row is not None)

    def _publish(self, key: bytes) -> None:
        count = self._own[key]
        row = Row(time.monotonic(), count, self._place + 1) if count else None
        self._table.change(_of_worker(key, self._place), lambda _former: row)


def forget(table: SharedTable, place: int) -> None:
    """Take away what a dead worker had counted; only the supervisor calls this, before its successor starts."""
    for digest in [digest for digest, row in table.rows() if row.mark == place + 1]:
        table.put(digest, lambda _row: None)


def _of_worker(key: bytes, place: int) -> bytes:
    return b"%d\0%b" % (place, key)
