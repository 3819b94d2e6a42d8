"""Bad days of a whole node with real servers: whatever dies, a file that is not whole never looks whole."""

import contextlib
import os
import re
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.daemon import descendants
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain, reset
from tests.interop.lab.scripted_server import Conversation, ScriptedServer
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
BIG = 64 << 20
NOT_PROBED = {"health": {"check": "off"}}


@dataclass(slots=True)
class Node:
    """A real server behind an ftpair of its own."""

    vip: str
    authority: Authority
    server: RealServer
    balancer: Balancer

    def session(self, version: str = "1.3") -> RawClient:
        """Return a client that has logged in, everything protected."""
        client = RawClient(self.vip, CONTROL_PORT, self.authority.ca, version)
        client.auth()
        client.log_in(self.server.user, self.server.password)
        return client

    def big_file(self) -> str:
        """Place a file that no socket buffer can hold, and return its path as clients say it."""
        self.server.put("big", lambda path: files.sparse(path, BIG))
        return "files/big"


@pytest.fixture(params=["vsftpd clear", "ProFTPD explicit"])
def node(request: pytest.FixtureRequest, lab_folder: Path, authority: Authority) -> Iterator[Node]:
    make, tls = request.param.split()
    with node_with(make, tls, lab_folder / f"node-{time.monotonic_ns()}", authority) as node:
        yield node


@contextlib.contextmanager
def node_with(make: str, tls: str, folder: Path, authority: Authority, **more: object) -> Iterator[Node]:
    """Run a server of that make and an ftpair before it."""
    folder.mkdir()
    server = new_server(folder, authority, make, tls)
    vip = fresh_address()
    services = {"bad_days": service(vip, {"SVR": entry(server.address, tls, authority.ca)}, **(NOT_PROBED | more))}
    server.start()
    try:
        with running(folder, settings(folder, authority, services)) as balancer:
            yield Node(vip, authority, server, balancer)
    finally:
        server.stop()


def eventually(is_so: Callable[[], bool], within_s: float) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def connections_with(address: str) -> int:
    """Count the established TCP connections of this machine that have this address on either side."""
    wanted = bytes(reversed(socket.inet_aton(address))).hex().upper()
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[3] == "01" and wanted in (row[1][:8], row[2][:8]) for row in rows)


def test_a_server_that_dies_in_a_download_gives_426_and_a_reset(node: Node) -> None:
    with node.session() as client:
        data = client.begin(f"RETR {node.big_file()}")
        assert data.recv(65536)
        node.server.kill()
        taken, ended = drain(data)
        assert not ended
        assert taken < BIG
        assert client.reply().startswith("426")
        assert client.reply().startswith("421"), "without its server the session ends"


def test_a_server_that_dies_in_an_upload_gives_426_and_a_broken_connection(node: Node) -> None:
    with node.session() as client:
        data = client.begin("STOR files/upload")
        data.sendall(b"x" * 65536)
        time.sleep(0.2)
        node.server.kill()
        with pytest.raises(OSError):
            for _ in range(1000):
                data.sendall(b"x" * 65536)
        assert client.reply().startswith("426")


@pytest.mark.parametrize("way", ["reset", "FIN"])
@pytest.mark.parametrize("command", ["RETR", "STOR"])
def test_everything_of_a_client_that_vanishes_is_closed_within_5_seconds(node: Node, command: str, way: str) -> None:
    leave = reset if way == "reset" else socket.socket.close
    client = node.session()
    data = client.begin(f"RETR {node.big_file()}" if command == "RETR" else "STOR files/upload")
    assert data.recv(65536) if command == "RETR" else data.send(b"x" * 65536)
    assert len(node.balancer.sessions()) == 1
    leave(data)
    leave(client.sock)
    assert eventually(lambda: connections_with(node.server.address) == 0, 5), "no connection to the server is left"
    assert eventually(lambda: not node.balancer.sessions(), 5)
    assert connections_with(node.vip) == 0


def test_the_control_connection_alone_takes_its_transfer_with_it(node: Node) -> None:
    client = node.session()
    data = client.begin(f"RETR {node.big_file()}")
    reset(client.sock)
    assert eventually(lambda: connections_with(node.server.address) == 0, 5)
    assert drain(data)[1] is False


def test_a_full_passive_range_is_answered_by_425(lab_folder: Path, authority: Authority) -> None:
    ports = {"ports": {"explicit": CONTROL_PORT, "passive": "21000-21001"}}
    with (
        node_with("pyftpdlib", "clear", lab_folder / "full-range", authority, **ports) as node,
        contextlib.ExitStack() as clients,
    ):
        sessions = [clients.enter_context(node.session()) for _ in range(8)]
        replies = [session.ask("PASV") for session in sessions]
        granted = [reply for reply in replies if reply.startswith("227")]
        assert 1 <= len(granted) <= 2
        assert all(re.match(r"425 .{10,}", reply) for reply in replies if reply not in granted), replies
        assert len(set(granted)) == len(granted), "two sessions of one address never share a port"
        for session, reply in zip(sessions, replies, strict=True):
            if reply in granted:
                session.ask("QUIT")
        waiting = [session for session, reply in zip(sessions, replies, strict=True) if reply not in granted]
        assert eventually(lambda: any(session.ask("PASV").startswith("227") for session in waiting), 5)


def test_sigterm_lets_a_running_transfer_end(node: Node) -> None:
    with node.session() as client:
        idle = node.session()
        data = client.begin(f"RETR {node.big_file()}")
        assert data.recv(65536)
        os.kill(node.balancer.daemon.pid, signal.SIGTERM)
        assert eventually(lambda: not _accepts(node.vip), 2), "listeners close at once"
        assert idle.reply().startswith("421"), "a session without a transfer is told and ended"
        taken, ended = drain(data)
        assert ended
        assert taken == BIG - 65536 or taken > BIG - 2 * 65536
        assert client.reply().startswith("226")
    assert node.balancer.stop() == 0


def _accepts(address: str) -> bool:
    try:
        socket.create_connection((address, CONTROL_PORT), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_killed_worker_costs_only_its_own_sessions_and_is_replaced(node: Node) -> None:
    with contextlib.ExitStack() as open_sessions:
        sessions = [open_sessions.enter_context(node.session()) for _ in range(8)]
        while len(set(homes := _homes(node, sessions))) < 2:  # The kernel spreads them by chance.
            assert len(sessions) < 40, "sessions are spread over the workers"
            sessions.append(open_sessions.enter_context(node.session()))
        big = node.big_file()
        transfers = [session.begin(f"RETR {big}") for session in sessions]
        assert all(data.recv(65536) for data in transfers)
        pids = {worker["number"]: worker["pid"] for worker in node.balancer.ask("/status")["workers"]}
        os.kill(pids[0], signal.SIGKILL)
        assert eventually(lambda: _ready_pids(node.balancer) >= {pids[1]} and len(_ready_pids(node.balancer)) == 2, 20)
        for home, session, data in zip(homes, sessions, transfers, strict=True):
            ended = drain(data)[1]
            assert ended is (home == 1)
            assert session.reply().startswith("226") is (home == 1)
        with node.session() as fresh:
            assert fresh.ask("NOOP").startswith("200")


def _homes(node: Node, sessions: list[RawClient]) -> list[int]:
    workers = {row["client"]: row["worker"] for row in node.balancer.sessions()}
    return [workers["{}:{}".format(*session.sock.getsockname())] for session in sessions]


def _ready_pids(balancer: Balancer) -> set[int]:
    return set(balancer.worker_pids())


def test_a_transfer_survives_the_death_of_the_api(node: Node) -> None:
    with node.session() as client:
        data = client.begin(f"RETR {node.big_file()}")
        assert data.recv(65536)
        api = _named(b"ftpair.web", descendants(node.balancer.daemon.pid))
        assert api
        os.kill(api[0], signal.SIGKILL)
        assert drain(data)[1]
        assert client.reply().startswith("226")
    assert eventually(lambda: _answers(node.balancer), 5), "the API comes back"


def _named(name: bytes, pids: list[int]) -> list[int]:
    return [pid for pid in pids if name in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _answers(balancer: Balancer) -> bool:
    try:
        return bool(balancer.ask("/status"))
    except OSError:
        return False


def test_no_server_up_is_answered_by_421(lab_folder: Path, authority: Authority) -> None:
    with node_with("pyftpdlib", "clear", lab_folder / "no-server", authority) as node:
        node.server.kill()
        client = RawClient(node.vip, CONTROL_PORT, authority.ca)
        with client:
            client.auth()
            assert re.match(r"421 .{10,}", client.ask("USER interop"))


def test_a_download_after_the_tls_of_the_server_was_cut_can_be_repeated(node: Node) -> None:
    with node.session() as client:
        data = client.begin(f"RETR {node.big_file()}")
        assert isinstance(data, ssl.SSLSocket)
        assert data.recv(65536)
        reset(data)
        assert client.reply().startswith("426")
        node.server.put("small", files.fill("small", 1000))
        assert drain(client.begin("RETR files/small")) == (1000, True)
        assert client.reply().startswith("226")


def test_s12_a_worker_that_is_killed_never_makes_half_an_upload_look_complete(
    lab_folder: Path, authority: Authority
) -> None:
    """The kernel closes the sockets of a dead process: towards the server that must be a reset, for a FIN is an end."""
    ends: list[str] = []

    def take_upload(conversation: Conversation) -> None:
        conversation.log_in()
        with conversation.listen() as listener:
            conversation.answer_until("EPSV")
            conversation.say(f"229 Here (|||{listener.getsockname()[1]}|)")
            conversation.answer_until("STOR")
            conversation.say("150 go on")
            data = listener.accept()[0]
        with data:
            data.settimeout(20)
            try:
                while data.recv(65536):
                    pass
                ends.append("complete")
            except OSError:
                ends.append("reset")

    server = ScriptedServer(take_upload)
    folder = lab_folder / "killed-worker"
    folder.mkdir()
    vip = fresh_address()
    services = {"killed": service(vip, {"SVR": entry(server.address)}, **NOT_PROBED)}
    try:
        with running(folder, settings(folder, authority, services)) as balancer:
            client = RawClient(vip, CONTROL_PORT, authority.ca, "1.3")
            client.auth()
            client.log_in("ann", "secret")
            data = client.begin("STOR upload")
            data.sendall(b"x" * 300_000)
            time.sleep(0.3)
            for pid in balancer.worker_pids():
                os.kill(pid, signal.SIGKILL)
            assert drain(data)[1] is False, "the client sees a reset"
            assert eventually(lambda: bool(ends), 10)
    finally:
        server.close()
    assert ends == ["reset"]
