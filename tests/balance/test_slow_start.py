"""Slow start: a server that comes back gets its share little by little; one that was never down has all of it."""

import pytest

from ftpair.balance.slow_start import came_up, share_of, told
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import ServerPlan
from ftpair.core.status import Health, ServerState

SERVER = ServerPlan(slot=1, service="VIP", name="FTP_SVR1", address=Endpoint("10.0.0.1", 21), slow_start_s=60.0)
BACK = ServerState(health=Health.UP, came_up=1000.0)


@pytest.mark.parametrize(
    ("now", "share"), [(1000.0, 1), (1000.5, 1), (1006.0, 10), (1030.0, 50), (1059.9, 99), (1060.0, 100), (2000.0, 100)]
)
def test_the_share_grows_linearly_to_the_whole(now, share):
    assert share_of(SERVER, BACK, now) == share


def test_a_clock_that_is_not_told_gives_the_least():
    assert share_of(SERVER, BACK, 0.0) == 1


def test_without_slow_start_and_without_a_fall_a_server_has_all_of_its_weight():
    plain = ServerPlan(slot=1, service="VIP", name="FTP_SVR1", address=Endpoint("10.0.0.1", 21))
    assert share_of(plain, BACK, 1000.0) == 100
    assert share_of(SERVER, ServerState(health=Health.UP), 1000.0) == 100


@pytest.mark.parametrize(
    ("former", "health", "moment"),
    [
        (Health.UNKNOWN, Health.UP, 0.0),
        (Health.DOWN, Health.UP, 50.0),
        (Health.UP, Health.UP, 7.0),
        (Health.UP, Health.DOWN, 0.0),
        (Health.DOWN, Health.UNKNOWN, 50.0),
    ],
)
def test_only_who_was_down_begins_slowly_and_not_who_is_found_up_at_the_start(former, health, moment):
    state = ServerState(health=former, came_up=7.0 if former is Health.UP else 0.0)
    assert came_up(state, health, 50.0) == moment


def test_the_share_stands_behind_the_reason_until_it_is_whole():
    assert told("up: login accepted", 40) == "up: login accepted (slow start, 40 %)"
    assert told("up: login accepted", 100) == "up: login accepted"
