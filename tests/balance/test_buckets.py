"""Token buckets: what is allowed at once, what over time, and that all who wait get the same share."""

import pytest

from ftpair.balance import buckets
from ftpair.balance.buckets import LEAST_AT_ONCE_BYTES, MOST_AT_ONCE_BYTES, Level, Rate


def taken(rate: Rate, times: list[float]) -> list[bool]:
    """Try to take one at each of these moments; return what was given."""
    level, given = None, []
    for now in times:
        answer = buckets.take(rate, level, now)
        given.append(answer is not None)
        level = answer.level if answer else level
    return given


def test_a_minutes_worth_may_come_at_once_and_then_one_after_the_other():
    rate = buckets.per_minute(6, burst_s=60)
    assert taken(rate, [0.0] * 7 + [9.9, 10.1, 10.2]) == [True] * 6 + [False, False, True, False]


def test_with_a_short_burst_there_is_always_room_for_one():
    assert buckets.per_minute(6, burst_s=0.1).burst == 1.0


def test_who_was_away_for_long_gets_no_more_than_the_burst():
    rate = buckets.per_minute(6, burst_s=20)
    assert taken(rate, [0.0, 9000.0, 9000.0, 9000.0]) == [True, True, True, False]


def test_a_clock_that_runs_backwards_gives_nothing():
    rate = Rate(1.0, 1.0)
    assert buckets.take(rate, Level(100.0, 0.5), 50.0) is None


def test_who_is_refused_hears_when_to_come_again():
    rate = Rate(0.5, 1.0)
    assert buckets.next_one_s(rate, Level(100.0, 0.0), 100.0) == 2.0
    assert buckets.next_one_s(rate, None, 100.0) == 0.0


def test_who_takes_ahead_waits_for_it_and_the_next_one_behind_him():
    rate = Rate(100.0, 50.0)
    first = buckets.owe(rate, None, 0.0, 150.0)
    second = buckets.owe(rate, first.level, 0.0, 100.0)
    assert (first.wait_s, second.wait_s) == (1.0, 2.0)


@pytest.mark.parametrize("transfers", [1, 2, 7])
def test_over_time_a_stream_flows_as_fast_as_it_may_and_all_get_the_same(transfers):
    rate = buckets.smooth(1000.0)
    moved, due, level = [0.0] * transfers, [0.0] * transfers, None
    while min(due) < 60.0:
        who = due.index(min(due))
        level, wait_s = buckets.owe(rate, level, due[who], 100.0)
        moved[who] += 100.0
        due[who] += max(wait_s, 1e-9)
    assert sum(moved) == pytest.approx(60_000.0, rel=0.02)
    assert max(moved) - min(moved) <= 200.0


@pytest.mark.parametrize(
    ("limits", "portion"),
    [
        ((0, 0), MOST_AT_ONCE_BYTES),
        ((0, 100_000, 50_000), 5_000),
        ((10,), LEAST_AT_ONCE_BYTES),
        ((10**9,), MOST_AT_ONCE_BYTES),
    ],
)
def test_the_slowest_limit_decides_how_much_is_moved_at_once(limits, portion):
    assert buckets.portion_bytes(*limits) == portion
