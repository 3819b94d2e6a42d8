"""The data connection of a session: who connects when, which port is whose, and whole files of every size."""

import socket
import ssl
import time
from functools import partial
from pathlib import Path

import pytest

from ftpair.core.ejection import EjectionPolicy
from ftpair.core.ending import End, Leg
from ftpair.core.facts import DataConnection, Refusal, TransferEnded
from ftpair.core.plan import Clocks, ServerTlsMode

from . import descriptors
from .raw_client import RawClient, end, read
from .scripted_server import Dialogue, scripted_server
from .stage import FILE, VIP, behind, pool, real_server, server_plan, service_plan, stage, verified

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def unconnected(dialogue: Dialogue, pause_s: float = 0.0) -> None:
    """A script: waits in vain for a data connection."""
    dialogue.log_in()
    with dialogue.offer_data():
        dialogue.until("RETR")
        dialogue.say("150 connect, please")
        time.sleep(pause_s)
        dialogue.say("425 nobody came")
    dialogue.serve()


def is_turned_away(client: RawClient, port: int) -> bool:
    """Whether a data connection to this port is reset."""
    try:
        with client.connect(port) as data:
            return read(data) == (b"", End.CUT)
    except ConnectionResetError:
        return True


# When the client connects and when it shakes hands.


@pytest.mark.parametrize("mode", ["off", "explicit"])
@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("order", ["handshake, command", "command, handshake", "command, 150, handshake"])
def test_the_client_may_shake_hands_before_or_after_its_command_and_the_150(
    tmp_path: Path, order: str, version: ssl.TLSVersion, mode: ServerTlsMode
):
    with pool(tmp_path, mode), RawClient(version=version) as client:
        client.log_in(over_tls=True)
        data = client.connect(client.passive())
        if order == "handshake, command":
            data = client.secured(data)
        client.say("RETR a.bin")
        if order == "command, 150, handshake":
            assert client.reply().startswith("1")
        if order.endswith("handshake"):
            data = client.secured(data)
        if order != "command, 150, handshake":
            assert client.reply().startswith("1")
        assert read(data) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")


@pytest.mark.parametrize("secure", [False, True])
def test_the_client_may_connect_after_the_150(tmp_path: Path, secure: bool):
    with pool(tmp_path) as (running, _), RawClient() as client:
        client.log_in(over_tls=secure)
        port = client.passive()
        assert client.ask("RETR a.bin").startswith("1")
        data = client.connect(port)
        assert read(client.secured(data) if secure else data) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert running.facts_of(TransferEnded)[0].result == "complete"


def test_a_server_may_take_longer_to_say_150_than_a_handshake_may_take():
    def slow(dialogue: Dialogue) -> None:
        dialogue.log_in()
        with dialogue.offer_data() as listener:
            dialogue.until("RETR")
            data, _ = listener.accept()
            time.sleep(3)  # A tape is being mounted.
            dialogue.say("150 here it comes")
        data.sendall(b"file")
        data.close()
        dialogue.say("226 done")
        dialogue.serve()

    with behind(slow, handshake_timeout_s=2), RawClient() as client:
        client.log_in(over_tls=True)
        data = client.connect(client.passive())
        assert client.ask("RETR a").startswith("150 ")
        time.sleep(1.2)
        assert read(client.secured(data)) == (b"file", End.ENDED)
        assert client.reply() == "226 done"


# What may go wrong before the first byte.


def test_a_client_that_never_connects_gets_the_servers_refusal_and_the_session_lives_on():
    with behind(partial(unconnected, pause_s=3), data_timeout_s=1) as running, RawClient() as client:
        client.log_in()
        port = client.passive()
        assert client.ask("RETR a").startswith("150 ")
        assert client.reply() == "425 nobody came"
        (transfer,) = running.facts_of(TransferEnded)
        assert (transfer.result, transfer.reason) == ("cut", "no data connection from the client within 1 s")
        assert running.facts_of(Refusal)[0].reason == "data-timeout"
        assert is_turned_away(client, port)
        assert client.ask("NOOP").startswith("200 ")


def test_a_client_that_never_shakes_hands_is_cut_and_the_session_lives_on(tmp_path: Path):
    with pool(tmp_path, handshake_timeout_s=1) as (running, _), RawClient() as client:
        client.log_in(over_tls=True)
        data = client.connect(client.passive())
        assert client.ask("RETR a.bin").startswith("1")
        assert read(data) == (b"", End.CUT)
        assert client.reply().startswith("426 ")
        (transfer,) = running.facts_of(TransferEnded)
        assert transfer.reason == "no TLS handshake on the data connection within 1 s"
        assert running.facts_of(Refusal)[0].reason == "handshake-timeout"
        assert client.retrieve("RETR a.bin")[1:] == (End.ENDED, "226 Transfer complete.")


def test_a_client_that_speaks_no_tls_gets_an_end_at_once_and_not_a_byte_of_the_file(tmp_path: Path):
    with pool(tmp_path), RawClient() as client:
        client.log_in(over_tls=True)
        data = client.connect(client.passive())
        data.sendall(b"this is no ClientHello\r\n")
        alert, _ = read(data)
        assert alert[:1] in {b"", b"\x15"}
        client.say("RETR a.bin")
        assert [client.reply()[:3], client.reply()[:3]] == ["125", "426"]
        assert client.ask("NOOP").startswith("200 ")


def test_a_server_whose_data_port_is_closed_answers_itself():
    def walled(dialogue: Dialogue) -> None:
        dialogue.log_in()
        dialogue.offer_data().close()
        dialogue.until("RETR")
        dialogue.say("150 connect, please")
        dialogue.say("425 nobody came")
        dialogue.serve()

    with behind(walled) as running, RawClient() as client:
        client.log_in()
        data = client.connect(client.passive())
        client.say("RETR a")
        assert [client.reply(), client.reply()] == ["150 connect, please", "425 nobody came"]
        assert read(data) == (b"", End.CUT)
        assert running.facts_of(TransferEnded)[0].reason == "data connection to the server: connect refused"
        opened, failed = running.facts_of(DataConnection, 2)
        assert (opened.leg, opened.result) == (Leg.CLIENT, "opened")
        assert (failed.leg, failed.result) == (Leg.SERVER, "failed")
        assert client.ask("NOOP").startswith("200 ")


def test_without_a_descriptor_for_the_servers_leg_the_client_is_told_and_nobody_is_blamed():
    with scripted_server(partial(unconnected, pause_s=2.0)) as (address, _):
        plan = service_plan(server_plan(address), clocks=Clocks(data_timeout_s=1), ejection=EjectionPolicy())
        with stage(plan) as running, RawClient() as client:
            blamed: list[object] = []
            running.worker.outcomes.report = blamed.append
            client.log_in()
            port = client.passive()
            with descriptors.only(2):  # The client's own and ftpair's towards it.
                data = client.connect(port)
                client.say("RETR a")
                assert [client.reply(), client.reply()] == ["150 connect, please", "425 nobody came"]
                assert read(data) == (b"", End.CUT)
            assert running.facts_of(TransferEnded)[0].reason == "data connection to the server: too many open files"
            assert client.ask("NOOP").startswith("200 ")
            assert blamed == []


def test_a_transfer_waits_for_a_descriptor_instead_of_failing():
    def patient(dialogue: Dialogue) -> None:
        dialogue.log_in()
        with dialogue.begin_data("RETR") as data:
            data.sendall(FILE)
        dialogue.say("226 done")
        dialogue.serve()

    with behind(patient) as running, RawClient() as client:
        client.log_in()
        port = client.passive()
        with descriptors.only(2) as give_back:
            data = client.connect(port)
            client.say("RETR a")
            running.facts_of(DataConnection)
            time.sleep(0.5)
            give_back()
            assert client.reply().startswith("150 ")
            assert read(data) == (FILE, End.ENDED)
            assert client.reply() == "226 done"


def test_a_server_that_protects_control_but_not_data_gives_no_file(server_context: ssl.SSLContext):
    def half_hearted(dialogue: Dialogue) -> None:
        dialogue.secure(server_context)
        data = dialogue.begin_data("RETR")
        data.sendall(b"the file in clear text")
        read(data)
        dialogue.say("226 done")
        dialogue.serve()

    with scripted_server(half_hearted) as (address, _):
        with stage(service_plan(server_plan(address, tls=verified()))) as running, RawClient() as client:
            client.log_in()
            got, how, reply = client.retrieve("RETR a")
            assert (got, how) == (b"", End.CUT)
            assert reply.startswith("426 Connection lost; transfer aborted: TLS handshake on the data connection: ")
            assert running.facts_of(TransferEnded)[0].result == "cut"
            assert client.ask("NOOP").startswith("200 ")


def test_a_refused_transfer_ends_both_legs_quietly_and_the_next_one_works(tmp_path: Path):
    with pool(tmp_path, "explicit"), RawClient() as client:
        client.log_in(over_tls=True)
        with client.connect(client.passive()) as data:
            assert client.ask("RETR missing").startswith("550 ")
            assert read(data) == (b"", End.ENDED)
        assert client.retrieve("RETR a.bin") == (FILE, End.ENDED, "226 Transfer complete.")


# Passive ports.


def test_a_second_pasv_gives_the_first_port_up_and_its_late_connection_is_a_stray(tmp_path: Path):
    with pool(tmp_path) as (running, _), RawClient() as client:
        client.log_in()
        first = client.passive()
        ports = {first, *(client.passive() for _ in range(30))}
        last = client.passive()
        assert len(ports) > 1
        late = next(port for port in ports if port != last)
        assert is_turned_away(client, late)
        assert [fact.result for fact in running.facts_of(DataConnection)] == ["stray"]
        data = client.connect(last)
        assert client.ask("RETR a.bin").startswith("1")
        assert read(data) == (FILE, End.ENDED)


def test_a_second_pasv_closes_what_had_connected_to_the_first(tmp_path: Path):
    with pool(tmp_path), RawClient() as client:
        client.log_in(over_tls=True)
        former = client.connect(client.passive())
        current = client.connect(client.passive())
        assert read(former)[0] == b""
        assert client.ask("RETR a.bin").startswith("1")
        assert read(client.secured(current)) == (FILE, End.ENDED)


@pytest.mark.parametrize("connected", [False, True])
def test_quit_after_pasv_gives_the_port_back(tmp_path: Path, connected: bool):
    with pool(tmp_path) as (running, _), RawClient() as client:
        client.log_in()
        port = client.passive()
        data = client.connect(port) if connected else None
        assert client.ask("QUIT").startswith("221 ")
        running.wait(running.is_at_rest)
        assert running.call(lambda: running.worker.ports.in_use(VIP, (port,))) == 0
        if data is not None:
            assert read(data)[0] == b""


# Sizes and speeds.


@pytest.mark.parametrize("mode", ["off", "explicit"])
@pytest.mark.parametrize("secure", [False, True])
def test_an_empty_file_goes_both_ways(tmp_path: Path, secure: bool, mode: ServerTlsMode):
    with pool(tmp_path, mode) as (running, root), RawClient() as client:
        client.log_in(over_tls=secure)
        assert client.retrieve("RETR empty") == (b"", End.ENDED, "226 Transfer complete.")
        end(client.begin("STOR nothing"))
        assert client.reply() == "226 Transfer complete."
        assert (root / "nothing").read_bytes() == b""
        assert [fact.result for fact in running.facts_of(TransferEnded, 2)] == ["complete", "complete"]


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_a_slow_reader_gets_its_close_notify_before_the_226(tmp_path: Path, version: ssl.TLSVersion):
    with pool(tmp_path), RawClient(version=version) as client:
        client.log_in(over_tls=True)
        data = socket.socket()
        data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        data.settimeout(20)
        port = client.passive()
        data.connect((client.host, port))
        assert client.ask("RETR a.bin").startswith("1")
        secured = client.secured(data)
        got = bytearray()
        while len(got) < len(FILE):
            got += secured.recv(4096 if len(got) > len(FILE) - 500_000 else 65536)
            if len(got) % 50 == 0:
                time.sleep(0.001)
        assert secured.recv(1) == b""
        assert client.reply() == "226 Transfer complete."
        assert bytes(got) == FILE


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_an_upload_that_ends_in_order_is_answered_in_order(tmp_path: Path, version: ssl.TLSVersion):
    with pool(tmp_path), RawClient(version=version) as client:
        client.log_in(over_tls=True)
        for _ in range(5):
            data = client.begin("STOR up.bin")
            data.sendall(FILE)
            tcp = data.unwrap()  # Their close_notify has come.
            assert read(tcp) == (b"", End.ENDED)
            assert client.reply() == "226 Transfer complete."
            tcp.close()


# Addresses.


@pytest.mark.parametrize(("vip", "server"), [("::1", "127.0.0.1"), (VIP, "::1"), ("::1", "::1")])
def test_files_move_between_ipv6_and_ipv4(tmp_path: Path, vip: str, server: str):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.bin").write_bytes(FILE)
    with real_server(root, host=server) as address:
        with stage(service_plan(server_plan(address), address=vip)), RawClient(host=vip) as client:
            client.log_in(over_tls=True)
            assert client.retrieve("RETR a.bin") == (FILE, End.ENDED, "226 Transfer complete.")
            if vip == VIP:
                assert client.ask("PASV").startswith(f"227 Entering Passive Mode ({VIP.replace('.', ',')},")
            else:
                assert client.ask("PASV").startswith("425 ")
