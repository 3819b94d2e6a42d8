from ftpair.core.plan import Clocks
from ftpair.session.states import CLOCKS, FIXED_CLOCKS, WAITS_FOR, State, limits


def test_every_state_says_what_it_waits_for():
    assert set(WAITS_FOR) == set(State)
    assert len({state.value for state in State}) == len(State)


def test_limits_come_from_the_clocks_of_the_plan():
    assert limits(Clocks(idle_timeout_s=7))[State.READY] == 7.0
    assert limits(Clocks())[State.SETTLING] == 2.0


def test_no_state_has_two_clocks():
    assert not set(CLOCKS) & set(FIXED_CLOCKS)
