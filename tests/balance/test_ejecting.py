"""Ejection: errors in a row, how long, and who may not go."""

import pytest

from ftpair.balance.ejecting import ServerError, Trail, errors_in_a_row, length_s, takes_sessions, why_not
from ftpair.core.ejection import EjectionPolicy
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import ServerPlan
from ftpair.core.status import Admin, Health, ServerState

POLICY = EjectionPolicy(ejection_s=30.0, longest_ejection_s=100.0)
DOWN = ServerState(health=Health.DOWN)
EJECTED = ServerState(health=Health.DOWN, is_ejected=True)


def server(slot, **more):
    return ServerPlan(slot=slot, service="ftp", name=f"FTP_SVR{slot}", address=Endpoint("10.0.0.1", 21), **more)


def pool(count):
    return [server(slot) for slot in range(1, count + 1)]


def trail(*errors):
    made = Trail()
    for kind, good in errors:
        made = made.after(ServerError(kind, "why", good))
    return made


def test_errors_are_in_a_row_until_a_session_sees_it_go_well():
    assert trail().length("connect") == 0
    assert trail(("connect", 7), ("tls", 7), ("421", 7)).length("greeting") == 3
    assert trail(("connect", 7), ("tls", 7), ("421", 8)).length("control") == 1


def test_logins_that_go_well_excuse_no_data_connection_and_no_late_greeting():
    made = trail(("data", 1), ("connect", 50), ("data", 1), ("slow", 3), ("connect", 51), ("data", 1))
    assert [made.length(kind) for kind in ("data", "slow", "control")] == [3, 1, 1]


def test_each_ejection_is_longer_than_the_last_up_to_the_longest():
    assert [length_s(POLICY, number) for number in (1, 2, 3, 4, 50)] == [30.0, 60.0, 90.0, 100.0, 100.0]
    first = trail(("data", 1)).ejected(POLICY, 1000.0)
    assert (first.until, first.ejections, first.length("data")) == (1030.0, 1, 0)
    second = first.ejected(POLICY, 1035.0)
    assert (second.until, second.ejections) == (1095.0, 2)


def test_a_server_that_was_well_for_long_enough_begins_anew():
    second = trail().ejected(POLICY, 1000.0).ejected(POLICY, 1035.0)
    assert second.ejected(POLICY, 1195.0).ejections == 3
    assert second.ejected(POLICY, 1195.1).ejections == 1


@pytest.mark.parametrize(
    "others",
    [
        {},
        {2: DOWN, 3: DOWN},
        {2: EJECTED, 3: ServerState(admin=Admin.DRAIN)},
        {2: DOWN, 3: ServerState(admin=Admin.HALT)},
    ],
)
def test_the_last_server_is_never_ejected(others):
    servers = pool(1 + len(others))
    states = others | {1: ServerState(health=Health.UP)}
    assert why_not(POLICY, servers[0], servers, states) == "it is the last server of pool default that takes sessions"


def test_a_server_of_weight_0_is_nobody_to_step_in():
    assert "the last" in why_not(POLICY, server(1), [server(1), server(2, weight=0)], {})
    assert not takes_sessions(server(2, weight=0), {})


def test_one_of_two_may_go_by_half_and_a_backup_steps_in():
    assert why_not(POLICY, server(1), pool(2), {}) == ""
    assert why_not(POLICY, server(1), [server(1), server(2, is_backup=True)], {}) == ""


@pytest.mark.parametrize(
    ("percent", "ejected", "may"),
    [(50, 0, True), (50, 1, True), (50, 2, False), (25, 0, True), (25, 1, False), (24, 0, False), (100, 2, True)],
)
def test_no_more_of_a_pool_are_ejected_than_the_cap_allows(percent, ejected, may):
    policy = EjectionPolicy(max_ejected_percent=percent)
    states = dict.fromkeys(range(2, 2 + ejected), EJECTED)
    reason = why_not(policy, server(1), pool(4), states)
    assert reason == ("" if may else f"more than {percent} % of pool default would be ejected")


def test_servers_that_are_down_by_themselves_do_not_count_as_ejected():
    assert why_not(EjectionPolicy(max_ejected_percent=25), server(1), pool(4), {2: DOWN, 3: DOWN}) == ""


def test_the_sentence_counts_and_says_why():
    assert errors_in_a_row(1, "connection refused") == "1 error in a row (connection refused)"
    assert errors_in_a_row(5, "it answers 421") == "5 errors in a row (it answers 421)"
