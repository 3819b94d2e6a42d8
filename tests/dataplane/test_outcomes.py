"""Errors are told with what every worker saw go well until then; what a dead worker saw is kept."""

from ftpair.core.messages import ServerErred
from ftpair.dataplane.counts import Counts, create_counts_fd
from ftpair.dataplane.outcomes import Outcomes
from ftpair.session.effects import Blame, Credit


def test_an_error_comes_with_the_successes_of_all_workers_in_its_aspect():
    fd = create_counts_fd(2)
    first, second = Outcomes(Counts(fd, 0, 2)), Outcomes(Counts(fd, 1, 2))
    told = []
    first.report = told.append
    second.credit(Credit(3, "control"))
    second.credit(Credit(3, "data"))
    second.credit(Credit(4, "control"))
    first.credit(Credit(3, "control"))
    first.blame(Blame(3, "connect", "connection refused"))
    first.blame(Blame(3, "data", "reset"))
    assert told == [ServerErred(3, "connect", "connection refused", 2), ServerErred(3, "data", "reset", 1)]


def test_what_a_dead_worker_saw_go_well_is_kept():
    fd = create_counts_fd(2)
    Outcomes(Counts(fd, 0, 2)).credit(Credit(3, "time"))
    Counts(fd, 2, 2).clear(0)
    told = []
    second = Outcomes(Counts(fd, 1, 2))
    second.report = told.append
    second.blame(Blame(3, "slow", "greeting after 4.0 s"))
    assert [error.good for error in told] == [1]


def test_before_anybody_listens_errors_go_nowhere():
    Outcomes(Counts(create_counts_fd(1), 0, 1)).blame(Blame(3, "data", "reset"))
