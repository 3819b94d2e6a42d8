"""Rows of servers that left: not given away while a session may still count in them."""

from ftpair.app.rows import RELEASE_AFTER_S, Leaving, keys_of
from ftpair.config.slots import Slots
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import Plan, ServerPlan, ServicePlan


def plan_of(*names):
    servers = tuple(ServerPlan(at, "VIP", name, Endpoint("10.0.0.1", 21)) for at, name in enumerate(names, 1))
    return Plan(1, 1, (ServicePlan("VIP", "127.0.0.1", PortRange(50000, 50001), servers, explicit=21),))


def slots():
    return Slots({("VIP", ""): 0, ("VIP", "A"): 1, ("VIP", "B"): 2})


def test_services_and_servers_have_keys():
    assert keys_of(plan_of("A", "B")) == {("VIP", ""), ("VIP", "A"), ("VIP", "B")}


def test_the_row_of_a_removed_server_is_free_when_it_is_long_gone_and_its_last_session_too():
    leaving, kept, sessions = Leaving(), slots(), {2: 1}
    for now in (0.0, RELEASE_AFTER_S - 1, RELEASE_AFTER_S):
        leaving.release(kept, plan_of("A"), lambda slot: sessions.get(slot, 0), now)
        assert kept[("VIP", "B")] == 2
    sessions[2] = 0
    leaving.release(kept, plan_of("A"), lambda slot: sessions.get(slot, 0), RELEASE_AFTER_S + 1)
    assert set(kept) == {("VIP", ""), ("VIP", "A")}


def test_a_server_that_comes_back_keeps_its_row():
    leaving, kept = Leaving(), slots()
    leaving.release(kept, plan_of("A"), lambda slot: 0, 0.0)
    leaving.release(kept, plan_of("A", "B"), lambda slot: 0, 1.0)
    leaving.release(kept, plan_of("A"), lambda slot: 0, RELEASE_AFTER_S)
    assert kept[("VIP", "B")] == 2
