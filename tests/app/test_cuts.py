"""Every child is told its own cut of the plan, and no secret of another's work."""

import msgspec

from ftpair.app.cuts import for_prober, for_worker
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import Certificate, ClientTls, HealthPlan, Plan, ServerPlan, ServicePlan

SERVICE = ServicePlan(
    "VIP",
    "127.0.0.1",
    PortRange(20000, 20001),
    (ServerPlan(1, "VIP", "FTP_SVR1", Endpoint("10.0.0.1", 21)),),
    explicit=21,
    tls=ClientTls(Certificate("files", b"chain", b"the private key", not_after=1.0)),
    health=HealthPlan(check="login", user="probe", password="the probe's password"),
)
PLAN = Plan(3, 2, (SERVICE,))


def test_a_worker_gets_everything_but_the_probes():
    assert b"the probe's password" not in msgspec.msgpack.encode(for_worker(PLAN))
    assert for_worker(PLAN).services[0] == msgspec.structs.replace(SERVICE, health=HealthPlan())


def test_the_prober_gets_everything_but_the_clients_tls():
    assert b"the private key" not in msgspec.msgpack.encode(for_prober(PLAN))
    assert for_prober(PLAN).services[0] == msgspec.structs.replace(SERVICE, tls=None)
