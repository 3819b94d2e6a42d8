"""Rows of the shared memory: each real server and each service keeps its row for the life of the supervisor."""

from collections.abc import Iterable, Iterator, Mapping

MOST_ROWS = 1024

Key = tuple[str, str]
"""(service, server); the service itself has the key (service, "")."""


class Slots(Mapping[Key, int]):
    """Which key has which row; a row is free again only when told, because old sessions still count in it."""

    def __init__(self, rows: Mapping[Key, int] | None = None) -> None:
        self._rows = dict(rows or {})

    def __getitem__(self, key: Key) -> int:
        return self._rows[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def copy(self) -> "Slots":
        """Return slots of their own, for a trial."""
        return Slots(self._rows)

    def has_room_for(self, keys: Iterable[Key]) -> bool:
        """Return whether all these keys can have a row."""
        return len(self._rows.keys() | set(keys)) <= MOST_ROWS

    def take(self, key: Key) -> int:
        """Return the row of a key, the lowest free one if it has none yet. There must be room (`has_room_for`)."""
        if key not in self._rows:
            taken = set(self._rows.values())
            free = next((row for row in range(MOST_ROWS) if row not in taken), None)
            assert free is not None, "has_room_for() is asked before take()"  # A bug, not bad input.
            self._rows[key] = free
        return self._rows[key]

    def free(self, key: Key) -> None:
        """Give the row of a key back: no session counts in it any more."""
        self._rows.pop(key, None)
