"""What a worker tells the supervisor that comes after its own, with descriptors for what must not be lost."""

import argparse

import msgspec

import ftpair
from ftpair.core.columns import COLUMNS
from ftpair.core.messages import HandOver
from ftpair.dataplane.counts import BLOCK, SLOTS
from ftpair.dataplane.holdings import Holdings
from ftpair.dataplane.shared_table import ROW_FORMAT, WAYS

TABLE_NAMES = ("counts", "rates", "presence", "affinity")
LAYOUT = f"{SLOTS} {COLUMNS} {BLOCK} {WAYS} {ROW_FORMAT}"
"""Of the shared tables: who reads them in another way must not use them."""


class Keepsakes:
    """What the worker was given at its start; `likeness` is how its supervisor says that it was made."""

    def __init__(self, given: argparse.Namespace, salt: bytes) -> None:
        self._given, self._salt = given, salt
        self.likeness = ""

    def handed_over(self, holdings: Holdings, leaving_since: float | None) -> tuple[HandOver, tuple[int, ...]]:
        """Return what is said, and the descriptors that go with it; they stay the worker's as well.

        `leaving_since` is None for a worker that does not leave.
        """
        given = self._given
        tables = tuple(getattr(given, name) for name in TABLE_NAMES)
        said = HandOver(
            number=given.worker,
            likeness=self.likeness,
            version=ftpair.__version__,
            place=given.place,
            places=given.places,
            layout=LAYOUT,
            salt=self._salt,
            listeners=tuple(holdings.listeners),
            passive=tuple(holdings.passive),
            rows=holdings.rows,
            states=msgspec.msgpack.encode(holdings.states),
            is_leaving=leaving_since is not None,
            leaving_since=leaving_since or 0.0,
        )
        return said, (*tables, *holdings.listeners.values(), *holdings.passive.values())
