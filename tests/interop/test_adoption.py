"""The supervisor is killed or upgraded in the middle of large transfers: real servers, both modes, both engines."""

import hashlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.servers.real_server import RealServer
from tests.interop.lab.tcp_house import house
from tests.interop.test_bad_days import eventually, node_with

pytestmark = pytest.mark.interop
BIG = 200 << 20
CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Place:
    """A node of any kind, and a real server behind it."""

    vip: str
    authority: Authority
    server: RealServer
    balancer: Balancer

    def session(self) -> RawClient:
        """Return a client that has logged in, everything protected."""
        client = RawClient(self.vip, CONTROL_PORT, self.authority.ca, "1.2")
        client.auth()
        client.log_in(self.server.user, self.server.password)
        return client

    def begin(self, client: RawClient, command: str) -> socket.socket:
        """Begin a transfer, its TLS resumed."""
        data = client.connect_data(client.passive())
        reply = client.ask(command)
        assert reply.startswith("1"), reply
        return client.secure_data(data, resume=True)

    def pids(self) -> set[int]:
        """Return the workers by their process ids."""
        return set(self.balancer.worker_pids())


@pytest.fixture(params=["FTP mode", "builtin", "haproxy"])
def place(request: pytest.FixtureRequest, lab_folder: Path, authority: Authority) -> Iterator[Place]:
    folder = lab_folder / f"adoption-{time.monotonic_ns()}"
    if request.param == "FTP mode":
        with node_with("ProFTPD", "explicit", folder, authority) as node:
            yield Place(node.vip, authority, node.server, node.balancer)
    else:
        make = ("ProFTPD", "explicit")
        with house(folder, authority, make, request.param, "source", server_ca=str(authority.ca)) as home:
            yield Place(home.vip, authority, home.servers[0], home.balancer)


def killed(place: Place) -> None:
    """Kill the supervisor, let new clients come, start the next one."""
    before = place.pids()
    place.balancer.kill_supervisor()
    for _ in range(3):
        with place.session() as newcomer:
            assert newcomer.ask("NOOP").startswith("2")
    place.balancer.restart()
    assert place.pids() == before, "the same workers"


def upgraded(place: Place) -> None:
    """Let what is installed take over, and new clients come."""
    before, started = place.pids(), place.balancer.began()
    place.balancer.post("/upgrade")
    assert eventually(lambda: place.balancer.began() not in (0.0, started), 60)
    for _ in range(3):
        with place.session() as newcomer:
            assert newcomer.ask("NOOP").startswith("2")
    assert (
        not {worker["pid"] for worker in place.balancer.ask("/status")["workers"] if not worker["is_former"]} & before
    )


def sha256_of_rest(data: socket.socket, begun: bytes) -> str:
    digest = hashlib.sha256(begun)
    while piece := data.recv(CHUNK):
        digest.update(piece)
    return digest.hexdigest()


@pytest.mark.parametrize("strike", [killed, upgraded])
def test_a_large_download_goes_on_and_is_whole(place: Place, strike: Callable[[Place], None]) -> None:
    place.server.put("big", files.fill("big", BIG))
    with place.session() as client:
        data = place.begin(client, "RETR files/big")
        begun = data.recv(CHUNK)
        strike(place)
        assert eventually(lambda: len(place.balancer.sessions()) == 1, 5)
        assert eventually(lambda: place.balancer.ask("/services")[0]["sessions"] == 1, 5)
        whole = sha256_of_rest(data, begun)
        assert client.reply().startswith("226")
        assert whole == files.digest(place.server.site.files / "big")
        with place.begin(client, "NLST files") as listing:
            assert sha256_of_rest(listing, b"")
        assert client.reply().startswith("226"), "and the session goes on"


@pytest.mark.parametrize("strike", [killed, upgraded])
def test_a_large_upload_goes_on_and_is_whole(place: Place, strike: Callable[[Place], None], tmp_path: Path) -> None:
    files.fill("up", BIG)(tmp_path / "up")
    with place.session() as client, (tmp_path / "up").open("rb") as source:
        data = place.begin(client, "STOR files/up")
        data.sendall(source.read(CHUNK))
        strike(place)
        while piece := source.read(CHUNK):
            data.sendall(piece)
        data.unwrap() if hasattr(data, "unwrap") else None
        data.close()
        assert client.reply().startswith("226")
    assert files.digest(place.server.site.files / "up") == files.digest(tmp_path / "up")
