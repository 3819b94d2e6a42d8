"""Bytes and rates of a server, read from the shared counts."""

import os

import pytest

from ftpair.app.traffic import Moved, Traffic
from ftpair.core.columns import BYTES_DOWN, BYTES_UP
from ftpair.dataplane.counts import Counts, create_counts_fd


@pytest.fixture
def worker():
    fd = create_counts_fd(1)
    yield Counts(fd, 0, 1)
    os.close(fd)


def test_the_rate_is_what_moved_in_the_last_seconds(worker):
    traffic = Traffic(worker)
    traffic.watch([3])
    traffic.sample(100.0)
    worker.add(3, BYTES_UP, 1000)
    worker.add(3, BYTES_DOWN, 5000)
    traffic.sample(102.0)
    assert traffic.of(3) == Moved(1000, 5000, 3000.0)
    traffic.sample(103.0)
    assert traffic.of(3) == Moved(1000, 5000, 2000.0)
    for now in range(104, 109):
        traffic.sample(now)
    assert traffic.of(3) == Moved(1000, 5000, 0.0)


def test_bytes_that_are_told_in_lumps_have_a_steady_rate(worker):
    traffic = Traffic(worker)
    traffic.watch([3])
    rates = []
    for second in range(1, 30):
        worker.add(3, BYTES_DOWN, 500 if second % 5 == 0 else 0)
        traffic.sample(second)
        rates.append(traffic.of(3).bytes_per_second)
    assert set(rates[10:]) == {100.0}


def test_a_row_that_was_another_servers_begins_at_zero(worker):
    traffic = Traffic(worker)
    traffic.watch([3])
    worker.add(3, BYTES_UP, 1000)
    traffic.sample(1.0)
    traffic.watch([])
    assert traffic.of(3) == Moved()
    traffic.watch([3])
    worker.add(3, BYTES_UP, 7)
    traffic.sample(2.0)
    assert traffic.of(3) == Moved(7, 0, 7.0)


def test_a_row_that_stays_in_the_plan_goes_on(worker):
    traffic = Traffic(worker)
    traffic.watch([3])
    worker.add(3, BYTES_DOWN, 10)
    traffic.watch([3, 4])
    traffic.sample(1.0)
    assert (traffic.of(3).down, traffic.of(4)) == (10, Moved())
