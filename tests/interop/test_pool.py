"""A pool of real servers behind one service: who serves, who is drained, and every kind of TLS towards them."""

import collections
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.clients.steps import Download, Way
from tests.interop.lab.laboratory import CLIENTS, new_server, way_to
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
POLICIES = ("least-sessions", "round-robin", "user-hash", "source-hash")


@dataclass(slots=True)
class Pool:
    """Three real servers, each with a file that has its name, behind one service for every policy."""

    servers: dict[str, RealServer]
    vips: dict[str, str]
    authority: Authority
    balancer: Balancer

    def session(self, policy: str, user: str = "interop") -> RawClient:
        """Return a client that has logged in through the service with that policy."""
        client = RawClient(self.vips[policy], CONTROL_PORT, self.authority.ca)
        client.auth()
        client.log_in(user)
        return client

    def named(self, client: RawClient) -> str:
        """Return the name in the file of the server that serves this session."""
        with client.begin("RETR files/name") as data:
            name = data.recv(100).decode()
            assert data.recv(100) == b""
        assert client.reply().startswith("226")
        return name


@pytest.fixture(scope="module")
def pool(lab_folder: Path, authority: Authority) -> Iterator[Pool]:
    """Run the servers and an ftpair before them."""
    folder = lab_folder / "pool"
    folder.mkdir()
    makes = {"SVR_1": "pyftpdlib", "SVR_2": "ProFTPD", "SVR_3": "Pure-FTPd"}
    servers = {name: new_server(folder, authority, make, "explicit") for name, make in makes.items()}
    entries = {name: entry(server.address, "explicit", authority.ca) for name, server in servers.items()}
    vips = {policy: fresh_address() for policy in POLICIES}
    services = {
        policy.replace("-", "_"): service(vip, entries, balance=policy, health={"check": "off"})
        for policy, vip in vips.items()
    }
    with contextlib.ExitStack() as ends:
        for name, server in servers.items():
            ends.callback(server.stop)
            server.start()
            server.put("name", lambda path, name=name: path.write_text(name))
        balancer = ends.enter_context(running(folder, settings(folder, authority, services)))
        yield Pool(servers, vips, authority, balancer)


def test_least_sessions_is_exact_over_all_workers(pool: Pool) -> None:
    with contextlib.ExitStack() as open_sessions:
        sessions: list[RawClient] = []
        while len(sessions) < 9 or len({row["worker"] for row in pool.balancer.sessions()}) < 2:
            assert len(sessions) < 30, "the kernel spreads sessions over the workers"
            sessions += [open_sessions.enter_context(pool.session("least-sessions")) for _ in range(3)]
        served = collections.Counter(pool.named(session) for session in sessions)
    assert served == dict.fromkeys(("SVR_1", "SVR_2", "SVR_3"), len(sessions) // 3)


def test_the_hashed_policies_keep_who_belongs_together_on_one_server(pool: Pool) -> None:
    for policy in ("user-hash", "source-hash"):
        with contextlib.ExitStack() as open_sessions:
            sessions = [open_sessions.enter_context(pool.session(policy)) for _ in range(4)]
            assert len({pool.named(session) for session in sessions}) == 1


def test_a_drained_server_keeps_its_sessions_and_gets_no_new_ones(pool: Pool) -> None:
    with contextlib.ExitStack() as open_sessions:
        before = [open_sessions.enter_context(pool.session("round-robin")) for _ in range(6)]
        names = [pool.named(session) for session in before]
        assert set(names) == set(pool.servers)
        said = pool.balancer.post("/services/round_robin/servers/SVR_2/drain")
        assert "SVR_2" in str(said)
        after = [open_sessions.enter_context(pool.session("round-robin")) for _ in range(6)]
        assert {pool.named(session) for session in after} == {"SVR_1", "SVR_3"}
        assert [pool.named(session) for session in before] == names, "new data connections included"
        pool.balancer.post("/services/round_robin/servers/SVR_2/online")
        again = [open_sessions.enter_context(pool.session("round-robin")) for _ in range(6)]
        assert "SVR_2" in {pool.named(session) for session in again}


def test_a_server_that_dies_is_passed_over_before_the_client_hears_of_it(
    lab_folder: Path, authority: Authority
) -> None:
    folder = lab_folder / "retry"
    folder.mkdir()
    servers = {name: new_server(folder, authority, "pyftpdlib") for name in ("DEAD", "ALIVE")}
    vip = fresh_address()
    entries = {name: entry(server.address) for name, server in servers.items()}
    services = {"retry": service(vip, entries, health={"check": "off"}, balance="round-robin")}
    servers["ALIVE"].start()
    try:
        with running(folder, settings(folder, authority, services)):
            for _ in range(4):
                with RawClient(vip, CONTROL_PORT, authority.ca) as client:
                    client.auth()
                    client.log_in()
    finally:
        servers["ALIVE"].stop()


@pytest.mark.parametrize("make", ["vsftpd", "ProFTPD"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_server_with_implicit_tls_serves_a_client_without_resumption(
    make: str, version: str, lab_folder: Path, authority: Authority, tmp_path: Path
) -> None:
    folder = lab_folder / f"implicit-{make}-{version}"
    folder.mkdir()
    server = new_server(folder, authority, make, "implicit", version)
    vip = fresh_address()
    pool = {"SVR": entry(server.address, "implicit", authority.ca)}
    server.start()
    try:
        with running(folder, settings(folder, authority, {"implicit": service(vip, pool)})) as balancer:
            source = server.put("one", files.fill(make, 100_000))
            way: Way = way_to(vip, "explicit", "1.3", authority.ca, server)
            outcomes = CLIENTS["ftplib"].run(way, [Download("files/one", tmp_path / "one")])
            assert outcomes[0].is_done, outcomes
            assert files.digest(tmp_path / "one") == files.digest(source)
            (transfer,) = balancer.await_records("transfer ended", 1)
            assert transfer["server_tls_resumed"]
    finally:
        server.stop()


def test_a_server_whose_certificate_is_not_trusted_gets_no_credentials(lab_folder: Path, authority: Authority) -> None:
    folder = lab_folder / "untrusted"
    folder.mkdir()
    (folder / "other").mkdir()
    stranger = Authority(folder / "other")
    server = new_server(folder, stranger, "ProFTPD", "explicit")
    vip = fresh_address()
    pool = {"SVR": entry(server.address, "explicit", authority.ca)}
    server.start()
    try:
        with (
            running(folder, settings(folder, authority, {"untrusted": service(vip, pool)})),
            RawClient(vip, CONTROL_PORT, authority.ca) as client,
        ):
            client.auth()
            assert client.ask("USER interop").startswith("4")
    finally:
        server.stop()
