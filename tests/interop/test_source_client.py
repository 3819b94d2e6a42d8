"""`source: client` on three machines, joined and routed by the very commands of docs/proxy-protocol.md."""

import ftplib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import entry, running, service, settings
from tests.interop.lab.clients.steps import Download, Upload
from tests.interop.lab.laboratory import CLIENTS, PROGRAMS, way_to
from tests.interop.lab.namespaces import CLIENT, CLIENT6, SERVER, SERVER6, VIP, VIP6, Machines, routed
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.servers.real_server import RealServer, Site

pytestmark = pytest.mark.interop
SIZE = 3_000_000


@pytest.fixture(scope="module")
def network() -> Iterator[Machines]:
    """The machines, routed as the documentation has it."""
    with routed() as made:
        yield made


@pytest.mark.parametrize(
    ("make", "tls", "entrance", "client"),
    [("vsftpd", "explicit", "explicit", "curl"), ("ProFTPD", "clear", "implicit", "ftplib")],
)
def test_the_server_sees_the_client_s_own_address(
    make: str, tls: Any, entrance: Any, client: str, network: Machines, lab_folder: Path, authority: Authority
) -> None:
    """Both servers take data connections from the address of the control connection alone."""
    folder = lab_folder / f"source-{make}"
    site = _site(folder, authority, SERVER, tls)
    _exchange(RealServer(PROGRAMS[make], site), VIP, entrance, client, network, authority)
    assert CLIENT in _logged(site)


def test_ipv6_clients_keep_their_address_too(network: Machines, lab_folder: Path, authority: Authority) -> None:
    site = _site(lab_folder / "source-ipv6", authority, SERVER6, "clear")
    _exchange(RealServer(PROGRAMS["pyftpdlib"], site), VIP6, "explicit", "ftplib", network, authority)
    assert CLIENT6 in _logged(site)


def test_a_server_that_connects_itself_meets_the_client_s_address(
    network: Machines, lab_folder: Path, authority: Authority
) -> None:
    """Its data connection goes to the client's address, and arrives at ftpair all the same."""
    folder = lab_folder / "source-active"
    server = RealServer(PROGRAMS["ProFTPD"], _site(folder, authority, SERVER, "clear"))
    wanted = service(VIP, {"SVR": entry(SERVER)}, source="client", tls={"clear_text": "allow"})
    try:
        with network.inside("server"):
            server.start()
        source = server.put("down", files.fill("active", SIZE))
        with network.inside("balancer"), running(folder, settings(folder, authority, {"ftp": wanted})):
            with network.inside("client"), ftplib.FTP(timeout=30) as client, (folder / "down").open("wb") as sink:
                client.connect(VIP, CONTROL_PORT)
                client.login(server.user, server.password)
                client.set_pasv(False)
                client.retrbinary("RETR files/down", sink.write)
        assert files.digest(folder / "down") == files.digest(source)
    finally:
        server.stop()


def _logged(site: Site) -> str:
    """Return all that a server has written down of its clients."""
    return "".join(path.read_text(errors="replace") for path in (site.log, site.folder / "transfers") if path.exists())


def _site(folder: Path, authority: Authority, address: str, tls: Any) -> Site:
    (folder / "server").mkdir(parents=True)
    return Site(address, tls, "1.3", authority.issue(f"source-{folder.name}", address), folder / "server")


def _exchange(
    server: RealServer, vip: str, entrance: Any, client: str, network: Machines, authority: Authority
) -> None:
    """Move a file down and one up, from the client's machine over the balancer's to the server's."""
    folder = server.site.folder.parent
    towards = entry(server.address, server.site.tls, authority.ca)
    wanted = service(vip, {"SVR": towards}, source="client", tls={"clear_text": "allow"})
    try:
        with network.inside("server"):
            server.start()
        source, there = server.put("down", files.fill("down", SIZE)), folder / "up"
        files.fill("up", SIZE)(there)
        with network.inside("balancer"), running(folder, settings(folder, authority, {"ftp": wanted})) as balancer:
            with network.inside("client"):
                steps = [Download("files/down", folder / "down"), Upload(there, "files/up")]
                outcomes = CLIENTS[client].run(way_to(vip, entrance, "1.3", authority.ca, server), steps)
            assert all(each.is_done for each in outcomes), (outcomes, balancer.log(), server.log())
        assert files.digest(folder / "down") == files.digest(source)
        assert files.digest(server.take("up")) == files.digest(there)
    finally:
        server.stop()
