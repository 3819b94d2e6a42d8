"""Active mode on real sockets: who connects from where, to whom, with which TLS; every mix with a passive side."""

import contextlib
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftpair.core.ending import End, Leg
from ftpair.core.endpoint import PortRange
from ftpair.core.facts import DataConnection, TransferEnded
from ftpair.core.plan import ServerTlsMode

from . import scripted_server as real
from .raw_client import TIMEOUT_S, RawClient, end, read
from .scripted_server import Dialogue, Script, scripted_server
from .stage import EXPLICIT, FILE, VIP, Stage, clocked, real_server, server_plan, service_plan, stage, verified

ANY_FREE, RANGE = None, PortRange(31000 + os.getpid() % 1000, 31002 + os.getpid() % 1000)


class ActiveClient(RawClient):
    """Waits for its data connections itself; `seen` tells from where the last one came."""

    seen: tuple[str, int] = ("", 0)

    def listen(self, verb: str = "EPRT") -> socket.socket:
        """Open a port and tell of it."""
        host = self.sock.getsockname()[0]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, 0), family=family)
        listener.settimeout(TIMEOUT_S)
        port = listener.getsockname()[1]
        network = 2 if family is socket.AF_INET6 else 1
        asked = f"|{network}|{host}|{port}|" if verb == "EPRT" else f"{host.replace('.', ',')},{port >> 8},{port & 255}"
        reply = self.ask(f"{verb} {asked}")
        assert reply.startswith("200 "), reply
        return listener

    def begin(self, command: str, verb: str = "EPRT") -> socket.socket:
        with self.listen(verb) as listener:
            reply = self.ask(command)
            assert reply.startswith("1"), reply
            data, peer = listener.accept()
        self.seen = peer[:2]
        data.settimeout(TIMEOUT_S)
        return self.secured(data) if isinstance(self.sock, ssl.SSLSocket) else data


@contextlib.contextmanager
def pool(tmp_path: Path, mode: ServerTlsMode = "off", host: str = "127.0.0.1", **changes: object) -> Iterator[Stage]:
    """A stage with one pyftpdlib server."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.bin").write_bytes(FILE)
    with real_server(root, mode, host=host) as address:
        server = server_plan(address, tls=verified(mode)) if mode != "off" else server_plan(address)
        with stage(service_plan(server, **changes)) as running:
            yield running
            running.wait(running.is_at_rest)


def move(client: RawClient, root: Path) -> None:
    """Upload and download, whole."""
    data = client.begin("STOR b.bin")
    data.sendall(FILE)
    end(data)
    assert client.reply().startswith("226 ")
    assert (root / "b.bin").read_bytes() == FILE
    assert client.retrieve("RETR b.bin")[:2] == (FILE, End.ENDED)


@pytest.mark.parametrize("server_data", ["mirror", "passive", "active"])
@pytest.mark.parametrize("kind", [RawClient, ActiveClient])
@pytest.mark.parametrize(("over_tls", "mode"), [(False, "off"), (True, "off"), (True, "explicit")])
def test_every_mix_of_active_and_passive_moves_whole_files(
    tmp_path: Path, server_data: str, kind: type[RawClient], over_tls: bool, mode: ServerTlsMode
) -> None:
    with pool(tmp_path, mode, server_data=server_data) as running, kind() as client:
        client.log_in(over_tls=over_tls)
        move(client, tmp_path / "root")
    seen = {(fact.leg, fact.mode) for fact in running.facts_of(DataConnection)}
    wanted = "active" if kind is ActiveClient else "passive"
    assert seen == {(Leg.CLIENT, wanted), (Leg.SERVER, wanted if server_data == "mirror" else server_data)}


@pytest.mark.parametrize("server_data", ["mirror", "passive", "active"])
@pytest.mark.parametrize("kind", [RawClient, ActiveClient])
@pytest.mark.parametrize(("vip", "host"), [("::1", "::1"), ("::1", "127.0.0.1"), (VIP, "::1")])
def test_every_mix_of_families_moves_whole_files(
    tmp_path: Path, server_data: str, kind: type[RawClient], vip: str, host: str
) -> None:
    with pool(tmp_path, host=host, server_data=server_data, address=vip), kind(host=vip) as client:
        client.log_in()
        move(client, tmp_path / "root")


@pytest.mark.parametrize("verb", ["PORT", "EPRT"])
def test_the_connection_to_a_client_leaves_from_the_vip(tmp_path: Path, verb: str) -> None:
    with pool(tmp_path, active_source_port=20_020), ActiveClient().log_in() as client:
        for _ in range(3):
            with client.begin("RETR a.bin", verb) as data:
                assert read(data) == (FILE, End.ENDED)
            assert client.reply().startswith("226 ")
            assert client.seen == (VIP, 20_020)


def test_without_a_source_port_any_is_taken(tmp_path: Path) -> None:
    with pool(tmp_path), ActiveClient().log_in() as client:
        assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)
        assert client.seen[0] == VIP
        assert client.seen[1] > 1023


def test_a_source_port_that_is_not_ours_to_use_is_told(tmp_path: Path) -> None:
    with socket.create_server((VIP, 20_021)), pool(tmp_path, active_source_port=20_021) as running:
        with ActiveClient().log_in() as client, client.listen():
            assert client.ask("RETR a.bin").startswith("1")
            assert client.reply().startswith("426 ")
    assert running.facts_of(TransferEnded)[-1].reason == "data connection to the client: address already in use"


def test_a_client_that_does_not_listen_gets_no_complete_transfer(tmp_path: Path) -> None:
    with pool(tmp_path) as running, ActiveClient().log_in() as client:
        client.listen().close()
        assert client.ask("RETR a.bin").startswith("1")
        reply = client.reply()
        assert reply.startswith("426 "), reply
        assert client.ask("NOOP").startswith("200 ")
    assert running.facts_of(TransferEnded)[-1].reason == "data connection to the client: connect refused"
    assert DataConnection("VIP", "active", Leg.CLIENT, "failed") in running.facts_of(DataConnection)


def test_no_connection_reaches_a_client_whose_transfer_is_refused(tmp_path: Path) -> None:
    with pool(tmp_path), ActiveClient().log_in() as client, client.listen() as listener:
        assert client.ask("RETR missing").startswith("550 ")
        listener.settimeout(0.3)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_dropped_session_closes_the_port_for_the_server(tmp_path: Path) -> None:
    ports = PortRange(RANGE.first + 4, RANGE.first + 4)
    with pool(tmp_path, server_data="active", server_active_ports=ports) as running:
        with RawClient().log_in() as client:
            client.passive()
        running.wait(running.is_at_rest)
        socket.create_server(("127.0.0.1", ports.first)).close()


# The server's side, scripted.


def port_of(line: str) -> tuple[str, int]:
    """Read the address from EPRT or PORT."""
    if not line:
        raise ConnectionError("the client is gone")
    verb, _, argument = line.partition(" ")
    if verb == "EPRT":
        _, _, host, port, _ = argument.split("|")
        return host, int(port)
    numbers = argument.split(",")
    return ".".join(numbers[:4]), int(numbers[4]) << 8 | int(numbers[5])


def sends(dialogue: Dialogue) -> None:
    """A script: connects where it is told, before its 150, and sends a file."""
    dialogue.log_in()
    door = port_of(dialogue.until("EPRT", "PORT"))
    dialogue.say("200 ok")
    dialogue.until("RETR")
    with socket.create_connection(door, timeout=TIMEOUT_S) as data:
        dialogue.say("150 here it comes")
        data.sendall(FILE)
    dialogue.say("226 sent")
    dialogue.serve()


@contextlib.contextmanager
def behind(script: Script, **changes: object) -> Iterator[tuple[Stage, list[Dialogue]]]:
    """A stage whose one server plays a script."""
    with (
        scripted_server(script) as (address, dialogues),
        stage(service_plan(server_plan(address), **changes)) as running,
    ):
        yield running, dialogues


@pytest.mark.parametrize("ports", [ANY_FREE, RANGE])
def test_a_server_connects_to_a_port_of_the_range(ports: PortRange | None) -> None:
    with behind(sends, server_active_ports=ports) as (_, dialogues), ActiveClient().log_in() as client:
        assert client.retrieve("RETR a.bin") == (FILE, End.ENDED, "226 sent")
        door = port_of(next(line for line in dialogues[0].heard if line.startswith("EPRT")))
    assert door[0] == "127.0.0.1"
    assert ports is None or door[1] in ports


def test_only_the_server_may_come_through_its_door() -> None:
    def intruded(dialogue: Dialogue) -> None:
        dialogue.log_in()
        door = port_of(dialogue.until("EPRT", "PORT"))
        assert is_turned_away(door, "127.0.0.66")
        dialogue.say("200 ok")
        dialogue.until("RETR")
        with socket.create_connection(door, timeout=TIMEOUT_S) as data:
            dialogue.say("150 here it comes")
            data.sendall(FILE)
        dialogue.say("226 sent")
        dialogue.serve()

    with behind(intruded) as (running, _), ActiveClient().log_in() as client:
        assert client.retrieve("RETR a.bin") == (FILE, End.ENDED, "226 sent")
    assert DataConnection("VIP", "active", Leg.SERVER, "stray") in running.facts_of(DataConnection)


def is_turned_away(door: tuple[str, int], source: str) -> bool:
    try:
        with socket.create_connection(door, timeout=TIMEOUT_S, source_address=(source, 0)) as sock:
            return sock.recv(1) == b""
    except ConnectionResetError:  # It may come before the connection is said to stand.
        return True


def test_a_full_range_is_said_readably() -> None:
    with socket.create_server(("127.0.0.1", RANGE.first + 5)):
        ports = PortRange(RANGE.first + 5, RANGE.first + 5)
        with behind(sends, server_active_ports=ports), RawClient().log_in() as client:
            host, port = client.sock.getsockname()
            reply = client.ask(f"EPRT |1|{host}|{port}|")
            client.ask("QUIT")
            assert reply == "425 No port is free for the server to connect to: try again later."


def test_a_server_that_never_connects_is_given_up() -> None:
    def absent(dialogue: Dialogue) -> None:
        dialogue.log_in()
        door = port_of(dialogue.until("EPRT", "PORT"))
        dialogue.say("200 ok")
        dialogue.until("RETR")
        dialogue.say("150 soon")
        while _is_open(door):
            pass
        dialogue.say("425 no data connection")
        dialogue.serve()

    with scripted_server(absent) as (address, _), stage(clocked(server_plan(address), data_timeout_s=0.5)) as running:
        with ActiveClient().log_in() as client:
            with client.begin("RETR a.bin") as data:
                assert read(data) == (b"", End.CUT)
            assert client.reply() == "425 no data connection"
    assert "from the server within" in running.facts_of(TransferEnded)[-1].reason


def _is_open(door: tuple[str, int]) -> bool:
    """Look at the port as a stranger does, from another address than the server's."""
    try:
        socket.create_connection(door, timeout=1, source_address=("127.0.0.66", 0)).close()
    except OSError:
        return False
    return True


def test_a_server_that_resets_its_data_connection_cuts_the_clients() -> None:
    def breaks(dialogue: Dialogue) -> None:
        dialogue.log_in()
        door = port_of(dialogue.until("EPRT", "PORT"))
        dialogue.say("200 ok")
        dialogue.until("RETR")
        data = socket.create_connection(door, timeout=TIMEOUT_S)
        dialogue.say("150 here it comes")
        data.sendall(b"half")
        real.reset(data)
        dialogue.say("226 sent, I think")
        dialogue.serve()

    with behind(breaks), ActiveClient().log_in() as client:
        _, how, reply = client.retrieve("RETR a.bin")
    assert how is End.CUT
    assert reply.startswith("426 ")


def test_a_passive_server_is_told_of_an_active_client_by_its_control_connection() -> None:
    heard: list[bytes] = []

    def reads_header(dialogue: Dialogue) -> None:
        dialogue.log_in()
        with dialogue.begin_data("RETR") as data:
            heard.append(data.recv(1024))
            data.sendall(FILE)
        dialogue.say("226 sent")
        dialogue.serve()

    with scripted_server(reads_header) as (address, _):
        server = server_plan(address, data_header="v1")
        with stage(service_plan(server, server_data="passive")), ActiveClient().log_in() as client:
            assert client.retrieve("RETR a.bin") == (FILE, End.ENDED, "226 sent")
            host, port = client.sock.getsockname()
    assert heard == [f"PROXY TCP4 {host} {VIP} {port} {EXPLICIT}\r\n".encode()]
