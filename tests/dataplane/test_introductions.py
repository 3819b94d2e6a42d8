"""A proxy stands in front and says for whom it is; nobody else may, and no byte behind its header is lost."""

import contextlib
import re
import socket
import ssl
import struct
import threading
from pathlib import Path

import pytest

from ftpair.core.ending import End
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import DataConnection, ProtocolError, SessionEnded
from ftpair.core.plan import ServicePlan
from ftpair.ftp.proxy_header import Header, binary, line

from .raw_client import FRONT, TIMEOUT_S, Fronted, RawClient, read
from .stage import EXPLICIT, IMPLICIT, VIP, Stage, clocked, real_server, server_plan, service_plan, stage

FILE = bytes(range(256)) * 2000
DIRECT = "127.0.0.1"
CLIENT, PUBLIC = Endpoint("192.0.2.7", 50007), Endpoint("198.51.100.1", 21)
HEADERS = {"v1": line(Header(CLIENT, PUBLIC)), "v2": binary(Header(CLIENT, PUBLIC, b"id", "ftp.example.org"))}
LISTED = {"accept_from": ("127.0.0.8/31",)}


def listed(address: tuple[str, int]) -> ServicePlan:
    return service_plan(server_plan(address), **LISTED)


def errors(running: Stage, count: int = 1) -> list[tuple[str, str, str]]:
    return [(each.kind, each.client, each.reason) for each in running.facts_of(ProtocolError, count)]


def send_in_pieces(sock: socket.socket, *pieces: bytes) -> None:
    """Send each in a segment of its own; a peer that has had enough of it may close meanwhile."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            sock.sendall(piece)
            threading.Event().wait(0.02)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("port", [EXPLICIT, IMPLICIT])
def test_the_client_is_the_one_in_the_header(tmp_path: Path, version: str, port: int):
    with real_server(tmp_path) as address, stage(listed(address)) as running:
        (tmp_path / "a.bin").write_bytes(FILE)
        with Fronted(HEADERS[version], port=port) as client:
            client.log_in(over_tls=port == EXPLICIT)
            if port == IMPLICIT:
                assert client.ask("PBSZ 0").startswith("200 ")
                assert client.ask("PROT P").startswith("200 ")
            assert [row.client for row in running.sessions()] == ["192.0.2.7:50007"]
            assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)
            client.ask("QUIT")
        (ended,) = running.facts_of(SessionEnded)
        assert (ended.client, ended.bytes_down) == ("192.0.2.7:50007", len(FILE))
        running.wait(running.is_at_rest)


def test_pasv_names_the_address_that_the_client_dialled(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)), Fronted(HEADERS["v1"]) as client:
        client.log_in()
        assert re.search(r"\(198,51,100,1,\d+,\d+\)", client.ask("PASV"))


def test_a_connection_of_the_proxy_itself_is_its_own(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)) as running:
        for header in (binary(Header()), line(Header())):
            with Fronted(header) as client:
                client.log_in()
                (row,) = running.sessions()
                assert row.client.startswith(f"{FRONT}:")
                client.ask("QUIT")
            running.wait(running.is_at_rest)


def test_a_header_may_come_in_pieces_with_everything_behind_it(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)), Fronted(b"") as client:
        for piece in (HEADERS["v2"][:5], HEADERS["v2"][5:20]):
            client.sock.sendall(piece)
            threading.Event().wait(0.05)
        client.sock.sendall(HEADERS["v2"][20:] + b"NOOP\r\nSYST\r\n")
        assert [client.reply()[:4] for _ in range(3)] == ["220 ", "200 ", "215 "]


def test_a_client_hello_may_stand_in_the_segment_of_the_header(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        tls = context.wrap_bio(incoming, outgoing)
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        with socket.create_connection((VIP, IMPLICIT), TIMEOUT_S, (FRONT, 0)) as sock:
            sock.sendall(HEADERS["v1"] + outgoing.read())
            incoming.write(sock.recv(65536))
            tls.do_handshake()
            assert tls.version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"USER ann\r\n", "the connection does not begin with a PROXY header"),
        (b"PROXY TCP4 192.0.2.7 mallory 1 2\r\n", "an address in the PROXY line is none"),
    ],
)
def test_who_is_listed_and_brings_no_header_is_refused_and_counted(tmp_path: Path, said: bytes, reason: str):
    with real_server(tmp_path) as address, stage(listed(address)) as running, Fronted(said) as client:
        assert client.reply() == ""
        assert errors(running) == [("no-proxy-header", FRONT, reason)]
        assert running.is_at_rest()


def test_who_leaves_without_a_header_is_counted(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)) as running:
        with Fronted(b"PROXY "):
            pass
        assert errors(running) == [("no-proxy-header", FRONT, "closed without a PROXY header")]
        with Fronted(b"PROXY ") as client:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert ("no-proxy-header", FRONT, "connection reset") in errors(running, 2)


def test_a_header_has_its_deadline(tmp_path: Path):
    with real_server(tmp_path) as address:
        plan = clocked(server_plan(address), handshake_timeout_s=0.2)
        with stage(ServicePlan(**{name: getattr(plan, name) for name in plan.__struct_fields__} | LISTED)) as running:
            with Fronted(HEADERS["v2"][:15]) as client:
                assert client.reply() == ""
                assert errors(running) == [("no-proxy-header", FRONT, "no PROXY header within 0.2 s")]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("networks", [(), ("127.0.0.8/31",)])
def test_a_header_from_anybody_else_ends_the_connection_without_a_word(
    tmp_path: Path, version: str, networks: tuple[str, ...]
):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address), accept_from=networks)) as running:
        with Fronted(HEADERS[version], source=DIRECT) as client:
            assert client.reply() in ("220 FTP service ready.", "")
            assert client.reply() == ""
        (error,) = running.facts_of(ProtocolError)
        assert error.kind == "proxy-header"
        assert error.client.startswith(f"{DIRECT}:")
        (ended,) = running.facts_of(SessionEnded)
        assert ended.ended == "a PROXY header came from an address that is not listed"
        running.wait(running.is_at_rest)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("port", [EXPLICIT, IMPLICIT])
def test_no_cut_hides_a_header_of_anybody_else(tmp_path: Path, version: str, port: int):
    header = HEADERS[version]
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        for count, at in enumerate(range(1, len(header)), 1):
            with socket.create_connection((VIP, port), TIMEOUT_S, (DIRECT, 0)) as sock:
                send_in_pieces(sock, header[:at], header[at:] + b"USER ann\r\n")
                assert read(sock)[0] in (b"220 FTP service ready.\r\n", b""), at
            assert [each.kind for each in running.facts_of(ProtocolError, count)] == ["proxy-header"] * count, at
            assert running.facts_of(SessionEnded, count)[-1].user == "", at
        running.wait(running.is_at_rest)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_header_of_anybody_else_is_none_byte_by_byte(tmp_path: Path, version: str):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with socket.create_connection((VIP, EXPLICIT), TIMEOUT_S, (DIRECT, 0)) as sock:
            send_in_pieces(sock, *(bytes((each,)) for each in HEADERS[version]))
            assert read(sock)[0] in (b"220 FTP service ready.\r\n", b"")
        assert [each.kind for each in running.facts_of(ProtocolError)] == ["proxy-header"]


@pytest.mark.parametrize(
    ("pieces", "replies"),
    [
        ((b"PRO", b"T P\r\n"), ["503 "]),
        ((b"P", b"WD\r\n"), ["530 "]),
        ((b"PROXY", b"\r\n", b"NOOP\r\n"), ["530 ", "200 "]),
        ((b"\r\n", b"\r", b"\nNOOP\r\n"), ["500 ", "500 ", "200 "]),
        ((b"\r\n\r\n\x00\r\nQUIT", b"\r\n"), ["500 ", "500 ", "501 ", "221 "]),
    ],
)
def test_what_only_begins_like_a_header_is_taken_whole(tmp_path: Path, pieces: tuple[bytes, ...], replies: list[str]):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))), RawClient() as client:
        client.reply()
        send_in_pieces(client.sock, *pieces)
        assert [client.reply()[:4] for _ in replies] == replies


def test_prot_p_may_be_cut_anywhere_under_implicit_tls(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))):
        with RawClient(port=IMPLICIT) as client:
            client.reply()
            send_in_pieces(client.sock, b"P", b"BSZ 0\r\nPRO", b"T P\r\n")
            assert [client.reply()[:4] for _ in range(2)] == ["200 ", "200 "]


def test_the_beginning_of_a_header_has_the_deadline_of_a_line(tmp_path: Path):
    with real_server(tmp_path) as address:
        with stage(clocked(server_plan(address), command_timeout_s=0.2)) as running, RawClient() as client:
            client.reply()
            client.sock.sendall(b"PRO")
            assert client.reply() == "421 A command was begun but not finished in time."
            assert running.facts_of(SessionEnded)[0].ended == "a command was not finished in time"


def test_who_speaks_neither_tls_nor_the_proxy_protocol_on_the_implicit_port_is_no_proxy(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with socket.create_connection((VIP, IMPLICIT), TIMEOUT_S, (DIRECT, 0)) as sock:
            send_in_pieces(sock, b"PRO", b"T P\r\n")
            assert read(sock) == (b"", End.CUT)
        running.wait(running.is_at_rest)
        assert not [fact for fact in running.facts if isinstance(fact, ProtocolError)]


def test_a_second_header_is_nobody_s_to_send(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)) as running, Fronted(HEADERS["v2"] * 2) as client:
        client.reply()
        assert client.reply() == ""
        assert [error[0] for error in errors(running)] == ["proxy-header"]


def test_who_comes_directly_needs_no_header(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)), Fronted(b"", source=DIRECT) as client:
        (tmp_path / "a.bin").write_bytes(FILE)
        client.log_in(over_tls=True)
        assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)


def test_active_mode_leaves_from_our_own_address_past_the_proxy(tmp_path: Path):
    client_itself = binary(Header(Endpoint("127.0.0.7", 50007), PUBLIC))
    with real_server(tmp_path) as address, stage(listed(address)), Fronted(client_itself) as client:
        (tmp_path / "a.bin").write_bytes(FILE)
        client.log_in()
        with socket.create_server(("127.0.0.7", 0)) as listener:
            assert client.ask(f"EPRT |1|127.0.0.7|{listener.getsockname()[1]}|").startswith("200 ")
            client.say("RETR a.bin")
            data, (host, _port) = listener.accept()
        with data:
            assert host == VIP
            assert read(data) == (FILE, End.ENDED)


def test_a_data_connection_for_another_client_is_a_stray(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)) as running, Fronted(HEADERS["v2"]) as client:
        (tmp_path / "a.bin").write_bytes(FILE)
        client.log_in()
        port = client.passive()
        client.header = binary(Header(Endpoint("192.0.2.8", 50007), PUBLIC))
        with client.connect(port) as stolen:
            assert read(stolen) == (b"", End.CUT)
        assert [each.result for each in running.facts_of(DataConnection)] == ["stray"]
        client.header = HEADERS["v2"]
        with client.connect(port) as data:
            assert client.ask("RETR a.bin").startswith("1")
            assert read(data) == (FILE, End.ENDED)


def test_a_data_connection_of_a_proxy_without_a_header_is_refused_and_counted(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)) as running, Fronted(HEADERS["v2"]) as client:
        client.log_in()
        port, client.header = client.passive(), b"file content"
        with client.connect(port) as data:
            assert read(data) == (b"", End.CUT)
        assert errors(running) == [("no-proxy-header", FRONT, "the connection does not begin with a PROXY header")]


def test_sessions_of_a_proxy_go_on_when_it_is_taken_off_the_list(tmp_path: Path):
    with real_server(tmp_path) as address, stage(listed(address)) as running, Fronted(HEADERS["v2"]) as client:
        (tmp_path / "a.bin").write_bytes(FILE)
        client.log_in()
        running.call(lambda: running.use(service_plan(server_plan(address))))
        assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)
        running.call(running.use)
        assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)


def test_a_worker_that_ends_waits_for_no_header(tmp_path: Path):
    with real_server(tmp_path) as address:
        with stage(listed(address)) as running:
            client = Fronted(b"PROXY ")
            running.wait(lambda: running.call(lambda: len(running.worker._introductions._waiting)) == 1)
        assert client.reply() == ""
        client.sock.close()
