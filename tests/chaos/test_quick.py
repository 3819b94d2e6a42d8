"""Some scenarios at small size, so that the suite itself works; what they must not cost."""

import random
from pathlib import Path

import pytest

from tests.chaos.scenario import Figures, Kind, Run, scenarios
from tests.interop.lab.authority import Authority

pytestmark = pytest.mark.interop


def play(name: str, kind: Kind, folder: Path, times: int = 1) -> Figures:
    """Play a scenario with half a second of load before and after the fault."""
    folder.mkdir()
    run = Run(kind, folder / "run", Authority(folder), 0.5, times, random.Random(1))
    return scenarios()[name].play(run)


@pytest.mark.parametrize(
    ("name", "kind"), [("server-killed", "ftp"), ("worker-killed", "ftps"), ("haproxy-stopped", "haproxy")]
)
def test_a_fault_makes_no_file_wrong_and_everybody_is_served_again(name: str, kind: Kind, lab_folder: Path) -> None:
    figures = play(name, kind, lab_folder / name)
    assert figures.wrong == ()
    assert figures.seconds is not None
    # Who comes and goes may be gone in the moment of the fault, and one worker of two may have had them all.
    assert figures.held <= figures.sessions
    assert 7 <= figures.sessions <= 9
    assert 0 <= figures.lost < figures.transfers


def test_what_is_not_struck_loses_nothing(lab_folder: Path) -> None:
    figures = play("api-killed", "builtin", lab_folder / "nothing-lost")
    assert (figures.held, figures.lost, figures.wrong, figures.reasons) == (figures.sessions, 0, (), ())
