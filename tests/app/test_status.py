"""Why a service serves, or does not."""

import asyncio
import time

import msgspec
import pytest

from ftpair.app.admin import Wish
from ftpair.app.status import node_gauges, node_status
from ftpair.core.drain import Drain
from ftpair.core.messages import Beat
from ftpair.core.plan import Certificate, ClientTls, ServerTls
from ftpair.core.status import Admin, Health, Sample, ServerCertificate, ServerState

DOWN = ServerState(health=Health.DOWN, reason="down: connect refused")


def drain(node, server):
    node.states.set_admin(server, Wish(Admin.DRAIN, Drain()))


def bring_down(node, server):
    node.states.hear(server.slot, DOWN, 1)


@pytest.mark.parametrize(
    ("one", "two", "is_serving", "reason"),
    [
        (None, None, True, "2 of 2 servers take new sessions"),
        (drain, None, True, "1 of 2 servers take new sessions"),
        (drain, bring_down, False, "FTP_SVR1 is drained, FTP_SVR2 is down"),
        (bring_down, bring_down, False, "all 2 servers are down"),
    ],
)
def test_a_service_says_why_it_serves_or_not(site, one, two, is_serving, reason):
    async def scenario():
        async with site.running() as node:
            for happen, server in zip((one, two), node.plan.services[0].servers, strict=True):
                if happen:
                    happen(node, server)
            (service,) = node_status(node).services
            assert (service.is_serving, service.reason) == (is_serving, reason)

    asyncio.run(scenario())


def test_a_node_without_a_ready_worker_serves_nothing(site):
    async def scenario():
        node = site.node()
        status = node_status(node)
        assert not status.is_ready
        assert (status.services[0].is_serving, status.services[0].reason) == (False, "no worker is ready")
        node.is_draining = True
        assert node_status(node).services[0].reason == "ftpair is stopping"
        node.close()

    asyncio.run(scenario())


def test_when_every_worker_refuses_new_sessions_nothing_serves_them(site):
    async def scenario():
        async with site.running() as node:
            first, *others = range(len(node.workers))

            def short(number, *shortages):
                gauges = tuple(Sample("overload", (str(number), shortage), 1.0) for shortage in shortages)
                node.figures.hear(node.workers[number].name, Beat((), gauges))

            for number in others:
                short(number)
            short(first, "memory")
            status = node_status(node)
            assert status.workers[first].shortages == ("memory",)
            assert status.services[0].is_serving is bool(others)
            for number in others:
                short(number, "loop-lag", "memory")
            refused = (False, "new sessions are refused: it cannot keep up, too little memory is available")
            (service,) = node_status(node).services
            assert (service.is_serving, service.reason) == refused

    asyncio.run(scenario())


def test_the_machine_tells_of_dropped_connections(site):
    async def scenario():
        node = site.node()
        (overflows,) = [gauge.value for gauge in node_gauges(node) if gauge.name == "listen_overflows_total"]
        assert overflows >= 0
        node.close()

    asyncio.run(scenario())


def test_every_certificate_of_a_service_is_told_once_with_its_days(site):
    def certificate(name, days):
        return Certificate(name, b"", b"", time.time() + days * 86400 + 3600)

    async def scenario():
        node = site.node()
        tls = ClientTls(certificate("files", 10), certificates=(certificate("old", -2),))
        server = msgspec.structs.replace(
            node.plan.services[0].servers[0], tls=ServerTls("explicit", certificate=certificate("own", 0))
        )
        again = msgspec.structs.replace(server, tls=ServerTls("explicit", certificate=certificate("files", 10)))
        service = msgspec.structs.replace(node.plan.services[0], tls=tls, servers=(server, again))
        node.plan = msgspec.structs.replace(node.plan, services=(service,))
        told = node_status(node).services[0].certificates
        assert [(each.name, each.days_left) for each in told] == [("files", 10), ("old", -2), ("own", 0)]
        ends = [gauge.labels for gauge in node_gauges(node) if gauge.name == "certificate_not_after_seconds"]
        assert ends == [("files",), ("old",), ("own",)]
        node.close()

    asyncio.run(scenario())


def test_the_certificate_that_a_server_shows_is_a_gauge_and_perhaps_a_warning(site):
    async def scenario():
        node = site.node()
        server = node.plan.services[0].servers[0]
        assert not [each for each in node_gauges(node) if each.name == "server_certificate_not_after_seconds"]
        ends = time.time() + 6.5 * 86400
        up = ServerState(health=Health.UP, certificates=(ServerCertificate(ends + 9), ServerCertificate(ends)))
        node.states.hear(server.slot, up, 1)
        (gauge,) = [each for each in node_gauges(node) if each.name == "server_certificate_not_after_seconds"]
        assert gauge == Sample("server_certificate_not_after_seconds", (server.service, server.name), ends)
        told = node_status(node).services[0].servers[0]
        assert told.warnings == (f"certificate of {server.name} expires in 6 days",)
        node.close()

    asyncio.run(scenario())


def test_a_certificate_of_two_services_is_one_gauge(site):
    async def scenario():
        node = site.node()
        tls = ClientTls(Certificate("files", b"", b"", not_after=1900000000.0))
        services = tuple(msgspec.structs.replace(node.plan.services[0], name=name, tls=tls) for name in ("A", "B"))
        node.plan = msgspec.structs.replace(node.plan, services=services)
        ends = [gauge for gauge in node_gauges(node) if gauge.name == "certificate_not_after_seconds"]
        assert ends == [Sample("certificate_not_after_seconds", ("files",), 1900000000.0)]
        node.close()

    asyncio.run(scenario())


def test_quorums_slow_starts_backups_and_ejections_are_told(site):
    async def scenario():
        node = site.node()
        first, second = node.plan.services[0].servers
        slow = msgspec.structs.replace(first, slow_start_s=1000.0)
        spare = msgspec.structs.replace(second, is_backup=True)
        service = msgspec.structs.replace(node.plan.services[0], servers=(slow, spare), quorums={"default": 1})
        node.plan = msgspec.structs.replace(node.plan, services=(service,))
        node.keep(node.plan, node.slots)
        bring_down(node, slow)
        (told,) = node_status(node).services
        assert [each.sentence for each in told.quorums] == [
            "quorum of pool default is lost: 0 of 2 servers available, 1 wanted"
        ]
        gauges = {(each.name, each.labels): each.value for each in node_gauges(node)}
        assert gauges["pool_quorum", ("VIP", "default")] == 0.0
        assert gauges["pool_servers_available", ("VIP", "default")] == 0.0
        node.states.hear(slow.slot, ServerState(health=Health.UP, reason="up: 220"), 1)
        front, back = node_status(node).services[0].servers
        assert (front.share, front.reason) == (1, "up: 220 (slow start, 1 %)")
        assert (back.is_backup, back.share) == (True, 100)
        assert node_status(node).services[0].quorums[0].is_met
        gauges = {(each.name, each.labels): each.value for each in node_gauges(node)}
        assert gauges["server_share", ("VIP", slow.name)] == 0.01
        node.states.eject(spare, "ejected for 30 s: 5 errors in a row (reset)", 0.0)
        assert node_status(node).services[0].servers[1].is_ejected
        said = [happening.sentence for happening in node.happenings.after(0)]
        assert said[1:] == [
            "quorum of pool default is lost: 0 of 2 servers available, 1 wanted",
            f"{slow.name} is up: 220",
            "quorum of pool default is met: 1 of 2 servers available, 1 wanted",
            f"{spare.name} is down: ejected for 30 s: 5 errors in a row (reset)",
        ]
        node.close()

    asyncio.run(scenario())
