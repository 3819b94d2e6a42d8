"""How far a drain is, in a sentence that tells what is known and nothing else."""

import pytest

from ftpair.core.drain import Drain, DrainPlan, Moving, told
from ftpair.core.status import Admin, ServerState

NOW = 1767225600.0
BOTH = "(1.2 GiB so far, 9.5 MiB/s)"
NOTHING = Moving(0, 0, 0, 0.0)


@pytest.mark.parametrize(
    ("until", "moving", "cut", "sentence"),
    [
        (240, Moving(3, 2, 1288490189, 9961472.0), 0, f"3 sessions stay, 2 transfers move {BOTH}, 4 min 0 s left"),
        (0, Moving(1, 1, 0, 0.0), 0, "1 session stays, 1 transfer moves"),
        (0, Moving(2, 0, 2048, 512.0), 0, "2 sessions stay, no transfers move (2.0 KiB so far)"),
        (-5, Moving(0, 1, 0, 0.0), 0, "no sessions stay, 1 transfer moves, 0.0 s left"),
        (240, NOTHING, 0, "done, no session is left"),
        (-5, NOTHING, 1, "done, 1 session ended at the deadline"),
    ],
)  # fmt: skip
def test_the_sentence_says_what_stays_what_moves_and_how_long_it_may(until, moving, cut, sentence):
    drain = Drain("transfers", NOW - 60, NOW + until if until else 0.0)
    assert told("FTP_SVR2", drain, moving, cut, NOW) == f"drain FTP_SVR2: {sentence}"


def test_a_drain_is_overdue_from_its_deadline_on_and_never_without_one():
    assert [Drain(until=until).is_overdue(NOW) for until in (0.0, NOW - 1, NOW, NOW + 1)] == [False, True, True, False]


def test_sessions_are_ended_only_by_a_drain_that_waits_for_transfers():
    drained = ServerState(admin=Admin.DRAIN, drain=Drain("transfers"))
    others = ServerState(), ServerState(admin=Admin.DRAIN), ServerState(admin=Admin.DRAIN, drain=Drain())
    assert drained.ends_sessions
    assert not any(state.ends_sessions for state in others)
    assert DrainPlan() == DrainPlan("sessions", 0.0)
