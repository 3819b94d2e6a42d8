"""Two nodes in TCP mode, each with an HAProxy of its own, that tell each other which client is at which server."""

import contextlib
import itertools
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ftpair.haproxy.render import NOBODY
from ftpair.haproxy.reports import entries, has_learned
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, settings
from tests.interop.lab.laboratory import PROGRAMS
from tests.interop.lab.namespaces import Machines, documented, on_one_segment
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.servers.real_server import RealServer, Site
from tests.interop.lab.tcp_house import NAMES, PASSIVE, tcp_service

pytestmark = pytest.mark.interop
VIP = "10.0.0.10"
NODES = {"lb1": "10.0.0.1", "lb2": "10.0.0.2"}
SERVERS = ("10.0.0.11", "10.0.0.12")
CLIENTS = tuple(f"10.0.0.{number}" for number in range(101, 109))
_NUMBER = itertools.count()
PEERS = {name: f"{address}:10021" for name, address in NODES.items()}


@dataclass(frozen=True, slots=True)
class Street:
    """Two nodes before two servers, and the machine of all clients."""

    machines: Machines
    folder: Path
    nodes: dict[str, Balancer]
    servers: dict[str, RealServer]

    def start(self, name: str) -> None:
        """Start a node."""
        with self.machines.inside(name):
            self.nodes[name].start()

    def move_vip(self, to: str) -> None:
        """Give the VIP to a node, as keepalived does."""
        for name in NODES.keys() - {to}:
            self.machines.run(name, f"ip address flush dev eth0 to {VIP}")
        self.machines.run(to, f"ip address add {VIP}/32 dev eth0")
        self.machines.run("client", "ip neigh flush dev eth0")

    def visit(self, client: str) -> str:
        """Log in, fetch a file and leave; return the name of the server whose file it was."""
        server = self.servers["A"]  # Both know the same user.
        with self.machines.inside("client"), RawClient(VIP, CONTROL_PORT, source=client) as session:
            session.reply()
            session.log_in(server.user, server.password)
            with session.begin("RETR files/who") as data:
                content = data.recv(100)
            assert session.reply().startswith("226")
        return content.decode()

    def known(self, name: str) -> dict[str, str]:
        """Return what the HAProxy of a node remembers: the server of each client."""
        told = entries(self.asked(name, "show table S:pairs"))
        return {entry.client.removeprefix("::ffff:"): entry.server for entry in told if entry.client != NOBODY}

    def are_connected(self) -> bool:
        """Return whether the nodes speak with each other."""
        lines = self.asked("lb1", "show peers").splitlines()
        return any("id=lb2" in line and "last_status=ESTA" in line for line in lines)

    def can_teach(self, name: str) -> bool:
        """Return whether a node can hand on all that it knows."""
        return has_learned(self.asked(name, "show peers"))

    def asked(self, name: str, command: str) -> str:
        """Return what the HAProxy of a node answers."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(self.folder / name / "run" / "haproxy" / "runtime.sock"))
            sock.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: sock.recv(1 << 16), b"")).decode()


@pytest.fixture
def street(lab_folder: Path, authority: Authority) -> Iterator[Street]:
    """Both nodes serve, the first one has the VIP."""
    folder = lab_folder / f"nodes{next(_NUMBER)}"
    addresses = {name: (own,) for name, own in NODES.items()} | {"client": CLIENTS, "servers": SERVERS}
    with contextlib.ExitStack() as ends:
        machines = ends.enter_context(on_one_segment({k: [f"{each}/24" for each in v] for k, v in addresses.items()}))
        servers = {name: _server(folder / name, authority, own) for name, own in zip(NAMES, SERVERS, strict=True)}
        for name, server in servers.items():
            with machines.inside("servers"):
                ends.callback(server.stop)
                server.start()
            server.put("who", lambda path, name=name: path.write_text(name))
        nodes = {name: _node(name, folder, authority, tuple(servers.values())) for name in NODES}
        made = Street(machines, folder, nodes, servers)
        for name, node in nodes.items():
            machines.run(name, *documented("on-both-nodes", "tcp-mode.md"))
            ends.callback(node.stop)
            made.start(name)
        made.move_vip("lb1")
        await_that(made.are_connected)
        yield made


def _server(folder: Path, authority: Authority, address: str) -> RealServer:
    folder.mkdir(parents=True)
    identity = authority.issue(f"nodes-{address}", address)
    return RealServer(
        PROGRAMS["vsftpd"], Site(address, "clear", "1.3", identity, folder, advertised=VIP, passive=PASSIVE)
    )


def _node(name: str, folder: Path, authority: Authority, servers: tuple[RealServer, ...]) -> Balancer:
    """Return a node; the second one lists the servers the other way round, as its rows of them may be."""
    (folder / name).mkdir()
    service = tcp_service(VIP, servers, balance="round-robin")
    if name == "lb2":
        service["real_servers"] = dict(reversed(service["real_servers"].items()))
    haproxy = {"node": name, "peers": PEERS}
    return Balancer(folder / name, settings(folder, authority, {"S": service}, haproxy=haproxy, shutdown_timeout_s=0.5))


def await_that(is_so: Callable[[], bool], within_s: float = 15.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def test_clients_find_their_server_again_when_their_node_is_gone_and_when_it_is_back(street: Street) -> None:
    homes = {client: street.visit(client) for client in CLIENTS}
    assert set(homes.values()) == set(NAMES)
    await_that(lambda: street.known("lb2") == homes)  # Peers find each other within seconds of their start.
    street.nodes["lb1"].stop()
    street.move_vip("lb2")
    assert {client: street.visit(client) for client in CLIENTS} == homes
    await_that(lambda: street.can_teach("lb2"))
    street.start("lb1")
    await_that(lambda: street.known("lb1") == homes)
    street.move_vip("lb1")
    assert {client: street.visit(client) for client in reversed(CLIENTS)} == homes


def test_a_drain_on_the_second_node_forgets_the_clients_of_that_server_alone(street: Street) -> None:
    homes = {client: street.visit(client) for client in CLIENTS}
    await_that(lambda: street.known("lb2") == homes)
    street.nodes["lb2"].post("/services/S/servers/A/drain")
    at_the_other = {client: server for client, server in homes.items() if server == "B"}
    await_that(lambda: street.known("lb2") == at_the_other)
    street.nodes["lb1"].stop()
    street.move_vip("lb2")
    assert {street.visit(client) for client in CLIENTS} == {"B"}
