"""A worker moves real files between real clients and real servers."""

import asyncio
import contextlib
import ftplib
import gc
import io
import socket
import ssl
import time
from pathlib import Path

import msgspec
import pytest

from ftpair.core import columns
from ftpair.core.ending import End
from ftpair.core.endpoint import PortRange
from ftpair.core.facts import Refusal, ServerFailed, SessionEnded, TransferEnded
from ftpair.core.plan import ServerTls, ServerTlsMode

from . import descriptors
from .certificates import client_tls, self_signed
from .raw_client import RawClient, end, read, reset
from .stage import (
    IMPLICIT,
    PASSIVE,
    USER,
    VIP,
    Stage,
    clear_client,
    explicit_client,
    real_server,
    server_plan,
    service_plan,
    stage,
    verified,
)

FILE = bytes(range(256)) * 5000


def exchange(client: ftplib.FTP) -> None:
    """Three transfers in one session, up and down."""
    client.storbinary("STOR a.bin", io.BytesIO(FILE))
    got = bytearray()
    client.retrbinary("RETR a.bin", got.extend)
    assert bytes(got) == FILE
    assert client.nlst() == ["a.bin"]
    client.quit()


def test_a_clear_session_moves_files(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        exchange(clear_client())
        transfers = running.facts_of(TransferEnded, 3)
        assert [(t.verb, t.result, t.bytes) for t in transfers] == [
            ("STOR", "complete", len(FILE)),
            ("RETR", "complete", len(FILE)),
            ("NLST", "complete", 7),
        ]
        (session,) = running.facts_of(SessionEnded)
        assert (session.user, session.server, session.ended) == ("ann", "SVR1", "QUIT")
        assert (session.bytes_up, session.bytes_down) == (len(FILE), len(FILE) + 7)
        assert running.counts.sessions(1) == running.counts.transfers(1) == 0
        assert running.counts.total(1, columns.BYTES_UP) == len(FILE)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("server_tls", [False, True])
def test_an_explicit_tls_session_moves_files(tmp_path: Path, server_tls: bool, version: ssl.TLSVersion):
    root = tmp_path / "root"
    root.mkdir()
    with real_server(root, "explicit" if server_tls else "off", version=version) as address:
        server = server_plan(address, tls=verified()) if server_tls else server_plan(address)
        with stage(service_plan(server)) as running:
            exchange(explicit_client(version))
            transfers = running.facts_of(TransferEnded, 3)
            assert all(t.client_tls is not None and t.result == "complete" for t in transfers)
            if server_tls:
                assert [t.server_tls.resumed for t in transfers] == [True] * 3


# Counts and what stays behind.


def quit_(client: RawClient) -> None:
    assert client.ask("QUIT").startswith("221 ")


def go(client: RawClient) -> None:
    client.sock.close()


def cut(client: RawClient) -> None:
    reset(client.sock)


def go_before_login(client: RawClient) -> None:
    RawClient().sock.close()
    go(client)


def garbage_for_a_handshake(client: RawClient) -> None:
    with RawClient() as other:
        other.reply()
        assert other.ask("AUTH TLS").startswith("234 ")
        other.say("no ClientHello")
        assert other.reply() == ""
    go(client)


def pasv_and_go(client: RawClient) -> None:
    client.connect(client.passive()).close()
    client.passive()
    cut(client)


def leave_a_download(client: RawClient) -> None:
    data = client.begin("RETR big")
    data.recv(1000)
    cut(client)
    data.close()


def leave_an_upload(client: RawClient) -> None:
    data = client.begin("STOR up")
    data.sendall(b"x" * 300_000)
    client.sock.close()
    reset(data)


def reset_a_download(client: RawClient) -> None:
    data = client.begin("RETR big")
    data.recv(1000)
    reset(data)
    assert client.reply().startswith("426 ")
    quit_(client)


def transfer_and_quit(client: RawClient) -> None:
    assert client.retrieve("RETR small")[2].startswith("226 ")
    data = client.begin("STOR up")
    data.sendall(b"x" * 200_000)
    end(data)
    assert client.reply().startswith("226 ")
    quit_(client)


def stop_in_a_handshake(client: RawClient) -> None:
    data = client.connect(client.passive())
    client.say("RETR small")
    client.reply()
    cut(client)
    data.close()


ENDS = [
    quit_,
    go,
    cut,
    go_before_login,
    garbage_for_a_handshake,
    pasv_and_go,
    leave_a_download,
    leave_an_upload,
    reset_a_download,
    transfer_and_quit,
    stop_in_a_handshake,
]


@pytest.mark.parametrize("server_mode", ["off", "explicit"])
def test_no_kind_of_end_leaves_a_count_a_descriptor_or_a_task_behind(tmp_path: Path, server_mode: ServerTlsMode):
    root = tmp_path / "root"
    root.mkdir()
    (root / "small").write_bytes(b"x" * 100_000)
    with (root / "big").open("wb") as file:
        file.truncate(50_000_000)
    with real_server(root, server_mode) as address:
        tls = verified() if server_mode == "explicit" else ServerTls()
        with stage(service_plan(server_plan(address, tls=tls))) as running:

            def once(turn: int) -> None:
                client = RawClient()
                if turn % 2:
                    client.log_in(over_tls=True)
                else:
                    client.log_in()
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    ENDS[turn % len(ENDS)](client)
                client.sock.close()

            for turn in range(2 * len(ENDS)):
                once(turn)
            running.wait(running.is_at_rest)
            time.sleep(2.5)  # The farewells.
            gc.collect()
            before, watched = descriptors.count(), running.call(lambda: watched_by(running))
            for turn in range(220):
                once(turn)
            running.wait(running.is_at_rest)
            assert running.call(lambda: running.worker.ports.in_use(VIP, tuple(PASSIVE))) == 0
            time.sleep(2.5)
            ports = len(PASSIVE)  # Listeners that were opened in between stay for a minute.
            assert descriptors.returns_to(before + ports)
            assert running.call(lambda: watched_by(running)) <= watched + ports
            assert running.call(lambda: len(asyncio.all_tasks(running.loop))) == 1
            assert running.call(lambda: len(running.worker._moving)) == 0


def watched_by(running: Stage) -> int:
    watch = running.worker.sockets
    return len(watch._readers) + len(watch._writers)


# Operators.


def test_a_stop_lets_a_running_transfer_end_and_dismisses_idle_sessions(tmp_path: Path):
    (tmp_path / "a").write_bytes(FILE * 20)
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with RawClient() as idle, RawClient() as fresh, RawClient() as busy:
            idle.log_in()
            fresh.reply()
            busy.log_in()
            data = busy.begin("RETR a")
            got = data.recv(1000)
            running.call(running.listeners.close)
            stopped = asyncio.run_coroutine_threadsafe(running.worker.stop(10), running.loop)
            assert idle.reply() == fresh.reply() == "421 ftpair is shutting down"
            assert idle.reply() == fresh.reply() == ""
            with pytest.raises(ConnectionRefusedError):
                RawClient()
            rest, how = read(data)
            assert (got + rest, how) == (FILE * 20, End.ENDED)
            assert [busy.reply()[:3], busy.reply()[:3], busy.reply()] == ["226", "421", ""]
            stopped.result(5)
        assert running.is_at_rest()


def test_a_stop_cuts_what_does_not_end_in_time(tmp_path: Path):
    with (tmp_path / "big").open("wb") as file:
        file.truncate(200_000_000)
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with RawClient() as busy:
            busy.log_in()
            data = busy.begin("RETR big")
            began = time.monotonic()
            asyncio.run_coroutine_threadsafe(running.worker.stop(0.5), running.loop).result(10)
            assert 0.4 < time.monotonic() - began < 3
            assert read(data)[1] is End.CUT
            assert busy.reply() == "421 ftpair is shutting down"
        assert running.is_at_rest()


def test_one_session_or_all_of_a_server_can_be_ended(tmp_path: Path):
    with real_server(tmp_path) as address:
        servers = (server_plan(address, 1), server_plan(address, 2))
        with stage(service_plan(*servers, balance="round-robin")) as running:
            clients = [RawClient().log_in() for _ in range(4)]
            rows = running.sessions()
            name = rows[0].id
            assert running.call(lambda: running.worker.end_sessions("kicked", name, -1)).ended == 1
            assert running.call(lambda: running.worker.end_sessions("kicked", name, -1)) == (0, 0, 0)
            assert running.call(lambda: running.worker.end_sessions("kicked", "", -1)) == (0, 0, 0)
            left = [row for row in running.sessions() if row.server == "SVR2"]
            assert running.call(lambda: running.worker.end_sessions("SVR2 is halted", "", 2)) == (len(left), 0, 0)
            assert {row.server for row in running.sessions()} == {"SVR1"}
            assert running.counts.sessions(2) == 0
            said = [client.ask("NOOP") for client in clients]
            assert said.count("421 kicked") == 1
            assert said.count("421 SVR2 is halted") == len(left)
            for client in clients:
                client.sock.close()
            running.wait(running.is_at_rest)


def test_sessions_and_transfers_are_listed_as_they_are(tmp_path: Path):
    with (tmp_path / "big").open("wb") as file:
        file.truncate(100_000_000)
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with RawClient() as client:
            client.log_in(over_tls=True)
            (row,) = running.sessions()
            assert (row.user, row.server, row.entrance, row.state) == (USER, "SVR1", "explicit", "ready")
            assert row.tls.startswith("TLSv1.3 TLS_")
            assert row.command == "PROT P"
            data = client.begin("RETR big")
            data.recv(1_000_000)
            listed = running.call(lambda: running.worker.sessions(7))
            (transfer,) = listed.transfers
            assert (listed.number, transfer.verb, transfer.path, transfer.direction) == (7, "RETR", "big", "down")
            assert transfer.bytes > 0
            assert running.counts.transfers(1) == 1
            running.wait(lambda: running.counts.total(1, columns.BYTES_DOWN) > 0)  # Live, not at the end only.
            reset(data)
            assert client.reply().startswith("426 ")
            assert running.call(lambda: running.worker.sessions(8)).transfers == ()


# Plans.


def test_running_sessions_keep_their_plan_and_new_ones_get_the_new_one(tmp_path: Path):
    (tmp_path / "a").write_bytes(FILE)
    with real_server(tmp_path) as address:
        plan = service_plan(server_plan(address), greeting="first")
        with stage(plan) as running, RawClient() as old:
            old.log_in(over_tls=True)
            data = old.begin("RETR a")
            changed = service_plan(
                server_plan(("127.0.0.1", 9)), greeting="second", passive=PortRange(12300, 12310), implicit=None
            )
            running.call(lambda: running.use(changed))
            with RawClient() as new:
                assert new.reply() == "220 second"
                assert new.ask(f"USER {USER}").startswith("421 ")
            with pytest.raises(ConnectionRefusedError):
                RawClient(port=IMPLICIT)
            assert read(data) == (FILE, End.ENDED)
            assert old.reply().startswith("226 ")
            assert old.passive() in PASSIVE
            assert old.retrieve("RETR a") == (FILE, End.ENDED, "226 Transfer complete.")


def test_the_same_plan_again_changes_nothing(tmp_path: Path):
    with real_server(tmp_path) as address:
        plan = service_plan(server_plan(address))
        with stage(plan) as running, RawClient() as client:
            client.log_in()
            before = descriptors.count()
            for _ in range(5):
                running.call(lambda: running.use(plan))
            assert descriptors.count() <= before
            assert client.ask("NOOP").startswith("200 ")
            with RawClient(port=IMPLICIT) as other:
                other.log_in()


def test_a_changed_certificate_is_given_to_new_handshakes_only(tmp_path: Path):
    (tmp_path / "a").write_bytes(FILE)
    with real_server(tmp_path) as address:
        plan = service_plan(server_plan(address))
        renewed = self_signed(days=60)
        with stage(plan) as running, RawClient() as old:
            old.log_in(over_tls=True)
            shown = old.sock.getpeercert(binary_form=True)
            tls = client_tls(certificate=renewed)
            running.call(lambda: running.use(service_plan(server_plan(address), tls=tls)))
            with old.begin("RETR a") as data:
                assert data.getpeercert(binary_form=True) == shown
                assert data.session_reused
                assert read(data) == (FILE, End.ENDED)
            context = ssl.create_default_context(cadata=renewed.chain_pem.decode())
            context.check_hostname = False
            with context.wrap_socket(socket.create_connection((VIP, IMPLICIT))) as new:
                assert new.getpeercert(binary_form=True) != shown


def test_a_certificate_that_does_not_fit_changes_nothing_and_keeps_no_descriptor(tmp_path: Path):
    with real_server(tmp_path) as address:
        plan = service_plan(server_plan(address))
        wrong = msgspec.structs.replace(self_signed(), key_pem=self_signed(days=60).key_pem)
        with stage(plan) as running:
            before = descriptors.count()
            refused = service_plan(server_plan(address), tls=client_tls(certificate=wrong))

            def use() -> str:
                try:
                    running.use(refused)
                except ssl.SSLError as error:
                    return str(error)
                return ""

            assert "MISMATCH" in running.call(use).upper()
            assert descriptors.count() <= before
            with RawClient(port=IMPLICIT) as client:
                client.log_in()


# Bad days.


def test_a_client_waits_for_a_descriptor_and_is_then_served(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        running.call(running.worker._timer.cancel)  # Else it would see in between how few are left.
        with descriptors.only(1) as give_back:
            client = RawClient()
            client.sock.settimeout(0.5)
            with pytest.raises(TimeoutError):
                client.reply()
            give_back()
            client.sock.settimeout(10)
            client.log_in()
            client.sock.close()


def test_a_login_without_a_descriptor_for_its_server_is_told_and_the_server_is_not_blamed(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with RawClient() as client:
            assert client.reply().startswith("220 ")
            with descriptors.only(0):
                assert client.ask(f"USER {USER}") == "421 Too many sessions: try again later."
        assert running.facts_of(Refusal)[0].reason == "descriptors"
        assert not [fact for fact in running.facts if isinstance(fact, ServerFailed)]
        running.wait(running.is_at_rest)


@pytest.mark.parametrize("free", [5, 6, 7])
def test_a_download_works_without_a_descriptor_for_a_pipe(tmp_path: Path, free: int):
    (tmp_path / "a").write_bytes(FILE)
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))), RawClient() as client:
        client.log_in()
        port = client.passive()
        with descriptors.only(free):  # The client's, two of ftpair, two of the server; one for half a pipe.
            data = client.connect(port)
            client.say("RETR a")
            assert read(data) == (FILE, End.ENDED)
        assert [client.reply()[:3], client.reply()[:3]] == ["125", "226"]
