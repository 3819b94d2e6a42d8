"""TCP mode in operation, the same for every engine: drain, halt, status, apply, and bad days."""

import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.raw_client import RawClient, drain, reset
from tests.interop.lab.tcp_house import Engine, House, house
from tests.interop.test_bad_days import eventually

pytestmark = pytest.mark.interop
ENGINES: list[Engine] = ["haproxy", "builtin"]
BIG = 64 << 20


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture
def home(engine: Engine, lab_folder: Path, authority: Authority) -> Iterator[House]:
    folder = lab_folder / f"tcp-{time.monotonic_ns()}"
    with house(folder, authority, ("ProFTPD", "explicit"), engine, "source", server_ca=str(authority.ca)) as home:
        yield home


@pytest.fixture
def clear(engine: Engine, lab_folder: Path, authority: Authority) -> Iterator[House]:
    folder = lab_folder / f"tcp-{time.monotonic_ns()}"
    with house(folder, authority, ("vsftpd", "clear"), engine, "port") as home:
        yield home


def session(home: House, source: str | None = None) -> RawClient:
    """Return a client that has logged in; the servers want protected data where they have TLS."""
    client = RawClient(home.vip, CONTROL_PORT, home.authority.ca, "1.2", source)
    if home.servers[0].site.tls == "explicit":
        client.auth()
    else:
        client.reply()
    client.log_in(home.servers[0].user, home.servers[0].password)
    return client


def download(client: RawClient, name: str) -> bytes:
    """Return a file, its data connection in resumed TLS where control has TLS."""
    data = client.connect_data(client.passive())
    assert client.ask(f"RETR files/{name}").startswith("150")
    sock = client.secure_data(data, resume=True) if hasattr(client.sock, "session") else data
    content = b"".join(iter(lambda: sock.recv(1 << 16), b""))
    sock.close()
    assert client.reply().startswith("226")
    return content


def server_of(home: House, client: RawClient) -> str:
    """Return the server of a live session, as ftpair lists it."""
    name = "{}:{}".format(*client.sock.getsockname())
    assert eventually(lambda: any(row["client"] == name for row in home.balancer.sessions()), 3)
    return str(next(row["server"] for row in home.balancer.sessions() if row["client"] == name))


def status(home: House) -> dict[str, dict[str, object]]:
    """Return the servers of the service by name."""
    (service,) = home.balancer.ask("/services")
    return {server["name"]: server for server in service["servers"]}


def order(home: House, name: str, word: str) -> str:
    """Give an order about a server; return the sentence."""
    return str(home.balancer.post(f"/services/S/servers/{name}/{word}")["sentence"])


def test_a_drained_server_keeps_its_sessions_with_new_data_connections(home: House) -> None:
    home.servers[0].put("small", lambda path: path.write_bytes(b"content"))
    old = session(home, "127.0.0.2")
    name = server_of(home, old)
    assert eventually(lambda: status(home)[name]["sessions"] == 1, 3)
    assert order(home, name, "drain") == f"drain {name}: 1 session stays, 0 transfers"
    new = [session(home, f"127.0.0.{number}") for number in range(3, 8)]
    assert {server_of(home, each) for each in new} == {"A", "B"} - {name}
    assert download(old, "small") == b"content"
    assert order(home, name, "online").startswith(f"online {name}")
    again = [session(home, f"127.0.0.{number}") for number in range(10, 16)]
    assert {server_of(home, each) for each in again} == {"A", "B"}


def test_a_halted_server_loses_its_sessions(home: House) -> None:
    old = session(home, "127.0.0.2")
    name = server_of(home, old)
    assert order(home, name, "halt") == f"halt {name}: 1 session ended, 0 transfers cut"
    assert old.reply() == ""
    assert server_of(home, session(home, "127.0.0.2")) != name


def test_status_shows_what_runs(home: House) -> None:
    (service,) = home.balancer.ask("/services")
    assert (service["mode"], service["pairing"], service["is_serving"]) == ("tcp", "source", True)
    client = session(home, "127.0.0.2")
    name = server_of(home, client)
    home.servers[0].put("big", lambda path: files.sparse(path, BIG))
    data = client.connect_data(client.passive())
    assert client.ask("RETR files/big").startswith("150")
    secured = client.secure_data(data, resume=True)
    assert secured.recv(1 << 16)
    assert eventually(lambda: status(home)[name]["transfers"] == 1, 3)
    assert status(home)[name]["sessions"] == 1
    (transfer,) = home.balancer.ask("/transfers")
    assert (transfer["service"], transfer["server"]) == ("S", name)
    taken, is_whole = drain(secured)
    assert is_whole
    assert taken > BIG - (1 << 17)
    assert client.reply().startswith("226")
    secured.close()
    assert eventually(lambda: status(home)[name]["transfers"] == 0, 3)
    assert eventually(lambda: int(str(status(home)[name]["bytes_down"])) > BIG, 3)
    assert 'ftpair_sessions{service="S"} 1.0' in home.balancer.metrics()


def test_a_session_can_be_ended_by_its_name(home: House) -> None:
    client = session(home, "127.0.0.2")
    server_of(home, client)
    (row,) = home.balancer.sessions()
    sentence = home.balancer.delete(f"/sessions/{row['id']}")["sentence"]
    assert sentence.startswith(f"kill {row['id']}: the session of somebody from 127.0.0.2:")
    assert client.reply() == ""
    assert eventually(lambda: home.balancer.sessions() == [], 3)


def test_an_apply_ends_no_session_and_no_transfer(home: House) -> None:
    home.servers[0].put("big", lambda path: files.sparse(path, BIG))
    home.servers[0].put("small", lambda path: path.write_bytes(b"content"))
    client = session(home, "127.0.0.2")
    data = client.connect_data(client.passive())
    assert client.ask("RETR files/big").startswith("150")
    secured = client.secure_data(data, resume=True)
    assert secured.recv(1 << 16)
    text = home.balancer.configuration.read_text()
    changed = text.replace('"pairing": "source"', '"pairing": "source", "max_sessions": 77')
    home.balancer.configuration.write_text(changed)
    assert home.balancer.post("/apply")["steps"] == ["S: max_sessions 0 -> 77"]
    taken, is_whole = drain(secured)
    assert is_whole
    assert taken > BIG - (1 << 17)
    assert client.reply().startswith("226")
    assert download(client, "small") == b"content"
    assert server_of(home, session(home, "127.0.0.2")) == server_of(home, client)


def test_another_engine_takes_over_while_transfers_run(clear: House, engine: Engine) -> None:
    """They end where they are, whole; nobody waits for them, and a refused change leaves the former engine."""
    clear.servers[0].put("big", lambda path: files.sparse(path, BIG))
    other = {"haproxy": "builtin", "builtin": "haproxy"}[engine]
    with session(clear) as client:
        data = client.connect_data(client.passive())
        assert client.ask("RETR files/big").startswith("150")
        assert data.recv(1 << 16)
        text = clear.balancer.configuration.read_text()
        with socket.create_server((clear.vip, 21050)):
            wider = text.replace("21000-21027", "21000-21060").replace("21014-21027", "21014-21060")
            clear.balancer.configuration.write_text(wider.replace(f'"engine": "{engine}"', f'"engine": "{other}"'))
            refused = clear.balancer.try_to_post("/apply")
            assert refused.status_code == 409, refused.text
            assert "21050" in refused.text or other == "haproxy"
            assert eventually(lambda: _serves(clear), 10)
        clear.balancer.configuration.write_text(text.replace(f'"engine": "{engine}"', f'"engine": "{other}"'))
        began = time.monotonic()
        clear.balancer.post("/apply")
        assert time.monotonic() - began < 15, "it does not wait for what runs"
        assert eventually(lambda: _serves(clear), 10)
        taken, _is_whole = drain(data)
        assert taken > BIG - (1 << 17)
        assert client.reply().startswith("226")


def test_a_refused_apply_takes_no_service_away(clear: House, engine: Engine) -> None:
    clear.servers[0].put("big", lambda path: files.sparse(path, 1000))
    configuration = json.loads(clear.balancer.configuration.read_text())
    services = configuration["virtual_services"]
    services["S"]["engine"] = {"haproxy": "builtin", "builtin": "haproxy"}[engine]
    services["NEW"] = services["S"] | {"address": "127.66.0.9", "engine": "builtin"}
    clear.balancer.configuration.write_text(json.dumps(configuration))
    with socket.create_server(("127.66.0.9", CONTROL_PORT)):
        refused = clear.balancer.try_to_post("/apply")
    assert (refused.status_code, "127.66.0.9" in refused.text) == (409, True)
    assert eventually(lambda: _serves(clear), 10)


def _serves(home: House) -> bool:
    try:
        with session(home, "127.0.0.7") as client:
            return download(client, "big") is not None
    except (OSError, AssertionError):
        return False


def test_a_dead_server_is_found_and_its_clients_go_elsewhere(home: House) -> None:
    client = session(home, "127.0.0.2")
    name = server_of(home, client)
    home.servers["AB".index(name)].kill()
    assert client.reply() == ""
    assert eventually(lambda: status(home)[name]["health"] == "down", 10)
    other = session(home, "127.0.0.2")
    assert server_of(home, other) != name


def test_a_client_that_is_cut_off_in_the_middle_of_an_upload_leaves_no_file_that_looks_whole(clear: House) -> None:
    client = session(clear)
    data = client.connect_data(client.passive())
    assert client.ask("STOR files/cut").startswith("150")
    data.sendall(bytes(1 << 20))
    time.sleep(0.3)
    reset(data)
    assert not client.reply().startswith("226"), "the server was told that the file is whole"


def test_a_client_that_vanishes_is_told_to_the_server(clear: House) -> None:
    client = session(clear)
    data = client.connect_data(client.passive())
    assert client.ask("STOR files/gone").startswith("150")
    data.sendall(bytes(1 << 20))
    reset(data)
    reset(client.sock)
    told = "426 Failure reading network stream"
    assert eventually(lambda: any(told in server.log() for server in clear.servers), 5)


def test_a_download_whose_server_dies_does_not_end_with_226(clear: House) -> None:
    clear.servers[0].put("big", lambda path: files.sparse(path, BIG))
    client = session(clear)
    data = client.connect_data(client.passive())
    assert client.ask("RETR files/big").startswith("150")
    assert data.recv(1 << 16)
    for server in clear.servers:
        server.kill()
    taken, _ = drain(data)
    assert taken < BIG
    assert not client.reply().startswith("226")


def test_a_killed_supervisor_costs_no_transfer_and_the_next_one_goes_on(home: House) -> None:
    home.servers[0].put("big", lambda path: files.sparse(path, BIG))
    client = session(home, "127.0.0.2")
    data = client.connect_data(client.passive())
    assert client.ask("RETR files/big").startswith("150")
    secured = client.secure_data(data, resume=True)
    assert secured.recv(1 << 16)
    os.kill(home.balancer.daemon.pid, signal.SIGKILL)
    taken, is_whole = drain(secured)
    assert is_whole
    assert taken > BIG - (1 << 17)
    assert client.reply().startswith("226")
    client.sock.close()
    home.balancer.restart()  # What it finds is its own again, and ends with it.
    assert server_of(home, session(home, "127.0.0.2"))


def test_clear_text_of_the_control_connection_passes_byte_for_byte(clear: House) -> None:
    with socket.create_connection((clear.vip, CONTROL_PORT), timeout=10) as sock:
        greeting = sock.recv(1000)
        assert re.match(rb"220 \(vsFTPd", greeting), greeting
        sock.sendall(b"NOOP\r\nSYST\r\n")
        assert b"530" in sock.recv(1000)


def test_the_end_of_a_session_is_in_the_log(clear: House) -> None:
    client = session(clear, "127.0.0.2")
    name = server_of(clear, client)
    assert client.ask("QUIT").startswith("221")
    client.sock.close()
    (line,) = clear.balancer.await_records("session ended", 1)
    assert (line["service"], line["server"], line["entrance"]) == ("S", name, "explicit")
    assert line["client"].startswith("127.0.0.2:")
    assert 0 < line["bytes_up"] < line["bytes_down"] < 1000
    assert 0 <= line["seconds"] < 30
