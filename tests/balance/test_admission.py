"""Whether further sessions may come in: decided by descriptors, memory and lag, with an edge on which nothing flaps."""

from ftpair.balance.admission import AT_EASE, Admission, Seen
from ftpair.core.overload import Overload

MIB = 1 << 20
LIMITS = Overload(memory_floor_bytes=64 * MIB, loop_lag_ceiling_s=0.5)


def seen(available=1 << 30, lag=0.0, open_descriptors=100):
    return Seen(open_descriptors, 1000, available, lag)


def after(*looks, limits=LIMITS, admission=AT_EASE):
    for look in looks:
        admission = admission.after(limits, look)
    return admission


def short(*looks, **more):
    return list(after(*looks, **more).shortages)


def test_with_enough_of_everything_anybody_may_come_in():
    assert after(seen()) == AT_EASE


def test_below_the_floor_memory_is_short_and_the_sentence_says_how_much():
    assert after(seen(available=40 * MIB)).shortages == {
        "memory": "40.0 MiB of memory are available, the floor is 64.0 MiB"
    }


def test_memory_is_enough_again_only_clearly_above_the_floor():
    assert short(seen(available=40 * MIB), seen(available=70 * MIB)) == ["memory"]
    assert short(seen(available=40 * MIB), seen(available=80 * MIB)) == []
    assert short(seen(available=70 * MIB)) == []


def test_where_nobody_can_tell_of_memory_nobody_is_refused_for_it():
    assert short(seen(available=None)) == []


def test_descriptors_are_short_beyond_nine_tenths_until_some_are_free_again():
    full = after(seen(open_descriptors=901))
    assert full.shortages == {"descriptors": "901 of 1000 descriptors are open"}
    assert short(seen(open_descriptors=900)) == []
    assert short(seen(open_descriptors=851), admission=full) == ["descriptors"]
    assert short(seen(open_descriptors=850), admission=full) == []


def test_a_worker_is_late_when_three_looks_in_a_row_find_it_so():
    assert short(*[seen(lag=0.6)] * 2) == []
    assert after(*[seen(lag=0.6)] * 3).shortages == {"loop-lag": "events wait for 0.6 s, the ceiling is 0.5 s"}
    assert short(seen(lag=0.6), seen(lag=0.6), seen(lag=0.5), seen(lag=0.6), seen(lag=0.6)) == []


def test_it_is_on_time_again_when_three_looks_in_a_row_find_it_at_half_the_ceiling():
    late = after(*[seen(lag=0.6)] * 3)
    assert short(*[seen(lag=0.3)] * 9, admission=late) == ["loop-lag"]
    assert short(*[seen(lag=0.25)] * 2, admission=late) == ["loop-lag"]
    assert short(seen(lag=0.2), seen(lag=0.2), seen(lag=0.3), seen(lag=0.2), admission=late) == ["loop-lag"]
    assert after(*[seen(lag=0.25)] * 3, admission=late) == AT_EASE


def test_zero_switches_memory_and_lag_off():
    assert short(*[seen(available=0, lag=9.0)] * 5, limits=Overload(0, 0.0)) == []


def test_a_limit_that_is_switched_off_is_no_reason_any_more():
    late = after(*[seen(lag=0.6)] * 3)
    assert after(seen(lag=0.6), limits=Overload(0, 0.0), admission=late) == AT_EASE


def test_all_that_is_short_is_told():
    assert short(*[seen(available=0, lag=9.0, open_descriptors=1000)] * 3) == ["descriptors", "memory", "loop-lag"]


def test_looks_leave_the_former_admission_as_it_was():
    former = Admission({}, 2)
    former.after(LIMITS, seen(lag=1.0))
    assert former == Admission({}, 2)
