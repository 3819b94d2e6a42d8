"""Rates over all workers, and the throttle of a transfer."""

import os
from collections.abc import Iterator

import pytest

from ftpair.balance.buckets import Rate
from ftpair.core.limits import Limits
from ftpair.dataplane.rates import Rates, Throttle, key_of
from ftpair.dataplane.shared_table import SharedTable, create_table_fd


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Table:
    """Two processes with one table, and their clock."""

    def __init__(self, fd: int) -> None:
        self.clock = Clock()
        self.one, self.two = (Rates(SharedTable(fd, b"salt"), self.clock) for _ in range(2))


@pytest.fixture
def both() -> Iterator[Table]:
    fd = create_table_fd("test", sets=16)
    yield Table(fd)
    os.close(fd)


def test_what_one_worker_gives_is_gone_for_the_others(both: Table):
    rate = Rate(0.5, 2.0)
    assert [both.one.take(b"a", rate), both.two.take(b"a", rate), both.one.take(b"a", rate)] == [0.0, 0.0, 2.0]
    assert both.two.take(b"b", rate) == 0.0
    both.clock.now += 2.0
    assert (both.two.take(b"a", rate), both.one.take(b"a", rate)) == (0.0, 2.0)


def test_what_happens_again_in_time_is_counted_and_the_rest_forgotten(both: Table):
    assert [both.one.count(b"a", 10), both.two.count(b"a", 10)] == [1, 2]
    both.clock.now += 9.0
    assert both.one.count(b"a", 10) == 3
    both.clock.now += 10.0
    assert both.one.count(b"a", 10) == 1


def test_two_transfers_of_a_user_share_what_the_user_may(both: Table):
    limits = Limits(bytes_per_second_per_user=1000)
    one, two = (Throttle(rates, limits, "VIP", "s", "anna") for rates in (both.one, both.two))
    assert one.portion_bytes == 512
    assert (one.rest_s(250), two.rest_s(500), one.rest_s(500)) == (0.0, 0.5, 1.0)


def test_the_narrowest_limit_decides_how_long_a_transfer_rests(both: Table):
    limits = Limits(bytes_per_second_per_session=1000, bytes_per_second_per_service=10_000)
    assert Throttle(both.one, limits, "VIP", "s1", "anna").rest_s(1250) == 1.0
    assert Throttle(both.one, limits, "VIP", "s2", "bert").rest_s(1250) == 1.0


def test_different_words_are_different_keys():
    assert len({key_of("a", "bc"), key_of("ab", "c"), key_of("a", "b", "c")}) == 3
    assert key_of("\udc80") == "\udc80".encode("utf-8", "surrogatepass")
