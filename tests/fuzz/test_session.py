"""The session under any order of events: a short run of what `make fuzz` does at length."""

from hypothesis import given
from hypothesis import strategies as st

from ftpair.session.states import State
from ftpair.session.table import TABLE
from tests.fuzz.session_model import MADE, Bytes, Talk, play

CONVERSATIONS = st.binary(min_size=150, max_size=600)


def test_the_model_makes_every_event_that_a_session_knows():
    known = {event for row in TABLE.values() for event in row}
    assert known <= MADE, f"teach tests/fuzz/session_model.py to make {known - MADE}"


@given(CONVERSATIONS)
def test_whatever_happens_the_session_keeps_its_promises(data):
    play(data)


def test_the_model_reaches_every_state():
    import random  # noqa: PLC0415

    chance, reached = random.Random(1), set()
    for _ in range(1500):
        talk = Talk(Bytes(chance.randbytes(400)))
        original = talk._state_holds

        def seen(talk=talk, original=original):
            reached.add(talk.session._talk.state)
            original()

        talk._state_holds = seen
        talk.play()
    assert reached >= set(State) - {State.OPENING}, set(State) - reached
