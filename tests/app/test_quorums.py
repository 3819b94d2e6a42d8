"""A lost quorum is told once, and once more when it is met again."""

from ftpair.app.quorums import Quorums
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import Plan, ServerPlan, ServicePlan
from ftpair.core.status import Health, ServerState

SERVERS = tuple(ServerPlan(slot, "VIP", f"FTP_SVR{slot}", Endpoint("10.0.0.1", 21)) for slot in (1, 2))
DOWN = {1: ServerState(health=Health.DOWN)}


def plan_of(**quorums):
    return Plan(1, 1, (ServicePlan("VIP", "127.0.0.1", PortRange(50000, 50001), SERVERS, quorums=quorums),))


def test_a_lost_quorum_is_told_once_and_once_more_when_it_is_met():
    said = []
    watch = Quorums(lambda service, quorum: said.append((service, quorum.is_met)))
    for states in ({}, DOWN, DOWN, {}, {}, DOWN):
        watch.look(plan_of(default=2), states)
    assert said == [("VIP", False), ("VIP", True), ("VIP", False)]


def test_a_quorum_that_is_taken_away_is_forgotten():
    said = []
    watch = Quorums(lambda _service, quorum: said.append(quorum.is_met))
    for plan in (plan_of(default=2), plan_of(), plan_of(default=2)):
        watch.look(plan, DOWN)
    assert said == [False, False]
