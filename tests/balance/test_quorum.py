"""A quorum counts who may be given new sessions, without those who only step in."""

import pytest

from ftpair.balance.quorum import available, quorums
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.core.status import Admin, Health, ServerState

DOWN = ServerState(health=Health.DOWN)
DRAINED = ServerState(admin=Admin.DRAIN, health=Health.UP)


def server(slot, **more):
    return ServerPlan(slot=slot, service="ftp", name=f"FTP_SVR{slot}", address=Endpoint("10.0.0.1", 21), **more)


SERVERS = (server(1), server(2), server(3), server(4, is_backup=True), server(5, weight=0), server(6, pool="new"))


def service(**wanted):
    return ServicePlan("ftp", "192.0.2.10", PortRange(1025, 1052), SERVERS, quorums=wanted)


@pytest.mark.parametrize(("states", "count"), [({}, 4), ({1: DOWN}, 3), ({1: DOWN, 2: DRAINED}, 2), ({4: DOWN}, 4)])
def test_who_is_down_drained_a_backup_or_of_weight_0_is_not_available(states, count):
    assert available(SERVERS, states) == count


def test_each_pool_has_a_quorum_of_its_own():
    lost, met = quorums(service(default=2, new=1), {1: DOWN, 2: DOWN})
    assert (lost.pool, lost.is_met, lost.available, lost.quorum) == ("default", False, 1, 2)
    assert lost.sentence == "quorum of pool default is lost: 1 of 5 servers available, 2 wanted"
    assert met.sentence == "quorum of pool new is met: 1 of 1 server available, 1 wanted"


def test_without_a_quorum_there_is_nothing_to_say():
    assert quorums(service(), {1: DOWN, 2: DOWN, 3: DOWN}) == ()
