"""What a new supervisor makes of the workers that it finds: its own, or former ones that leave when they are done."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import msgspec

import ftpair
from ftpair.app import orphans as found_ones
from ftpair.app.affinity import AffinityKeeper
from ftpair.app.keepsakes import LAYOUT
from ftpair.app.orphans import Orphan
from ftpair.app.tables import Tables
from ftpair.config.slots import Key
from ftpair.core.plan import Plan
from ftpair.core.status import ServerState
from ftpair.dataplane.counts import BLOCK, CELL_BYTES, is_sealed
from ftpair.dataplane.listeners import Listeners

GENERATIONS = 4
"""So many times as many places as workers: those of a former supervisor keep theirs until they have left."""


@cache
def build() -> str:
    """Return what stands for the code of this ftpair as it was when this process began."""
    digest = hashlib.blake2b(digest_size=16)
    folder = Path(ftpair.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return f"{ftpair.__version__} {digest.hexdigest()}"


def likeness(plan: Plan) -> str:
    """Return how workers of this plan are made: a supervisor goes on with those that it would make alike."""
    return " ".join((build(), str(plan.workers), plan.user or "-", ",".join(plan.capabilities) or "-", LAYOUT))


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What is gone on with; nothing, where nobody was found."""

    adopted: Mapping[int, Orphan] = field(default_factory=dict)
    """Workers that are one's own from now on, by number."""
    former: tuple[Orphan, ...] = ()
    """Those that leave when their successors are ready."""
    heir: Orphan | None = None
    """Whose tables are used."""
    upgraded_from: str = ""
    """The version that made way; empty: none did."""

    @property
    def rows(self) -> dict[Key, int]:
        """Return the rows that services and servers have in the counts."""
        return {(service, server): row for each in self.sharing for service, server, row in each.said.rows}

    @property
    def sharing(self) -> tuple[Orphan, ...]:
        """Return all that use the tables."""
        everybody = (*self.adopted.values(), *self.former)
        return tuple(each for each in everybody if self.heir is not None and _shares(each, self.heir))

    @property
    def states(self) -> dict[int, ServerState]:
        """Return what was known of servers; nothing if this version cannot read it."""
        if self.heir is not None:
            with suppress(msgspec.MsgspecError):
                return msgspec.msgpack.decode(self.heir.said.states, type=dict[int, ServerState])
        return {}

    @property
    def passive(self) -> dict[tuple[str, int], int]:
        """Return the passive ports of the built-in engine that former workers have open, with their descriptors."""
        return {place: fd for each in self.former for place, fd in zip(each.said.passive, each.passive, strict=True)}

    def tables(self, affinity: AffinityKeeper, plan: Plan) -> Tables:
        """Return the tables of the node: those that workers have, or new ones."""
        if self.heir is None:
            tables = Tables(affinity.salt, GENERATIONS * plan.workers)
            affinity.fill(tables.affinity)
        else:
            tables = Tables(self.heir.said.salt, self.heir.said.places, self.heir.tables)
            tables.counts.begin_anew()
            affinity.take_over(tables.affinity, tables.salt)
        return tables

    def give_listeners(self, listeners: Listeners) -> None:
        """Let the control listeners that workers have be used."""
        for each in (*self.adopted.values(), *self.former):
            for key, fd in zip(each.said.listeners, each.listeners, strict=True):
                listeners.inherit(key, each.said.number, fd)

    def close_rest(self) -> None:
        """Close what the node does not use: tables of others, and ports that adopted workers have anyway."""
        for each in (*self.adopted.values(), *self.former):
            if each is not self.heir:
                found_ones.close(each.tables)
        for each in self.adopted.values():
            found_ones.close(each.passive)


def decide(found: Iterable[Orphan], plan: Plan, upgraded_from: str = "") -> Inheritance:
    """Return who is adopted and who leaves: after an upgrade all leave, else those that would not be made alike."""
    found = tuple(found)
    heir = next((each for each in found if not each.said.is_leaving and _are_usable(each)), None)
    if heir is None:
        return Inheritance({}, found, None, upgraded_from)
    adopted = {} if upgraded_from else _alike(found, heir, likeness(plan), plan.workers)
    kept = {each.said.place for each in found if _shares(each, heir)}
    if heir.said.places - len(kept) < plan.workers - len(
        adopted
    ):  # Too many have not left yet: begun anew beside them.
        return Inheritance({}, found, None, upgraded_from)
    former = tuple(each for each in found if each not in adopted.values())
    return Inheritance(adopted, former, heir, upgraded_from)


def _alike(found: Iterable[Orphan], heir: Orphan, wanted: str, workers: int) -> dict[int, Orphan]:
    return {
        each.said.number: each
        for each in found
        if each.said.likeness == wanted
        and not each.said.is_leaving
        and each.said.number < workers
        and _shares(each, heir)
    }


def _are_usable(orphan: Orphan) -> bool:
    """Return whether its tables are such as this version makes, and cannot be pulled away under who maps them."""
    size = (orphan.said.places + 1) * BLOCK * CELL_BYTES
    return (
        orphan.said.layout == LAYOUT
        and 0 <= orphan.said.place < orphan.said.places
        and all(map(is_sealed, orphan.tables))
        and os.fstat(orphan.tables[0]).st_size == size
    )


def _shares(one: Orphan, other: Orphan) -> bool:
    return all(os.path.sameopenfile(*pair) for pair in zip(one.tables, other.tables, strict=True))
