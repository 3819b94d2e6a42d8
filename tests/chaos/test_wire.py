"""The wire does to packets what it says."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.places import Row, in_a_row
from tests.chaos.wire import Weather

pytestmark = pytest.mark.interop
Send = Callable[[int], int]


@pytest.fixture(scope="module")
def row() -> Iterator[Row]:
    with in_a_row() as row:
        yield row


@pytest.fixture
def send(row: Row) -> Iterator[Send]:
    """Send so many packets from the client to the balancer; return how many came."""
    with contextlib.ExitStack() as ends:
        with row.place.inside("balancer"):
            sink = ends.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sink.bind((row.place.vip, 9))
        with row.place.inside("client"):
            source = ends.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

        def sent(count: int) -> int:
            for number in range(count):
                source.sendto(bytes([number]), (row.place.vip, 9))
            sink.settimeout(2)
            for came in range(count):
                try:
                    sink.recv(1)
                except TimeoutError:
                    return came
            return count

        yield sent


def test_in_fair_weather_everything_comes(send: Send) -> None:
    assert send(100) == 100


def test_some_packets_are_lost(row: Row, send: Send) -> None:
    with row.before.weather(Weather(loss=0.5)):
        time.sleep(0.5)
        assert 20 <= send(100) <= 80
    time.sleep(0.5)
    assert send(100) == 100


def test_packets_are_slow(row: Row, send: Send) -> None:
    with row.before.weather(Weather(delay_s=0.5)):
        time.sleep(0.5)
        began = time.monotonic()
        assert send(1) == 1
        assert time.monotonic() - began >= 0.5
    time.sleep(1)


def test_nothing_comes_over_a_wire_that_is_cut(row: Row, send: Send) -> None:
    with row.before.weather(Weather(is_cut=True)):
        time.sleep(0.5)
        assert send(5) == 0
