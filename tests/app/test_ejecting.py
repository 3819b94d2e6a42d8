"""Servers go because sessions suffered from them, come back by themselves, and the last one never goes."""

from dataclasses import replace

import msgspec
import pytest

from ftpair.app.admin import AdminFile, Wish
from ftpair.app.ejecting import Clocks, Ejector
from ftpair.app.states import States
from ftpair.core.ejection import EjectionPolicy
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.messages import ServerErred
from ftpair.core.plan import Plan, ServerPlan, ServicePlan
from ftpair.core.status import Admin, Health, Sample, ServerState

A, B = (ServerPlan(slot, "VIP", name, Endpoint("10.0.0.1", 21)) for slot, name in ((1, "A"), (2, "B")))
POLICY = EjectionPolicy(consecutive_errors=3, ejection_s=30.0, longest_ejection_s=100.0)
UP = ServerState(health=Health.UP, reason="up: 220", since=10.0)
DOWN = ServerState(health=Health.DOWN, reason="down: connect refused (3 of 3 checks failed)", since=20.0)
EPOCH = 1_800_000_000.0


def plan_of(*servers, policy=POLICY):
    service = ServicePlan("VIP", "127.0.0.1", PortRange(50000, 50001), servers, explicit=21, ejection=policy)
    return Plan(1, 1, (service,))


class House:
    """A pool with its states and who ejects from it."""

    def __init__(self, folder):
        self.now, self.said, self.warned, self.turned = 1000.0, [], [], []
        file = AdminFile(folder / "admin.json", self.said.append)
        self.states = States(file, lambda: None, lambda _server, said: self.said.append(said), lambda: self.now)
        clocks = Clocks(lambda: self.now, lambda: EPOCH + self.now)
        self.ejector = Ejector(self.states, self.turned.append, lambda _server, said: self.warned.append(said), clocks)
        self.use(plan_of(A, B))
        self.probe(A, UP)
        self.probe(B, UP)
        self.said.clear()

    def use(self, plan):
        self.states.use_plan(plan)
        self.ejector.use_plan(plan)

    def probe(self, server, verdict):
        return self.states.hear(server.slot, verdict, 1)

    def err(self, server=A, times=3, kind="connect", reason="connection refused", good=0):
        for _ in range(times):
            self.ejector.hear(ServerErred(server.slot, kind, reason, good))

    def wait(self, seconds):
        self.now += seconds
        self.ejector.refresh()

    def of(self, server):
        return self.states.of(server)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_errors_in_a_row_eject_a_server_and_the_sentence_says_why(house):
    house.err(times=2)
    assert house.of(A) == UP
    house.err(times=1)
    state = house.of(A)
    assert (state.health, state.is_ejected, state.is_eligible) == (Health.DOWN, True, False)
    assert state.reason == "down: ejected for 30 s: 3 errors in a row (connection refused)"
    assert state.since == EPOCH + 1000.0
    assert house.said == ["A is down: ejected for 30 s: 3 errors in a row (connection refused)"]
    assert house.turned == [A]
    assert house.ejector.counters() == (Sample("ejections_total", ("VIP", "A", "connect"), 1.0),)


def test_a_success_in_between_begins_the_row_anew(house):
    house.err(times=2)
    house.err(times=2, good=1)
    assert house.of(A) == UP


def test_it_comes_back_by_itself_when_its_time_is_over_and_slowly(house):
    house.err()
    house.wait(29.9)
    assert house.of(A).is_ejected
    house.wait(0.1)
    assert house.of(A) == replace(UP, since=EPOCH + 1030.0, came_up=1030.0)
    assert house.said[1:] == ["A is up: 220"]
    assert house.turned == [A, A]


def test_what_the_probes_say_meanwhile_holds_afterwards(house):
    house.err()
    assert not house.probe(A, DOWN)
    assert house.of(A).is_ejected
    house.wait(30.0)
    assert house.of(A) == DOWN
    assert house.said[1:] == []
    house.probe(A, UP)
    assert house.of(A) == replace(UP, came_up=1030.0)


def test_a_server_that_nobody_probes_comes_back_unknown(house):
    house.probe(A, ServerState(reason="not probed"))
    house.err()
    house.wait(30.0)
    assert (house.of(A).health, house.of(A).reason, house.of(A).came_up) == (Health.UNKNOWN, "not probed", 1030.0)
    assert house.said[1:] == ["A is not probed"]


def test_each_further_time_is_longer(house):
    for seconds in (30, 60, 90, 100):
        house.err()
        assert f"ejected for {seconds} s" in house.of(A).reason
        house.wait(float(seconds))
        assert not house.of(A).is_ejected


def test_an_ejected_server_is_not_ejected_again_by_sessions_that_it_still_has(house):
    house.err(times=9)
    assert len(house.said) == 1
    house.wait(30.0)
    house.err(times=2)
    assert house.of(A).health is Health.UP


def test_a_server_that_the_probes_found_down_is_not_ejected_on_top(house):
    house.probe(A, DOWN)
    house.err(times=9)
    assert house.of(A) == DOWN


def test_the_last_server_stays_and_that_is_told_once_and_counted(house):
    house.err(A)
    house.err(B, times=9, kind="data", reason="reset")
    assert house.of(B) == UP
    assert house.warned == [
        "B is not ejected after 3 errors in a row (reset): it is the last server of pool default that takes sessions"
    ]
    assert Sample("ejections_prevented_total", ("VIP", "B"), 1.0) in house.ejector.counters()
    house.wait(30.0)
    house.err(B, times=1, kind="data", reason="reset")
    assert house.of(B).reason == "down: ejected for 30 s: 10 errors in a row (reset)"


def test_an_ejected_server_is_called_back_when_nobody_else_serves(house):
    house.err(A)
    house.probe(B, DOWN)
    house.wait(1.0)
    assert house.of(A).health is Health.UP


def test_a_server_that_the_probes_found_down_meanwhile_is_not_called_back(house):
    house.err(A)
    house.probe(A, DOWN)
    house.probe(B, DOWN)
    house.wait(1.0)
    assert house.of(A).is_ejected


def test_the_administrator_stays_the_administrator_and_may_end_an_ejection(house):
    house.err()
    house.states.set_admin(A, Wish(Admin.DRAIN))
    assert house.of(A).is_ejected
    house.ejector.end(A)
    assert house.of(A) == replace(UP, since=EPOCH + 1000.0, came_up=1000.0, admin=Admin.DRAIN)
    house.ejector.end(A)
    assert house.turned == [A, A]


def test_an_apply_keeps_an_ejection_and_its_errors(house):
    house.err(A)
    house.err(B, times=2)
    house.use(plan_of(msgspec.structs.replace(A, weight=7), B))
    assert house.of(A).is_ejected
    house.wait(30.0)
    house.err(B, times=1)
    assert house.of(B).is_ejected


def test_an_apply_without_ejection_brings_everybody_back(house):
    house.err()
    house.use(plan_of(A, B, policy=None))
    assert house.of(A).health is Health.UP
    house.err(times=9)
    assert house.of(A).health is Health.UP


def test_a_server_at_another_address_begins_anew(house):
    house.err()
    house.use(plan_of(msgspec.structs.replace(A, address=Endpoint("10.0.0.9", 21)), B))
    assert house.of(A) == ServerState()
    house.wait(30.0)
    assert house.of(A) == ServerState()


def test_errors_of_a_server_that_is_gone_mean_nothing(house):
    house.use(plan_of(B))
    house.err(A)
    assert house.said == []
