"""Every child is told its own cut of the plan, and no secret of another's work."""

import msgspec

from ftpair.app.cuts import for_examiner, for_prober, for_worker
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import Certificate, ClientTls, HealthPlan, Plan, ServerPlan, ServicePlan, TcpServicePlan

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


def test_an_examiner_gets_its_service_alone_and_none_of_its_keys():
    further = Certificate("sni", b"chain", b"the private key", not_after=1.0)
    service = msgspec.structs.replace(SERVICE, tls=msgspec.structs.replace(SERVICE.tls, certificates=(further,)))
    tcp = TcpServicePlan("TCP", "127.0.0.2", PortRange(20000, 20001), SERVICE.servers, explicit=21)
    plan = Plan(3, 2, (service, msgspec.structs.replace(SERVICE, name="CLEAR", tls=None)), tcp_services=(tcp,))
    cut = for_examiner(plan, service)
    assert b"the private key" not in msgspec.msgpack.encode(cut)
    assert [each.name for each in cut.all_services] == ["VIP"]
    assert cut.services[0].tls.minimum_version == service.tls.minimum_version
    assert for_examiner(plan, plan.services[1]).all_services == (plan.services[1],)
    assert for_examiner(plan, tcp).all_services == (tcp,)
