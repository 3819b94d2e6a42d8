"""Regular expressions that cannot be made slow: no step back, so a name costs its length, whatever it is made of.

Python's own engine tries all ways one after another; `(a+)+b` keeps it busy for years with forty letters, and who logs
in may write any forty letters. Here all ways are walked at once (Thompson, 1968): the set of places in the expression
that the letters so far lead to. The language is what such a walk can do: letters, `.`, sets, groups, `|`, `*`, `+`, `?`
and `{2,5}`; the whole text must fit. No look-around and no back reference.
"""

from functools import lru_cache

from ftpair.balance.expression import NEVER_PLAIN, Either, Part, PatternError, Repeat, Row, Signs, read

__all__ = ["Pattern", "PatternError", "fits_glob", "glob", "pattern"]

LONGEST_TEXT = 512
"""A longer text fits nothing."""
MOST_PLACES = 1000
"""Counted repeats are written out, so a short expression can be a long way."""
MOST_REMEMBERED = 4096
"""Steps of a walk that are kept, so that names cost less the second time."""
MOST_HELD = 32_768
"""Places in all the sets that an expression keeps: strangers choose the names, and so what is kept of them."""


class Pattern:
    """An expression, ready to be asked. Raises PatternError."""

    __slots__ = ("_held", "_known", "_moves", "_sets", "_start")

    def __init__(self, text: str) -> None:
        self._moves: list[tuple[Signs | None, tuple[int, ...]]] = [(None, ())]
        """Places: what must come there (None: nothing) and where it leads; place 0 is the end."""
        self._start = self._reached((self._build(read(text), 0),))
        self._known: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._sets: dict[frozenset[int], frozenset[int]] = {}
        """One of all sets that are equal."""
        self._held = 0
        """Places in those sets."""

    def fits(self, text: str) -> bool:
        """Return whether the whole text is as the expression wants it."""
        if len(text) > LONGEST_TEXT:
            return False
        places = self._start
        for sign in text:
            places = self._after(places, sign)
        return 0 in places

    def _after(self, places: frozenset[int], sign: str) -> frozenset[int]:
        known = self._known.get((places, sign))
        if known is None:
            moves = (self._moves[place] for place in places)
            known = self._reached(tuple(after[0] for signs, after in moves if signs is not None and sign in signs))
            known = self._remember(places, sign, known)
        return known

    def _remember(self, places: frozenset[int], sign: str, reached: frozenset[int]) -> frozenset[int]:
        """Keep where a sign leads to; return the one set of those that are equal to it."""
        if len(self._known) >= MOST_REMEMBERED or self._held + len(places) + len(reached) > MOST_HELD:
            self._known.clear()
            self._sets.clear()
            self._held = 0
        places, reached = self._one(places), self._one(reached)
        self._known[places, sign] = reached
        return reached

    def _one(self, places: frozenset[int]) -> frozenset[int]:
        if places not in self._sets:
            self._sets[places] = places
            self._held += len(places)
        return self._sets[places]

    def _reached(self, places: tuple[int, ...]) -> frozenset[int]:
        """Return these places, and those that no sign separates from them."""
        reached: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place not in reached:
                reached.add(place)
                signs, after = self._moves[place]
                waiting += after if signs is None else ()
        return frozenset(reached)

    def _build(self, part: Part, after: int) -> int:
        """Lay the places of a part in front of `after`; return where it begins."""
        match part:
            case Signs():
                return self._place(part, (after,))
            case Row(parts):
                for each in reversed(parts):
                    after = self._build(each, after)
                return after
            case Either(parts):
                return self._place(None, tuple(self._build(each, after) for each in parts))
        return self._repeat(part, after)

    def _repeat(self, repeat: Repeat, after: int) -> int:
        if repeat.most is None:
            loop = self._place(None, ())
            self._moves[loop] = (None, (self._build(repeat.part, loop), after))
            after = loop
        else:
            end = after
            for _ in range(repeat.most - repeat.least):
                after = self._place(None, (self._build(repeat.part, after), end))
        for _ in range(repeat.least):
            after = self._build(repeat.part, after)
        return after

    def _place(self, signs: Signs | None, after: tuple[int, ...]) -> int:
        if len(self._moves) >= MOST_PLACES:
            raise PatternError("is too long when its repeats are written out: write smaller numbers in {}")
        self._moves.append((signs, after))
        return len(self._moves) - 1


@lru_cache(maxsize=1024)
def pattern(text: str) -> Pattern:
    """Return the expression of a text; each is read once. Raises PatternError."""
    return Pattern(text)


@lru_cache(maxsize=4096)
def glob(text: str) -> Pattern:
    """Return the expression of a name in which `*` stands for any letters and `?` for one."""
    special = {"*": ".*", "?": "."}
    return Pattern("".join(special.get(sign, f"\\{sign}" if sign in NEVER_PLAIN else sign) for sign in text))


def fits_glob(wanted: str, text: str) -> bool:
    """Return whether a text is, or fits, a name with `*` and `?`."""
    return glob(wanted).fits(text) if "*" in wanted or "?" in wanted else wanted == text
