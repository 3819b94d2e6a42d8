"""One ailment seen at one place: what a look yields, before it is put into words of why and what helps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ftpair.config.machine import Machine
from ftpair.core.doctor import Severity
from ftpair.probes.doctor.seen import Examination, Seen, Visit

EVERYWHERE = ""
"""The place of what belongs to the service as a whole."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """What was seen, in one sentence."""

    ailment: str
    where: str
    """A real server, `VIP`, or EVERYWHERE."""
    sentence: str
    mode: str = ""
    """In which way of coming in; the same symptom of several modes becomes one finding."""
    about: str = ""
    """What tells two symptoms of one ailment and place apart: a port, a certificate, a file."""
    severity: Severity | None = None
    """Where it is another than the catalogue's."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a look may use."""

    seen: Examination
    machine: Machine
    """The machine that the doctor runs on, and its clock."""


Look = Callable[[Case], Iterator[Symptom]]


def visits_of(case: Case) -> Iterator[tuple[Seen, Visit]]:
    """Yield every visit with its target."""
    for seen in case.seen.everybody:
        for visit in seen.visits:
            yield seen, visit


def at(ailment: str, visit: Visit, sentence: str, about: str = "") -> Symptom:
    """Return a symptom of a visit."""
    return Symptom(ailment, visit.target.name, sentence, str(visit.mode), about)
