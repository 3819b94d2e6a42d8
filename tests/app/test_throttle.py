"""Mistakes cost time: more and more of it, up to a limit, for a bounded number of people."""

import pytest

from ftpair.app.throttle import FORGET_S, ROWS, Throttle, network_of


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_each_mistake_after_the_third_costs_twice_as_long(clock):
    throttle, waits = Throttle(60.0, clock), []
    for _mistake in range(10):
        throttle.count("anna")
        waits.append(throttle.wait_s("anna"))
        clock.now += throttle.wait_s("anna")
        assert throttle.wait_s("anna") == 0
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60]
    assert throttle.wait_s("ben") == 0


def test_a_thousand_mistakes_are_no_overflow(clock):
    throttle = Throttle(60.0, clock)
    for _mistake in range(2000):
        throttle.count("anna")
    assert throttle.wait_s("anna") == 60


def test_time_forgives(clock):
    throttle = Throttle(60.0, clock)
    for _mistake in range(9):
        throttle.count("anna")
    clock.now += 60.0 + FORGET_S
    throttle.count("anna")
    assert throttle.wait_s("anna") == 0


def test_a_good_attempt_takes_itself_back_and_no_other(clock):
    throttle = Throttle(60.0, clock)
    for _mistake in range(5):
        throttle.count("192.0.2.7")
    throttle.take_back("192.0.2.7")
    assert throttle.wait_s("192.0.2.7") == 0
    throttle.count("192.0.2.7")
    assert throttle.wait_s("192.0.2.7") == 4


def test_a_key_can_begin_anew(clock):
    throttle = Throttle(60.0, clock)
    for _mistake in range(5):
        throttle.count("anna")
    throttle.forget("anna")
    throttle.forget("nobody")
    throttle.count("anna")
    assert throttle.wait_s("anna") == 0


def test_a_flood_of_names_costs_no_more_memory_and_forgets_the_oldest(clock):
    throttle = Throttle(60.0, clock)
    for _mistake in range(5):
        throttle.count("first")
    for number in range(ROWS - 1):
        throttle.count(str(number))
    assert throttle.wait_s("first") == 4
    throttle.count("one more")
    assert throttle.wait_s("first") == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_an_ipv6_network_of_64_bits_is_one_owner(address, network):
    assert network_of(address) == network
