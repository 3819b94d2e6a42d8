"""What an administrator changes at full load costs nothing: not one refused connection, not one broken transfer."""

from pathlib import Path

import pytest

from tests.chaos.scenario import FTP_MODE, Kind
from tests.chaos.test_quick import play

GONE = "421 The server is being taken out of service: log in again."
pytestmark = pytest.mark.interop


@pytest.mark.parametrize("kind", FTP_MODE)
def test_ten_applies_in_a_row_cost_nothing(kind: Kind, lab_folder: Path) -> None:
    figures = play("file-applied", kind, lab_folder / f"applied-{kind}", times=10)
    assert (figures.held, figures.lost, figures.wrong, figures.reasons) == (figures.sessions, 0, (), ())


@pytest.mark.parametrize("kind", FTP_MODE)
def test_a_drain_by_transfers_breaks_none(kind: Kind, lab_folder: Path) -> None:
    figures = play("server-drained", kind, lab_folder / f"drained-{kind}", times=2)
    assert figures.wrong == ()
    assert {reason for reason, _count in figures.reasons} == {GONE}
    assert figures.held < figures.sessions
