"""Active mode with real clients and servers: every pair of client, server, TLS, `server_data` and family; S6."""

import itertools
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.clients.steps import DataMode, Entrance, Way
from tests.interop.lab.laboratory import CLIENTS, PROGRAMS, SERVER_LEGS, new_server
from tests.interop.lab.operations import OPERATIONS, Case
from tests.interop.lab.pairwise import Row, pairwise
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain
from tests.interop.lab.servers.real_server import RealServer, Site

pytestmark = pytest.mark.interop

SETTINGS = ("mirror", "passive", "active")
MAKES = ("vsftpd", "ProFTPD", "pyftpdlib")
CALLERS: dict[str, tuple[str, DataMode]] = {
    "curl": ("curl", "passive"),
    "curl-P": ("curl", "EPRT"),
    "curl-P-without-EPRT": ("curl", "PORT"),
    "lftp-active": ("lftp", "EPRT"),
    "ftplib-active": ("ftplib", "PORT"),
}
FACTORS: dict[str, list[Any]] = {
    "caller": list(CALLERS),
    "make": list(MAKES),
    "leg": list(SERVER_LEGS),
    "server_data": list(SETTINGS),
    "entrance": ["explicit", "implicit"],
    "version": ["1.2", "1.3"],
    "operation": ["RETR", "STOR", "LIST of an empty folder", "abort"],
}
SIZE = 3_000_001
WITHOUT_TLS = {"curl-P", "curl-P-without-EPRT"}
"""curl 7.88 begins no TLS on data connections that it accepts (curl issue 10666), so its sessions are clear."""
OPEN = {"clear_text": "allow"}
DOORS = "30000-30999"
"""Where servers may connect to in half of the services."""


class Ground:
    """Real servers of every make, each behind a service for every value of `server_data`."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.authority = authority
        self.servers = {
            (make, leg): new_server(folder, authority, make, *SERVER_LEGS[leg])
            for make, leg in itertools.product(MAKES, SERVER_LEGS)
        }
        self.vips = {key: fresh_address() for key in itertools.product(MAKES, SERVER_LEGS, SETTINGS)}
        services = {"-".join(key).replace(".", ""): self._service(key) for key in self.vips}
        self.settings = settings(folder, authority, services)
        self.balancer: Balancer

    def _service(self, key: tuple[str, str, str]) -> dict[str, Any]:
        make, leg, server_data = key
        server = self.servers[make, leg]
        pool = {"SVR": entry(server.address, server.site.tls, self.authority.ca)}
        doors = {"server_active_ports": DOORS} if leg == "clear" else {}
        return service(self.vips[key], pool, tls=OPEN, server_data=server_data, **doors)

    def way(self, row: Row) -> Way:
        """Return the way of a row."""
        key = row["make"], row["leg"], row["server_data"]
        server = self.servers[key[:2]]
        entrance = "clear" if row["caller"] in WITHOUT_TLS else row["entrance"]
        port = IMPLICIT_PORT if entrance == "implicit" else CONTROL_PORT
        _, data = CALLERS[row["caller"]]
        return Way(
            self.vips[key], port, entrance, row["version"], self.authority.ca, server.user, server.password, data
        )


@pytest.fixture(scope="module")
def ground(lab_folder: Path, authority: Authority) -> Iterator[Ground]:
    folder = lab_folder / "active"
    folder.mkdir()
    ground = Ground(folder, authority)
    try:
        for server in ground.servers.values():
            server.start()
        with running(folder, ground.settings) as balancer:
            ground.balancer = balancer
            yield ground
    finally:
        for server in ground.servers.values():
            server.stop()


def _sentence(row: Row) -> str:
    return "-".join(str(value) for value in row.values()).replace(" ", "_")


@pytest.mark.parametrize("row", pairwise(FACTORS), ids=_sentence)
def test_a_session_moves_whole_files(row: Row, ground: Ground, tmp_path: Path) -> None:
    play(ground.way(row), row, ground.servers[row["make"], row["leg"]], tmp_path)


def play(way: Way, row: Row, server: RealServer, here: Path) -> None:
    """Let one client do one operation in one session, then look at the disks on both sides."""
    case = Case(here.name, SIZE, here, server)
    operation = OPERATIONS[row["operation"]]
    client, _ = CALLERS[row["caller"]]
    try:
        operation.check(case, CLIENTS[client].run(way, operation.steps(case)))
    finally:
        server.clear()
        shutil.rmtree(here)


@pytest.mark.parametrize(
    ("server_data", "caller", "verb"),
    [
        ("mirror", "curl-P-without-EPRT", "PORT"),
        ("mirror", "curl-P", "EPRT"),
        ("mirror", "curl", "EPSV"),
        ("passive", "curl-P", "EPSV"),
        ("active", "curl", "EPRT"),
    ],
)
def test_the_server_is_asked_as_it_is_configured(
    ground: Ground, tmp_path: Path, server_data: str, caller: str, verb: str
) -> None:
    server = ground.servers["vsftpd", "clear"]
    before = len(server.log())
    row = {"make": "vsftpd", "leg": "clear", "server_data": server_data, "caller": caller, "operation": "STOR"}
    play(ground.way(row | {"entrance": "explicit", "version": "1.3"}), row, server, tmp_path)
    said = server.log()[before:]
    verbs = {each for each in ("PASV", "EPSV", "PORT", "EPRT") if f'FTP command: Client "127.0.0.1", "{each}' in said}
    assert verbs == {verb}, said


# IPv6 on either leg; there is one loopback address, so makes take turns.

FAMILIES = {"6-6": ("::1", True), "6-4": ("::1", False), "4-6": ("", True)}


class TwoFamilies:
    """One make of server on IPv4 and on IPv6, behind services of either family."""

    def __init__(self, folder: Path, authority: Authority, make: str) -> None:
        self.authority = authority
        label = f"{make}-ipv6"
        (folder / label).mkdir(parents=True)
        site = Site("::1", "explicit", "1.3", authority.issue(label, "::1"), folder / label)
        self.six = RealServer(PROGRAMS[make], site)
        self.four = new_server(folder, authority, make, "explicit")
        self.keys = list(itertools.product(FAMILIES, SETTINGS))
        services = {f"VIP_{number}": self._service(number) for number in range(len(self.keys))}
        self.settings = settings(folder, authority, services)

    def server(self, families: str) -> RealServer:
        """Return the server of a pair of families."""
        return self.six if FAMILIES[families][1] else self.four

    def _service(self, number: int) -> dict[str, Any]:
        families, server_data = self.keys[number]
        server = self.server(families)
        first = 21100 + 28 * number
        ports = {"explicit": 2200 + number, "passive": f"{first}-{first + 27}"}
        pool = {"SVR": entry(server.address, "explicit", self.authority.ca)}
        return service(FAMILIES[families][0] or fresh_address(), pool, tls=OPEN, server_data=server_data, ports=ports)

    def way(self, families: str, server_data: str, caller: str) -> Way:
        """Return the way to a service."""
        number = self.keys.index((families, server_data))
        vip = self.settings["virtual_services"][f"VIP_{number}"]["address"]
        server, data = self.server(families), CALLERS[caller][1]
        entrance: Entrance = "clear" if caller in WITHOUT_TLS else "explicit"
        return Way(vip, 2200 + number, entrance, "1.3", self.authority.ca, server.user, server.password, data)


@pytest.fixture(scope="module", params=MAKES)
def two_families(request: pytest.FixtureRequest, lab_folder: Path, authority: Authority) -> Iterator[TwoFamilies]:
    folder = lab_folder / f"families-{request.param}"
    folder.mkdir()
    ground = TwoFamilies(folder, authority, request.param)
    try:
        ground.six.start()
        ground.four.start()
        with running(folder, ground.settings):
            yield ground
    finally:
        ground.six.stop()
        ground.four.stop()


def _mixes() -> list[tuple[str, str]]:
    """Every client on every pair of families; on IPv6 PORT does not exist, and lftp says `EPRT |2|::|`: no address."""
    on_ipv4_only = {"curl-P-without-EPRT", "lftp-active"}
    mixes = itertools.product(FAMILIES, CALLERS)
    return [(families, caller) for families, caller in mixes if families == "4-6" or caller not in on_ipv4_only]


@pytest.mark.parametrize("server_data", SETTINGS)
@pytest.mark.parametrize(("families", "caller"), _mixes())
def test_every_mix_of_families_moves_whole_files(
    two_families: TwoFamilies, families: str, caller: str, server_data: str, tmp_path: Path
) -> None:
    way = two_families.way(families, server_data, caller)
    operation = {"mirror": "STOR", "passive": "RETR", "active": "STOR"}[server_data]
    play(way, {"caller": caller, "operation": operation}, two_families.server(families), tmp_path)


# S6 and the port that data leave from.


def bounces(victim: str, port: int, own: str) -> list[str]:
    """Return ways to ask for a connection to somebody else, or to a place where servers wait."""
    numbers, high = victim.replace(".", ","), f"{port >> 8},{port & 255}"
    return [
        f"PORT {numbers},{high}",
        f"EPRT |1|{victim}|{port}|",
        f"PORT {numbers.replace('127,', '0127,')},{high}",
        f"PORT {numbers.replace('127,', '383,')},{high}",
        f"EPRT |1|0{victim}|{port}|",
        f"EPRT |2|::ffff:{victim}|{port}|",
        f"EPRT |2|::1|{port}|",
        f"EPRT |1|{victim}|{port + 65536}|",
        f"EPRT |3|{victim}|{port}|",
        f"LPRT 4,4,{numbers},2,{high}",
        f"PORT {own.replace('.', ',')},0,25",
        f"EPRT |1|{own}|1023|",
    ]


def test_s6_no_connection_is_bounced_to_anybody(ground: Ground) -> None:
    vip = ground.vips["vsftpd", "clear", "mirror"]
    server = ground.servers["vsftpd", "clear"]
    victims = [fresh_address(), server.address, vip]
    with RawClient(vip, CONTROL_PORT, ground.authority.ca) as client:
        client.auth()
        client.log_in("anonymous", "x")
        own = client.sock.getsockname()[0]
        for victim in victims:
            with socket.create_server((victim, 0)) as listener:
                listener.settimeout(0.2)
                for line in bounces(victim, listener.getsockname()[1], own):
                    assert client.ask(line)[:4] in {"501 ", "502 ", "504 ", "522 "}, line
                    assert client.ask("LIST").startswith("425 "), line
                with pytest.raises(TimeoutError):
                    listener.accept()
    said = server.log()
    assert not any(f'"{verb} ' in said and victims[0].replace(".", ",") in said for verb in ("PORT", "EPRT"))


def retrieve_actively(client: RawClient, command: str) -> tuple[tuple[int, bool], tuple[str, int]]:
    """Download in active mode; return what came, and from where the connection came."""
    own = client.sock.getsockname()[0]
    with socket.create_server((own, 0)) as listener:
        listener.settimeout(20)
        assert client.ask(f"EPRT |1|{own}|{listener.getsockname()[1]}|").startswith("200")
        assert client.ask(command).startswith("1")
        data, peer = listener.accept()
    with client.secure_data(data) if isinstance(client.sock, ssl.SSLSocket) else data as secured:
        return drain(secured), peer


def test_data_leave_from_port_20_of_the_vip(lab_folder: Path, authority: Authority) -> None:
    folder = lab_folder / "port20"
    folder.mkdir()
    server = new_server(folder, authority, "vsftpd", "clear")
    vip = fresh_address()
    services = {"VIP": service(vip, {"SVR": entry(server.address)}, active_source_port=20)}
    try:
        server.start()
        server.put("a", lambda path: path.write_bytes(b"x" * SIZE))
        with (
            running(folder, settings(folder, authority, services)),
            RawClient(vip, CONTROL_PORT, authority.ca) as client,
        ):
            client.auth()
            client.log_in("anonymous", "x")
            for _ in range(3):
                came, peer = retrieve_actively(client, "RETR files/a")
                assert came == (SIZE, True)
                assert peer[:2] == (vip, 20)
                assert client.reply().startswith("226 ")
    finally:
        server.stop()
