"""What is wrong in a configuration and where: findings while it is examined, problems with their line for people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ftpair.core.actions import Problem
from ftpair.core.errors import FtpairError

Where = tuple[str | int, ...]
"""The keys that lead to a value, from the root: `("virtual_services", "FTPS_VIP", "ports")`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem whose line is not looked up yet."""

    where: Where
    sentence: str
    depends: tuple[Where, ...] = ()
    """Other places that the judgement rests on: if one of them is broken itself, the finding is not reported."""
    line: int = 0
    """0: the line of `where`."""

    def rests_on(self, broken: Iterable[Where]) -> bool:
        """Return whether a broken place holds, or lies in, a place that the judgement was made from."""
        places = (self.where, *self.depends)
        return any(_touches(place, other) for place in places for other in broken)


@dataclass(frozen=True, slots=True)
class Lines:
    """Where each key stands in its file (1-based); no part of what the configuration says, so all are equal."""

    of_places: Mapping[Where, int] = field(default_factory=dict, compare=False)

    def of(self, where: Where) -> int:
        """Return the line of a place, or of the nearest place around it; 0 when unknown."""
        around = (where[:length] for length in range(len(where), -1, -1))
        return next((self.of_places[place] for place in around if place in self.of_places), 0)


class InvalidConfigError(FtpairError):
    """The configuration has problems; all of them are in `problems`, and nothing was changed."""

    exit_status = 3

    def __init__(self, sentence: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(sentence)
        self.problems = problems


def locate(findings: Iterable[Finding], lines: Lines) -> tuple[Problem, ...]:
    """Return the findings as problems, in the order of the file, each once."""
    problems = [
        Problem(path_of(found.where), found.sentence, found.line or lines.of(found.where)) for found in findings
    ]
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.line))


def refusal(name: str, problems: tuple[Problem, ...]) -> InvalidConfigError:
    """Return the error for these problems; its sentence names the file, their number and the first."""
    number = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lead = "" if len(problems) == 1 else "the first is "
    return InvalidConfigError(f"{name} has {number}: {lead}{describe(problems[0])}", problems)


def describe(problem: Problem) -> str:
    """Return a problem as one line of text: line, path and sentence."""
    place = [f"line {problem.line}"] if problem.line else []
    place += [problem.path] if problem.path else []
    return ": ".join([", ".join(place), problem.sentence]) if place else problem.sentence


def describe_warnings(warnings: Iterable[Problem]) -> tuple[str, ...]:
    """Return warnings as lines of text; none of them stops the configuration from being used."""
    return tuple(f"warning: {describe(warning)}" for warning in warnings)


def path_of(where: Where) -> str:
    """Return a place as people write it: `virtual_services.FTPS_VIP.ports`."""
    return ".".join(str(key) for key in where)


def shown(value: Any) -> str:
    """Return a value as a sentence shows it: short, on one line, nothing that moves a terminal's cursor."""
    if isinstance(value, dict | list):
        return "a block of keys" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _touches(one: Where, other: Where) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
