from ftpair.session import events
from ftpair.session.states import State
from ftpair.session.table import ALWAYS, TABLE


def test_every_state_has_a_row():
    assert set(TABLE) == set(State)


def test_every_living_state_notices_losses_the_operator_and_the_shutdown():
    for state, row in TABLE.items():
        if state is not State.ENDED:
            assert set(ALWAYS) <= set(row), state


def test_every_event_means_something_somewhere():
    known = {event for event in vars(events).values() if isinstance(event, type) and issubclass(event, events.Event)}
    assert {event for row in TABLE.values() for event in row} == known - {events.Event}


def test_every_state_can_be_reached_and_left():
    reached = {target for row in TABLE.values() for step in row.values() for target in step.leads_to}
    assert reached == set(State) - {State.OPENING}
    for state, row in TABLE.items():
        assert state is State.ENDED or any(step.leads_to - {state} for step in row.values())
