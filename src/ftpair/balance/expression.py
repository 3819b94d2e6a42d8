"""The text of a regular expression as its parts: what `ftpair.balance.pattern` can walk without a step back."""

from collections.abc import Callable
from dataclasses import dataclass

LONGEST_PATTERN = 256
MOST_REPEATS = 255
DEEPEST = 16
"""Groups in groups."""
NEVER_PLAIN = frozenset("*+?{}()[]|\\.^$")
"""Signs that stand for themselves only behind a backslash."""


class PatternError(ValueError):
    """The expression is not one of these; the text says why."""


@dataclass(frozen=True, slots=True)
class Signs:
    """A set of characters: ranges, or all but them."""

    ranges: tuple[tuple[str, str], ...]
    is_negated: bool = False

    def __contains__(self, sign: str) -> bool:
        return any(first <= sign <= last for first, last in self.ranges) is not self.is_negated


@dataclass(frozen=True, slots=True)
class Row:
    """Parts, one after another."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of several parts."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part again and again; `most` None: without end."""

    part: "Part"
    least: int
    most: int | None


Part = Signs | Row | Either | Repeat

_DIGITS = (("0", "9"),)
_WORD = (*_DIGITS, ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACE = (("\t", "\r"), (" ", " "))
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_ANY = Signs((), is_negated=True)


def read(text: str) -> Part:
    """Return the parts of an expression. Raises PatternError."""
    if len(text) > LONGEST_PATTERN:
        raise PatternError(f"has {len(text)} characters: write {LONGEST_PATTERN} or fewer")
    return _Reader(text).whole()


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, text: str) -> None:
        # The whole text must fit anyway, so these two say nothing; people write them.
        text = text.removeprefix("^")
        is_escaped = (len(text) - len(text.removesuffix("$").rstrip("\\")) - 1) % 2 == 1
        self._text = text.removesuffix("$") if text.endswith("$") and not is_escaped else text
        self._at = self._depth = 0

    def whole(self) -> Part:
        """Return all of it."""
        part = self._either()
        if self._at < len(self._text):
            raise PatternError("has a ) without its (: remove it, or write \\)")
        return part

    def _either(self) -> Part:
        parts = [self._row()]
        while self._took("|"):
            parts.append(self._row())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _row(self) -> Part:
        parts: list[Part] = []
        while self._at < len(self._text) and self._next not in "|)":
            parts.append(self._repeated(self._one()))
        return Row(tuple(parts))

    def _repeated(self, part: Part) -> Part:
        for sign, (least, most) in {"*": (0, None), "+": (1, None), "?": (0, 1)}.items():
            if self._took(sign):
                return Repeat(part, least, most)
        return self._counted(part) if self._took("{") else part

    def _counted(self, part: Part) -> Repeat:
        least, comma, most = self._until("}", "a { without its }: write \\{ for the sign itself").partition(",")
        if not least.isdecimal() or not (most.isdecimal() or not most):
            raise PatternError("has { without a number: write {3}, {3,} or {3,5}, or \\{ for the sign itself")
        first, last = int(least), int(most) if most else None if comma else int(least)
        if first > MOST_REPEATS or (last is not None and not first <= last <= MOST_REPEATS):
            given = f"{{{least}{comma}{most}}}"
            raise PatternError(f"has {given}: write numbers up to {MOST_REPEATS}, the smaller one first")
        return Repeat(part, first, last)

    def _one(self) -> Part:
        sign = self._take()
        if sign in _READERS:
            return _READERS[sign](self)
        if sign in NEVER_PLAIN:
            raise PatternError(f"has {sign} where it means nothing: write \\{sign} for the sign itself")
        return _signs(sign)

    def _group(self) -> Part:
        if self._took("?") and not self._took(":"):
            raise PatternError("has a (? of a kind that is not known: only ( ) and (?: ) are")
        self._depth += 1
        if self._depth > DEEPEST:
            raise PatternError(f"has more than {DEEPEST} groups in one another: write it simpler")
        part = self._either()
        self._depth -= 1
        if not self._took(")"):
            raise PatternError("has a ( without its ): add it, or write \\(")
        return part

    def _escape(self) -> Signs:
        sign = self._take("ends with a \\: write \\\\ for the sign itself")
        if sign.lower() in _CLASSES:
            return Signs(_CLASSES[sign.lower()], is_negated=sign.isupper())
        if sign.isalnum():
            raise PatternError(f"has \\{sign}, which is not known: only \\d, \\w, \\s, \\D, \\W and \\S are")
        return _signs(sign)

    def _set(self) -> Signs:
        is_negated = self._took("^")
        ranges: list[tuple[str, str]] = []
        while not ranges or not self._took("]"):
            ranges += self._range()
        return Signs(tuple(ranges), is_negated)

    def _range(self) -> tuple[tuple[str, str], ...]:
        first = self._in_set()
        is_class = first.is_negated or first.ranges[0][0] != first.ranges[0][1]
        if is_class or self._text[self._at : self._at + 1] != "-":
            return self._positive(first)
        if self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return first.ranges
        self._at += 1
        (low, _), last = first.ranges[0], self._positive(self._in_set())
        if len(last) > 1 or last[0][1] < low:
            raise PatternError("has a range in [ ] that goes nowhere: write the smaller sign first, such as [a-z]")
        return ((low, last[0][1]),)

    def _in_set(self) -> Signs:
        sign = self._take("has a [ without its ]: add it, or write \\[")
        return self._escape() if sign == "\\" else _signs(sign)

    def _positive(self, signs: Signs) -> tuple[tuple[str, str], ...]:
        if signs.is_negated:
            raise PatternError("has \\D, \\W or \\S in [ ]: write the signs themselves")
        return signs.ranges

    @property
    def _next(self) -> str:
        return self._text[self._at]

    def _take(self, why: str = "") -> str:
        if self._at >= len(self._text):
            raise PatternError(why)
        self._at += 1
        return self._text[self._at - 1]

    def _took(self, sign: str) -> bool:
        is_there = self._text.startswith(sign, self._at)
        self._at += len(sign) if is_there else 0
        return is_there

    def _until(self, sign: str, what: str) -> str:
        end = self._text.find(sign, self._at)
        if end < 0:
            raise PatternError(f"has {what}")
        found, self._at = self._text[self._at : end], end + 1
        return found

    def any(self) -> Part:
        """Return what `.` stands for."""
        return _ANY


def _signs(sign: str) -> Signs:
    return Signs(((sign, sign),))


_READERS: dict[str, Callable[[_Reader], Part]] = {
    "(": _Reader._group,  # noqa: SLF001 - the table is a part of the class.
    "[": _Reader._set,  # noqa: SLF001
    "\\": _Reader._escape,  # noqa: SLF001
    ".": _Reader.any,
}
