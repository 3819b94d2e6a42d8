"""Every client through ftpair to a look-alike of IIS: `server_close_notify: ignore` is all that has to be set."""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.clients.steps import List
from tests.interop.lab.laboratory import CLIENTS, way_to
from tests.interop.lab.operations import OPERATIONS, Case
from tests.interop.lab.pairwise import pairwise
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain
from tests.interop.lab.servers.iis_like import IisLike
from tests.interop.lab.servers.real_server import RealServer, Site

pytestmark = pytest.mark.interop
LEGS = {"clear": ("clear", "1.3"), "1.2": ("explicit", "1.2"), "1.3": ("explicit", "1.3")}
FACTORS: dict[str, list[Any]] = {
    "client": list(CLIENTS),
    "entrance": ["explicit", "implicit"],
    "version": ["1.2", "1.3"],
    "leg": list(LEGS),
    "size": [0, 16385, 3_000_001],
    "operation": list(OPERATIONS),
}


@dataclass(slots=True)
class Windows:
    """A look-alike for each leg, each behind its service."""

    servers: dict[str, RealServer]
    vips: dict[str, str]
    authority: Authority
    balancer: Balancer

    def session(self, leg: str, user: str = "interop", version: str = "1.3") -> RawClient:
        """Return a client that has logged in."""
        client = RawClient(self.vips[leg], CONTROL_PORT, self.authority.ca, version)
        client.auth()
        client.log_in(user)
        return client


@pytest.fixture(scope="module")
def windows(lab_folder: Path, authority: Authority) -> Iterator[Windows]:
    folder = lab_folder / "windows"
    servers = {}
    for leg, (tls, version) in LEGS.items():
        address = fresh_address()
        place = folder / leg
        place.mkdir(parents=True)
        site = Site(address, tls, version, authority.issue(f"iis-{leg}", address), place)
        servers[leg] = RealServer(IisLike("unix" if leg == "1.3" else "dos"), site)
    vips = {leg: fresh_address() for leg in servers}
    services = {
        f"IIS_{leg.replace('.', '')}": service(
            vips[leg],
            {"SVR": entry(server.address, server.site.tls, authority.ca)},
            server_close_notify="ignore",
            health={"check": "login", "user": server.user, "password_file": _password(folder, server)},
        )
        for leg, server in servers.items()
    }
    try:
        for server in servers.values():
            server.start()
        with running(folder, settings(folder, authority, services)) as balancer:
            yield Windows(servers, vips, authority, balancer)
    finally:
        for server in servers.values():
            server.stop()


def _password(folder: Path, server: RealServer) -> str:
    path = folder / f"password-{server.address}"
    path.touch(mode=0o600)
    path.write_text(server.password)
    return str(path)


@pytest.mark.parametrize(
    "row", pairwise(FACTORS), ids=lambda row: "-".join(str(each).replace(" ", "_") for each in row.values())
)
def test_a_session_with_iis_moves_whole_files(windows: Windows, row: dict[str, Any], tmp_path: Path) -> None:
    server = windows.servers[row["leg"]]
    case = Case(tmp_path.name, row["size"], tmp_path, server)
    operation = OPERATIONS[row["operation"]]
    way = way_to(windows.vips[row["leg"]], row["entrance"], row["version"], windows.authority.ca, server)
    try:
        operation.check(case, CLIENTS[row["client"]].run(way, operation.steps(case)))
    finally:
        server.clear()


@pytest.mark.parametrize("leg", list(LEGS))
@pytest.mark.parametrize("client", list(CLIENTS))
def test_listings_of_both_styles_arrive_as_they_are(windows: Windows, client: str, leg: str, tmp_path: Path) -> None:
    server = windows.servers[leg]
    server.put("a file.txt", files.fill("x", 12345))
    way = way_to(windows.vips[leg], "explicit", "1.3", windows.authority.ca, server)
    try:
        (outcome,) = CLIENTS[client].run(way, [List("files")])
    finally:
        server.clear()
    assert outcome.is_done, outcome
    assert "a file.txt" in outcome.text


def test_the_probe_logs_in_at_iis_too(windows: Windows) -> None:
    servers = [server for each in windows.balancer.ask("/services") for server in each["servers"]]
    assert [server["health"] for server in servers] == ["up"] * len(LEGS)


@pytest.mark.parametrize("leg", list(LEGS))
def test_a_noop_during_a_transfer_is_answered_after_it(windows: Windows, leg: str) -> None:
    windows.servers[leg].put("big", files.fill("big", 8 << 20))
    with windows.session(leg) as client:
        data = client.begin("RETR files/big")
        client.say("NOOP")
        with data:
            assert drain(data) == (8 << 20, True)
        assert client.reply().startswith("226")
        assert client.reply().startswith("200")


@pytest.mark.parametrize("leg", list(LEGS))
def test_a_user_may_name_the_site_in_front(windows: Windows, leg: str) -> None:
    with windows.session(leg, "site.example.org|interop") as client:
        assert client.ask("PWD").startswith("257")


def test_host_reaches_the_server_before_the_login(windows: Windows) -> None:
    with RawClient(windows.vips["1.3"], CONTROL_PORT, windows.authority.ca) as client:
        client.auth()
        assert client.ask("HOST ftp.example.org").startswith("220")
        client.log_in()
        # Once logged in, IIS itself refuses it: this is the server's own reply.
        assert client.ask("HOST ftp.example.org").startswith("503")


def test_protection_is_arranged_in_the_order_that_iis_wants(windows: Windows) -> None:
    with windows.session("1.2") as client:
        data = client.begin("LIST files")
        with data:
            drain(data)
        assert client.reply().startswith("226")


def test_the_four_lines_of_a_missing_file_arrive_whole(windows: Windows) -> None:
    with windows.session("1.2") as client:
        client.passive()
        reply = client.ask("RETR files/absent")
    assert reply.startswith("550-The system cannot find")
    assert reply.count("\r\n") == 4
    assert reply.endswith("550 End\r\n")


@pytest.mark.parametrize("leg", list(LEGS))
def test_the_look_alike_rests_until_the_client_leaves_and_then_forgets_it(windows: Windows, leg: str) -> None:
    server = windows.servers[leg]
    server.put("a.txt", files.fill("rest", 1000))
    ca = windows.authority.ca if leg != "clear" else None
    with RawClient(server.address, CONTROL_PORT, ca, LEGS[leg][1]) as client:
        client.auth() if ca else client.reply()
        client.log_in()
        data = client.begin("RETR files/a.txt")
        drain(data)
        assert client.reply().startswith("226")
        socket.socket.sendall(data, b"more than was asked for")  # Below TLS, which IIS ends without a close_notify.
        assert busy_s(server.pid, within_s=0.5) < 0.1
        data.close()
        assert busy_s(server.pid, within_s=0.5) < 0.1
        assert "Data connection open" not in client.ask("STAT")


def busy_s(pid: int, within_s: float) -> float:
    """Return how long a process keeps a processor busy within a while, in seconds."""
    begin = processor_ns(pid)
    time.sleep(within_s)
    return (processor_ns(pid) - begin) / 1e9


def processor_ns(pid: int) -> int:
    """Return how long a process of one thread has been on a processor since it began (proc(5), schedstat)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
