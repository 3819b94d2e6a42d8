"""A choice is a server, or a sentence that says why there is none."""

import msgspec
import pytest

from ftpair.balance.choice import FULL, NoChoice, choose, full
from ftpair.balance.policies import Request
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.core.status import Admin, Health, ServerState

UP = ServerState(health=Health.UP)
DOWN = ServerState(health=Health.DOWN)
DRAINED = ServerState(admin=Admin.DRAIN, health=Health.UP)
HALTED = ServerState(admin=Admin.HALT, health=Health.DOWN)
SERVICE_SLOT = 99


def service(count, max_sessions=0, **of_servers):
    servers = tuple(
        ServerPlan(slot=slot, service="ftp", name=f"FTP_SVR{slot}", address=Endpoint("10.0.0.1", 21), **of_servers)
        for slot in range(1, count + 1)
    )
    return ServicePlan(
        name="ftp",
        address="192.0.2.10",
        passive=PortRange(1025, 1052),
        servers=servers,
        max_sessions=max_sessions,
        slot=SERVICE_SLOT,
    )


def take(plan, *states, sessions=None, tried=()):
    request = Request(client="192.0.2.7", user="anna", turn=0, chance=lambda: 0.5)
    return choose(plan, dict(enumerate(states, start=1)), lambda slot: (sessions or {}).get(slot, 0), request, tried)


def test_the_policy_of_the_service_decides():
    busy = {1: 5, 2: 3, 3: 4}
    assert take(service(3), UP, UP, UP, sessions=busy).name == "FTP_SVR2"
    by_turn = msgspec.structs.replace(service(3), balance="round-robin")
    assert take(by_turn, UP, UP, UP, sessions=busy).name == "FTP_SVR1"


@pytest.mark.parametrize("state", [DOWN, DRAINED, HALTED])
def test_a_server_that_may_not_take_sessions_gets_none(state):
    assert take(service(2), state, UP, sessions={2: 1000}).name == "FTP_SVR2"


def test_a_server_that_was_never_probed_is_tried_rather_than_refused():
    assert take(service(1)).name == "FTP_SVR1"


def test_a_server_that_failed_for_this_session_is_not_tried_again():
    assert take(service(2), UP, UP, sessions={2: 9}, tried=(1,)).name == "FTP_SVR2"


def test_a_full_server_is_passed_over_even_if_it_has_the_fewest_sessions():
    plan = service(2)
    small = msgspec.structs.replace(plan.servers[0], max_sessions=2)
    plan = msgspec.structs.replace(plan, servers=(small, plan.servers[1]))
    assert take(plan, UP, UP, sessions={1: 2, 2: 9}).name == "FTP_SVR2"
    assert take(plan, UP, UP, sessions={1: 1, 2: 9}).name == "FTP_SVR1"


def test_a_server_of_weight_0_gets_nothing():
    assert take(service(1, weight=0), UP) == NoChoice("FTP_SVR1 has weight 0")


def test_a_full_service_takes_no_more():
    plan = service(2, max_sessions=500)
    assert take(plan, UP, UP, sessions={SERVICE_SLOT: 499}).name == "FTP_SVR1"
    assert take(plan, UP, UP, sessions={SERVICE_SLOT: 500}) == full("service is full (max_sessions 500)")


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ((DOWN, DOWN, DOWN), "all 3 servers are down"),
        ((DRAINED, DRAINED), "every server is drained"),
        ((HALTED, HALTED), "every server is halted"),
        ((UP, UP), "all 2 servers are full"),
        ((DOWN,), "FTP_SVR1 is down"),
        ((UP,), "FTP_SVR1 is full (max_sessions 50)"),
        ((DOWN, DRAINED, UP), "FTP_SVR1 is down, FTP_SVR2 is drained, FTP_SVR3 is full (max_sessions 50)"),
        ((DOWN, UP, DOWN, HALTED), "no server is free: 2 down, 1 full, 1 halted"),
        ((), "service has no servers"),
    ],
)
def test_the_refusal_says_why(states, sentence):
    full = dict.fromkeys(range(1, 10), 50)
    plan = service(len(states))
    plan = msgspec.structs.replace(
        plan, servers=tuple(msgspec.structs.replace(server, max_sessions=50) for server in plan.servers)
    )
    choice = take(plan, *states, sessions=full)
    assert isinstance(choice, NoChoice)
    assert choice.reason == sentence
    assert (choice.text == FULL) is choice.is_full is ("full" in sentence)
    assert "FTP_SVR" not in choice.text


def test_the_refusal_says_that_all_were_tried():
    assert take(service(2), UP, UP, tried=(1, 2)) == NoChoice("all 2 servers failed")


def test_the_refusal_says_that_all_weights_are_0():
    assert take(service(2, weight=0), UP, UP) == NoChoice("every server has weight 0")


def test_the_server_of_the_former_session_comes_before_the_policy():
    request = Request(client="192.0.2.7", user="anna", turn=0, chance=lambda: 0.5, former="FTP_SVR2")

    def again(*states, sessions=None, tried=()):
        known = dict(enumerate(states, start=1))
        return choose(service(2), known, lambda slot: (sessions or {}).get(slot, 0), request, tried).name

    assert again(UP, UP, sessions={2: 99}) == "FTP_SVR2"
    assert again(UP, DRAINED) == "FTP_SVR1"
    assert again(UP, UP, tried=(2,)) == "FTP_SVR1"


def with_backups(*backups, **of_service):
    plan = service(3)
    servers = tuple(msgspec.structs.replace(each, is_backup=each.slot in backups) for each in plan.servers)
    return msgspec.structs.replace(plan, servers=servers, **of_service)


def test_a_backup_gets_nothing_while_another_server_can_take_the_session():
    assert take(with_backups(2, 3), UP, UP, UP, sessions={1: 1000}).name == "FTP_SVR1"


@pytest.mark.parametrize("state", [DOWN, DRAINED, HALTED])
def test_backups_share_the_sessions_when_nobody_else_can(state):
    assert take(with_backups(2, 3), state, UP, UP, sessions={2: 1}).name == "FTP_SVR3"
    assert take(with_backups(2, 3), state, UP, DOWN, sessions={2: 1}).name == "FTP_SVR2"


def test_a_full_or_a_failed_server_calls_the_backups_too():
    plan = with_backups(3)
    full_ones = tuple(msgspec.structs.replace(each, max_sessions=5) for each in plan.servers)
    busy = {1: 5, 2: 5, 3: 4}
    assert take(msgspec.structs.replace(plan, servers=full_ones), UP, UP, UP, sessions=busy).name == "FTP_SVR3"
    assert take(plan, UP, UP, UP, tried=(1, 2)).name == "FTP_SVR3"


def test_who_had_a_backup_before_gets_an_ordinary_server_when_there_is_one_again():
    request = Request(client="192.0.2.7", user="anna", turn=0, chance=lambda: 0.5, former="FTP_SVR3")
    back = choose(with_backups(3), {1: DOWN, 2: UP, 3: UP}, lambda _slot: 0, request, ())
    away = choose(with_backups(3), {1: DOWN, 2: DOWN, 3: UP}, lambda _slot: 0, request, ())
    assert (back.name, away.name) == ("FTP_SVR2", "FTP_SVR3")


def test_the_sorry_text_is_read_when_no_server_is_available_and_not_when_all_are_full():
    plan = with_backups(3, sorry_text="We are back at 6.")
    assert take(plan, DOWN, DOWN, DOWN).text == "We are back at 6."
    crowded = msgspec.structs.replace(plan, max_sessions=1)
    assert take(crowded, UP, UP, UP, sessions={SERVICE_SLOT: 1}).text == FULL


def test_the_share_of_a_server_in_its_slow_start_is_taken_from_the_moment_of_the_question():
    slow = tuple(msgspec.structs.replace(each, slow_start_s=100.0) for each in service(2).servers)
    plan = msgspec.structs.replace(service(2), servers=slow)
    states = {1: UP, 2: ServerState(health=Health.UP, came_up=1000.0)}
    counts = {1: 50, 2: 10}

    def taken(now):
        request = Request(client="192.0.2.7", user="anna", turn=0, chance=lambda: 0.5, now=now)
        return choose(plan, states, counts.__getitem__, request, ()).name

    assert (taken(1010.0), taken(1050.0)) == ("FTP_SVR1", "FTP_SVR2")
