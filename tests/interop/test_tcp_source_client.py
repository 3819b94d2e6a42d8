"""`source: client` in TCP mode, with both engines, on three machines routed by the commands of the documentation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import running, settings
from tests.interop.lab.clients.steps import Download, Upload
from tests.interop.lab.laboratory import CLIENTS, PROGRAMS, way_to
from tests.interop.lab.namespaces import CLIENT, CLIENT6, SERVER, SERVER6, VIP, VIP6, WATCHED, Machines, routed
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.servers.real_server import RealServer, ServerTls, Site
from tests.interop.lab.tcp_house import PASSIVE, Engine, Pairing, tcp_service

pytestmark = pytest.mark.interop
SIZE = 3_000_000
OTHERS = {"10.0.0.1", "2001:db8:2::1", SERVER, SERVER6}
"""The balancer's addresses towards the server, from where health checks come, and who looks whether it listens."""


@pytest.fixture
def network() -> Iterator[Machines]:
    """The machines; the server's kernel writes down who connects."""
    with routed() as made:
        made.run("server", *WATCHED)
        yield made


@pytest.mark.parametrize(
    ("engine", "pairing", "make", "tls", "client", "version"),
    [
        ("haproxy", "source", "vsftpd", "explicit", "lftp", "1.3"),
        ("haproxy", "port", "ProFTPD", "implicit", "curl", "1.2"),
        ("builtin", "source", "ProFTPD", "implicit", "curl", "1.2"),
        ("builtin", "port", "vsftpd", "explicit", "lftp", "1.3"),
    ],
)
def test_the_server_sees_the_client_s_own_address_on_every_connection(
    engine, pairing, make, tls, client, version, network, lab_folder, authority
):
    server = _server(lab_folder / f"tcp-source-{engine}-{pairing}", authority, make, tls, (SERVER, VIP))
    _exchange(server, engine, pairing, client, version, network, authority)
    assert _clients(network) == {CLIENT}


@pytest.mark.parametrize("engine", ["haproxy", "builtin"])
def test_ipv6_clients_keep_their_address_too(engine, network, lab_folder, authority):
    server = _server(lab_folder / f"tcp-source6-{engine}", authority, "ProFTPD", "explicit", (SERVER6, VIP6))
    _exchange(server, engine, "source", "lftp", "1.3", network, authority)
    assert _clients(network) == {CLIENT6}


def _clients(network: Machines) -> set[str]:
    """Return who came to the server beside the health checks, once it is sure that data connections came too."""
    arrivals = network.arrivals("server")
    data = {source for source, port in arrivals if port in range(PASSIVE[0], PASSIVE[1] + 1)}
    control = {source for source, port in arrivals if port == CONTROL_PORT} - OTHERS
    assert data and control, arrivals
    return data | control


def _server(folder: Path, authority: Authority, make: str, tls: ServerTls, own_and_vip: tuple[str, str]) -> RealServer:
    (folder / "server").mkdir(parents=True)
    own, vip = own_and_vip
    identity = authority.issue(folder.name, own, vip)
    return RealServer(
        PROGRAMS[make], Site(own, tls, "1.3", identity, folder / "server", advertised=vip, passive=PASSIVE)
    )


def _exchange(
    server: RealServer,
    engine: Engine,
    pairing: Pairing,
    client: str,
    version: Any,
    network: Machines,
    authority: Authority,
) -> None:
    """Move a file down and one up, from the client's machine over the balancer's to the server's."""
    folder, vip = server.site.folder.parent, server.site.advertised
    wanted = tcp_service(vip, (server,), engine, pairing, source="client", server_ca=str(authority.ca))
    try:
        with network.inside("server"):
            server.start()
        source, there = server.put("down", files.fill("down", SIZE)), folder / "up"
        files.fill("up", SIZE)(there)
        with network.inside("balancer"), running(folder, settings(folder, authority, {"S": wanted})) as balancer:
            with network.inside("client"):
                steps = [Download("files/down", folder / "down"), Upload(there, "files/up")]
                outcomes = CLIENTS[client].run(way_to(vip, server.site.tls, version, authority.ca, server), steps)
            assert all(each.is_done for each in outcomes), (outcomes, balancer.log(), server.log())
        assert files.digest(folder / "down") == files.digest(source)
        assert files.digest(server.take("up")) == files.digest(there)
    finally:
        server.stop()
