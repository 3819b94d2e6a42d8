"""What left the plan: told of while sessions stay."""

from msgspec.structs import replace

from ftpair.app.former import Former
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import Plan, ServerPlan, ServicePlan


def service(name, slot, *servers):
    plans = tuple(ServerPlan(at, name, server, Endpoint("10.0.0.1", 21)) for at, server in enumerate(servers, slot + 1))
    return ServicePlan(name, "127.0.0.1", PortRange(50000, 50001), plans, explicit=21, slot=slot)


ONE, TWO = service("ONE", 0, "A", "B"), service("TWO", 10, "A")
KEYS = {("ONE", ""), ("ONE", "A"), ("ONE", "B"), ("TWO", ""), ("TWO", "A")}


def former(sessions, *plans):
    kept = Former(lambda slot: sessions.get(slot, 0))
    for services in plans:
        kept.use_plan(Plan(1, 1, services))
    return kept


def names(found):
    return [each.name for each in found]


def test_what_is_in_the_plan_is_not_former():
    kept = former({0: 2, 1: 2, 10: 1, 11: 1}, (ONE, TWO))
    assert (kept.services(), kept.servers("ONE"), kept.what_of("ONE", "A")) == ((), (), "")


def test_a_removed_service_is_told_of_with_its_servers_while_sessions_stay():
    sessions = {10: 1, 11: 1}
    kept = former(sessions, (ONE, TWO), (ONE,), (ONE,))
    assert kept.services() == (replace(TWO, servers=()),)
    assert names(kept.servers("TWO")) == ["A"]
    assert kept.what_of("TWO", "A") == "service"
    sessions.clear()
    assert (kept.services(), kept.servers("TWO")) == ((), ())


def test_a_removed_server_is_told_of_in_its_service():
    kept = former({0: 1, 2: 1}, (ONE,), (replace(ONE, servers=ONE.servers[:1]),))
    assert (kept.services(), names(kept.servers("ONE"))) == ((), ["B"])
    assert (kept.what_of("ONE", "B"), kept.what_of("ONE", "A")) == ("server", "")


def test_what_comes_back_is_not_former():
    kept = former({10: 1, 11: 1}, (ONE, TWO), (ONE,), (ONE, TWO))
    assert (kept.services(), kept.servers("TWO")) == ((), ())


def test_what_has_no_row_any_more_is_forgotten_for_its_row_may_be_that_of_another():
    kept = former({10: 1, 11: 1}, (ONE, TWO), (ONE,))
    kept.keep(KEYS)
    assert names(kept.services()) == ["TWO"]
    kept.keep(KEYS - {("TWO", ""), ("TWO", "A")})
    assert (kept.services(), kept.servers("TWO"), kept.what_of("TWO", "A")) == ((), (), "")
