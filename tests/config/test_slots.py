"""Tests of ftpair.config.slots."""

import pytest

from ftpair.config.slots import MOST_ROWS, Slots


def test_a_key_keeps_its_row():
    slots = Slots()
    assert [slots.take(("VIP", "")), slots.take(("VIP", "A")), slots.take(("VIP", ""))] == [0, 1, 0]
    assert dict(slots) == {("VIP", ""): 0, ("VIP", "A"): 1}
    assert (slots["VIP", "A"], len(slots)) == (1, 2)


def test_a_row_is_used_again_only_when_it_was_freed():
    slots = Slots({("VIP", "A"): 0, ("VIP", "B"): 1})
    slots.free(("VIP", "A"))
    slots.free(("VIP", "never"))
    assert slots.take(("VIP", "C")) == 0


def test_a_trial_takes_no_row():
    slots = Slots()
    slots.copy().take(("VIP", ""))
    assert len(slots) == 0


def test_there_is_an_end_of_rows():
    slots = Slots({("VIP", str(row)): row for row in range(MOST_ROWS)})
    assert slots.has_room_for([("VIP", "0")])
    assert not slots.has_room_for([("VIP", "new")])
    with pytest.raises(AssertionError):
        slots.take(("VIP", "new"))
