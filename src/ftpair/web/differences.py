"""Two texts compared, as blocks that a page can draw as one column or as two."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

AROUND = 3
"""How many lines that are the same are shown around one that is not."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text and its number, from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that both texts have, or what stands in one of them instead of what stands in the other."""

    is_same: bool
    former: tuple[Line, ...]
    later: tuple[Line, ...]

    @property
    def pairs(self) -> Iterator[tuple[Line | None, Line | None]]:
        """Yield what stands side by side; None: nothing."""
        return zip_longest(self.former, self.later)


Hunk = tuple[Block, ...]
"""Blocks that follow each other without a gap."""


@lru_cache(maxsize=16)
def difference(former: str, later: str) -> tuple[Hunk, ...]:
    """Return where two texts differ; empty: nowhere, but maybe in how their lines end."""
    one, other = former.splitlines(), later.splitlines()
    groups = difflib.SequenceMatcher(None, one, other).get_grouped_opcodes(AROUND)
    return tuple(
        tuple(
            Block(tag == "equal", _lines(one, first, last), _lines(other, start, end))
            for tag, first, last, start, end in group
        )
        for group in groups
    )


def _lines(text: Sequence[str], first: int, last: int) -> tuple[Line, ...]:
    return tuple(Line(number, text[number - 1]) for number in range(first + 1, last + 1))
