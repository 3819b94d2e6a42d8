"""What a soak calls flat."""

from tests.soak.figures import LOST_BY_TRANSFER_BYTES, MIB, Course, Sample, slope, together


def course(name="worker 0", resident=lambda number: 40 * MIB, descriptors=lambda number: 50, cpu=lambda number: number):
    return Course(name, 100, tuple(Sample(resident(each), descriptors(each), cpu(each)) for each in range(20)))


def test_a_flat_run_is_not_complained_of():
    flat = course()
    assert flat.complaints() == together([flat, flat]).complaints() == []
    assert set(flat.cpu_ms()) == {10.0}


def test_growth_during_the_warm_up_is_not_judged():
    assert course(resident=lambda number: min(number, 5) * 50 * MIB).complaints() == []


def test_a_leak_is_found():
    (sentence,) = course(resident=lambda number: 40 * MIB + number * MIB).complaints()
    assert sentence == "worker 0: resident memory grew by 14.0 MiB"
    (sentence,) = course("prober", resident=lambda number: 40 * MIB + number * MIB // 3).complaints()
    assert sentence.startswith("prober: resident memory grew by 4.")


def test_a_worker_may_lose_what_its_python_loses_and_no_more():
    def growing(more, name="worker 0"):
        step = LOST_BY_TRANSFER_BYTES * 100 + 4 * MIB // 14 + more
        return course(name, resident=lambda number: 40 * MIB + number * step)

    assert growing(-1).complaints() == []
    assert growing(+1000).complaints() != []
    assert bool(growing(-1, "prober").complaints()) is bool(LOST_BY_TRANSFER_BYTES)


def test_descriptors_that_are_left_open_are_found():
    (sentence,) = course(descriptors=lambda number: 50 + number).complaints()
    assert sentence == "worker 0: 14 descriptors more than after the warm-up"


def test_transfers_that_grow_dearer_are_found_in_all_workers_together():
    dearer = course(cpu=lambda number: number * number)
    assert dearer.complaints() == []
    (sentence,) = together([dearer, dearer]).complaints()
    assert "times the CPU of the beginning" in sentence


def test_a_line_through_noise_has_its_slope():
    assert slope([1, 3, 2, 4, 3, 5]) > 0.5
    assert slope([7]) == 0.0
