"""Problems of a configuration on a form: each at the control whose value it speaks of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ftpair.core.actions import Problem


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was refused: sentences by the control that each belongs to, and those that belong to none."""

    at: Mapping[str, str] = field(default_factory=dict)
    elsewhere: tuple[Problem, ...] = ()


def placed(problems: Sequence[Problem], control_of: Callable[[str], str | None]) -> Verdict:
    """Put each problem at the control of its path."""
    at: dict[str, str] = {}
    elsewhere = []
    for problem in problems:
        key = control_of(problem.path)
        if key is None:
            elsewhere.append(problem)
        else:
            sentence = _without_key(problem)
            at[key] = f"{at[key]}; {sentence}" if key in at else sentence
    return Verdict(at, tuple(elsewhere))


def _without_key(problem: Problem) -> str:
    """Return the sentence for a control, where the value alone is written: `retries: 2` is the file's spelling."""
    key = problem.path.rpartition(".")[2]
    return problem.sentence.replace(f"write for example {key}: ", "write for example ")


def nearest(path: str, keys: set[str]) -> str | None:
    """Return the key of a path, or that of the value that it lies in (`ports.passive` lies in `ports`)."""
    steps = path.split(".")
    around = (".".join(steps[:length]) for length in range(len(steps), 0, -1))
    return next((each for each in around if each in keys), None)
