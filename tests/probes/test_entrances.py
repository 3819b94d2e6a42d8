"""A server of TCP mode is probed at every entrance of its service."""

import asyncio

import pytest

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import HealthPlan, ServerPlan, ServerTls, ServicePlan, TcpServicePlan
from ftpair.probes.entrances import entrances_of, probe_all

PASSIVE = PortRange(1025, 1052)
VERIFIED = ServerTls("explicit", name="ftp.example.org", ca_pem=b"CA")


def tcp(server, explicit=21, implicit=990):
    return TcpServicePlan(
        "S", "192.0.2.10", PASSIVE, (server,), explicit, implicit, server_explicit=explicit, server_implicit=implicit
    )


def server(port, tls):
    return ServerPlan(1, "S", "A", Endpoint("10.0.0.11", port), tls=tls)


def places(service, probed):
    return [(each.address.port, each.tls.mode, each.tls.verify) for each in entrances_of(service, probed)]


@pytest.mark.parametrize(
    ("port", "mode", "expected"),
    [
        (21, "explicit", [(21, "explicit", True), (990, "implicit", True)]),
        (990, "implicit", [(990, "implicit", True), (21, "explicit", True)]),
        (21, "off", [(21, "off", True), (990, "implicit", False)]),
    ],
)
def test_both_entrances_are_probed_the_written_one_first(port, mode, expected):
    own = server(port, ServerTls(mode))
    assert places(tcp(own), own) == expected


def test_the_certificate_is_checked_alike_at_both():
    own = server(21, VERIFIED)
    _first, second = entrances_of(tcp(own), own)
    assert (second.tls.name, second.tls.ca_pem, second.name, second.slot) == ("ftp.example.org", b"CA", "A", 1)


def test_a_missing_close_notify_is_between_clients_and_servers_in_tcp_mode_alone():
    own = server(21, VERIFIED)
    assert {each.tls.close_notify for each in entrances_of(tcp(own), own)} == {"ignore"}
    of_ftp_mode = ServicePlan("F", "192.0.2.10", PASSIVE, (own,), explicit=21)
    assert [each.tls.close_notify for each in entrances_of(of_ftp_mode, own)] == ["require"]


def test_certificates_of_all_entrances_are_noted_each_once(scripted, authority, at, level):
    one, other = authority.issue("one.example.org"), authority.issue("other.example.org")

    async def scenario():
        async with scripted(certificate=one) as explicit, scripted(implicit=other) as implicit:
            first = at(explicit.port, mode="explicit", verify=False)
            second = at(implicit.port, mode="implicit", verify=False)
            return await probe_all((first, second), level("tls")), await probe_all((first, first), level("tls"))

    differing, alike = asyncio.run(scenario())
    assert [each.names for each in differing.certificates] == [("one.example.org",), ("other.example.org",)]
    assert [each.names for each in alike.certificates] == [("one.example.org",)]


def test_where_there_is_one_entrance_there_is_one_probe():
    explicit, implicit = server(21, ServerTls("explicit")), server(990, ServerTls("implicit"))
    assert places(tcp(explicit, implicit=None), explicit) == [(21, "explicit", True)]
    assert places(tcp(implicit, explicit=None), implicit) == [(990, "implicit", True)]
    of_ftp_mode = ServicePlan("F", "192.0.2.10", PASSIVE, (explicit,), explicit=21, implicit=990)
    assert places(of_ftp_mode, explicit) == [(21, "explicit", True)]


def test_a_server_passes_if_it_passes_at_every_entrance(scripted, at, level, authority):
    async def scenario():
        async with scripted() as clear, scripted(implicit=authority.issue("127.0.0.1")) as secured:
            tls = {"name": "127.0.0.1", "ca_pem": authority.pem}
            first, second = at(clear.port), at(secured.port, mode="implicit", **tls)
            both = await probe_all((first, second), level("banner"))
            secured.greeting = b"421 full\r\n"
            half = await probe_all((first, second), level("banner"))
            return both, half, secured.port

    both, half, port = asyncio.run(scenario())
    assert (both.passed, both.reason, both.features) == (True, "greeting received", ("UTF8", "MLST type*;size*;"))
    assert both.seconds > 0
    assert (half.passed, half.reason) == (False, f"port {port}: greeting was 421 full")


def test_a_reason_that_both_have_is_told_once(at, level):
    gone = at(1), at(2)
    assert asyncio.run(probe_all(gone, level("tcp"))).reason == "connect refused"


def test_reasons_that_differ_are_told_with_their_ports(scripted, at, level):
    async def scenario():
        async with scripted(greeting=b"421 full\r\n") as server:
            return server.port, await probe_all((at(server.port), at(1)), level("banner"))

    port, outcome = asyncio.run(scenario())
    assert outcome.reason == f"port {port}: greeting was 421 full; port 1: connect refused"


def test_entrances_are_checked_at_the_same_time(rude, at):
    """Two silent ones take the time of one."""

    async def silent(_reader, writer):
        await asyncio.sleep(2)
        writer.close()

    async def scenario():
        async with rude(silent) as one, rude(silent) as other:
            return await probe_all((at(one), at(other)), HealthPlan("banner", timeout_s=0.4))

    outcome = asyncio.run(scenario())
    assert (outcome.passed, outcome.reason) == (False, "no greeting within 0.4 s")
    assert outcome.seconds < 0.7
