"""What an administrator changes at full load costs nothing: not one refused connection, not one broken transfer."""

import time
from pathlib import Path

import pytest

from tests.chaos.ledger import Ledger
from tests.chaos.scenario import FTP_MODE, Kind
from tests.chaos.scenarios.changes import knocking
from tests.chaos.test_quick import play
from tests.interop.lab.places import fresh_address

GONE = "421 The server is being taken out of service: log in again."
pytestmark = pytest.mark.interop


@pytest.mark.parametrize(
    ("name", "kind", "times"),
    [
        ("file-applied", "ftp", 10),
        ("file-applied", "ftps", 10),
        ("file-applied", "builtin", 10),
        ("pairs-applied", "haproxy", 5),
    ],
)
def test_applies_in_a_row_cost_nothing(name: str, kind: Kind, times: int, lab_folder: Path) -> None:
    figures = play(name, kind, lab_folder / f"{name}-{kind}", times=times)
    assert (figures.held, figures.lost, figures.wrong, figures.undue) == (figures.sessions, 0, (), ())


def test_a_connection_that_is_refused_is_noted() -> None:
    ledger = Ledger()
    with knocking(fresh_address(), ledger):  # Nobody listens there.
        time.sleep(0.1)
    assert set(ledger.reasons) == {"a new connection: [Errno 111] Connection refused"}


@pytest.mark.parametrize("kind", FTP_MODE)
def test_a_drain_by_transfers_breaks_none(kind: Kind, lab_folder: Path) -> None:
    figures = play("server-drained", kind, lab_folder / f"drained-{kind}", times=2)
    assert figures.wrong == ()
    assert {reason for reason, _count in figures.reasons} == {GONE}
    assert figures.held < figures.sessions
