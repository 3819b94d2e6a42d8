"""One way of being misconfigured: how it is made, how the doctor is asked, and exactly what he must find."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.interop.lab.clinic import Clinic, Patient

Found = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Case:
    """One misconfiguration: how it is made, how the doctor is asked, and exactly what he must find."""

    make: Callable[[Clinic], Patient]
    found: Found
    options: tuple[str, ...] = ()


CASES: dict[str, Case] = {}


def case(*found: tuple[str, str], options: tuple[str, ...] = ()):
    """Enter a patient into the table under its own name."""

    def enter(make: Callable[[Clinic], Patient]) -> Callable[[Clinic], Patient]:
        CASES[make.__name__] = Case(make, frozenset(found), options)
        return make

    return enter
