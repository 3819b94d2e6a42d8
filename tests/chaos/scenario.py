"""What a scenario is: a function with a sentence, the kinds of service it runs on, and the figures it returns."""

import importlib
import pkgutil
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.interop.lab.authority import Authority

Kind = Literal["ftp", "ftps", "haproxy", "builtin"]
FTP_MODE: tuple[Kind, ...] = ("ftp", "ftps")
TCP_MODE: tuple[Kind, ...] = ("haproxy", "builtin")
EVERYWHERE: tuple[Kind, ...] = (*FTP_MODE, *TCP_MODE)
WITH_TLS: tuple[Kind, ...] = ("ftps", *TCP_MODE)
ONE_OF_EACH_MODE: tuple[Kind, ...] = ("ftps", "haproxy")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a fault cost."""

    sessions: int
    """That stood when it began."""
    held: int
    """Of those, the ones that nothing ended but their own QUIT."""
    transfers: int
    """That began in the whole run."""
    lost: int
    """Of those, the ones that ended without a whole file."""
    seconds: float | None
    """From the beginning of the fault until every client had had a whole file again; None: it did not come to that."""
    wrong: tuple[str, ...] = ()
    """Files that looked whole to a client and were not, each in words."""
    undue: tuple[str, ...] = ()
    """What this scenario must not cost and did, each in words."""
    reasons: tuple[tuple[str, int], ...] = ()
    """What clients were told or saw, with how often."""
    latest: tuple[tuple[str, float], ...] = ()
    """The clients that were served last, with how many seconds late."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a scenario on one kind of service."""

    kind: Kind
    folder: Path
    authority: Authority
    seconds: float
    times: int
    chance: random.Random


Play = Callable[[Run], Figures]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault: its name, what happens in a sentence, and how it is played."""

    name: str
    sentence: str
    on: tuple[Kind, ...]
    times: int
    play: Play


_DECLARED: dict[str, Scenario] = {}


def scenario(sentence: str, on: tuple[Kind, ...], times: int = 1) -> Callable[[Play], Play]:
    """Declare a function as a scenario, named as the function with dashes."""

    def declare(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        assert name not in _DECLARED, f"there are two scenarios named {name}"
        _DECLARED[name] = Scenario(name, sentence, on, times, play)
        return play

    return declare


def scenarios() -> dict[str, Scenario]:
    """Return all of them by name, in the order of their modules."""
    folder = Path(__file__).with_name("scenarios")
    for module in sorted(each.name for each in pkgutil.iter_modules([str(folder)])):
        importlib.import_module(f"tests.chaos.scenarios.{module}")
    return dict(_DECLARED)
