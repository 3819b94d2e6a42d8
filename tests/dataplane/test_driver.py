"""One session over real sockets: clocks, pipelines, ABOR, TLS towards servers, and bugs that stay at home."""

import contextlib
import resource
import socket
import ssl
import threading
import time
from pathlib import Path

import msgspec
import pytest

from ftpair.core.binding import Binding, Bindings
from ftpair.core.ending import End, Leg
from ftpair.core.facts import (
    DataConnection,
    Fact,
    Handshake,
    LoginAnswered,
    ProtocolError,
    Refusal,
    SessionEnded,
    TransferEnded,
)
from ftpair.session.ongoing import Progress

from .raw_client import RawClient, read
from .scripted_server import Dialogue, friendly, scripted_server
from .stage import (
    EXPLICIT,
    IMPLICIT,
    PASSWORD,
    USER,
    VIP,
    client_context,
    clocked,
    real_server,
    server_plan,
    service_plan,
    stage,
    verified,
)

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def silence(sock: socket.socket, most_s: float) -> float:
    """Read until the peer ends; return how long that took."""
    began = time.monotonic()
    sock.settimeout(most_s)
    with contextlib.suppress(ConnectionError):
        while sock.recv(4096):
            pass
    return time.monotonic() - began


# Clocks.


def test_who_does_not_log_in_in_time_is_told_and_ended():
    with scripted_server(friendly) as (address, _), stage(clocked(server_plan(address), login_timeout_s=1)) as running:
        with RawClient() as client:
            assert client.reply().startswith("220 ")
            assert client.reply() == "421 No login for too long."
            assert client.reply() == ""
        assert running.facts_of(SessionEnded)[0].ended == "no login in time"
        running.wait(running.is_at_rest)


def test_a_byte_now_and_then_does_not_stretch_the_login_clock():
    with scripted_server(friendly) as (address, _), stage(clocked(server_plan(address), login_timeout_s=2)):
        with RawClient() as client:
            assert client.reply().startswith("220 ")
            began = time.monotonic()
            with contextlib.suppress(ConnectionError):
                for letter in b"USER " + b"x" * 40:
                    client.sock.sendall(bytes([letter]))
                    time.sleep(0.1)
            assert client.reply() == "421 No login for too long."
            assert time.monotonic() - began < 6


def test_an_idle_session_is_told_and_ended_and_so_is_its_server():
    with scripted_server(friendly) as (address, dialogues):
        with stage(clocked(server_plan(address), idle_timeout_s=1)) as running, RawClient() as client:
            client.log_in()
            client.sock.sendall(b"NOO")  # Half a command is none.
            assert client.reply() == "421 No command for too long."
            assert running.facts_of(SessionEnded)[0].ended == "idle"
            running.wait(lambda: dialogues[0].sock.fileno() < 0)


def test_a_client_that_never_shakes_hands_is_cut_on_both_ports():
    with stage(clocked(server_plan(("127.0.0.1", 9)), handshake_timeout_s=1)) as running:
        with socket.create_connection((VIP, IMPLICIT)) as client:
            assert 0.5 < silence(client, 5) < 4
        with RawClient() as client:
            assert client.reply().startswith("220 ")
            assert client.ask("AUTH TLS").startswith("234 ")
            assert 0.5 < silence(client.sock, 5) < 4
        for failed in running.facts_of(Handshake, 2):
            assert (failed.leg, failed.tls, failed.reason) == (Leg.CLIENT, None, "no TLS handshake within 1 s")
        assert [refusal.reason for refusal in running.facts_of(Refusal, 2)] == ["handshake-timeout"] * 2
        running.wait(running.is_at_rest)


def test_a_handshake_byte_by_byte_does_not_stretch_its_clock():
    with stage(clocked(server_plan(("127.0.0.1", 9)), handshake_timeout_s=1)) as running:
        with socket.create_connection((VIP, IMPLICIT)) as client, contextlib.suppress(ConnectionError):
            for byte in b"\x16\x03\x01\x02\x00\x01" + bytes(60):
                client.sendall(bytes([byte]))
                time.sleep(0.1)
        assert running.facts_of(Handshake)[0].tls is None
        running.wait(running.is_at_rest)


def test_a_server_that_does_not_answer_ends_the_session():
    def deaf(dialogue: Dialogue) -> None:
        dialogue.log_in()
        dialogue.until("PWD")
        dialogue.hear()

    with scripted_server(deaf) as (address, _), stage(clocked(server_plan(address), reply_timeout_s=1)) as running:
        with RawClient() as client:
            client.log_in()
            assert client.ask("PWD") == "421 The server does not answer."
            assert client.reply() == ""
            assert running.facts_of(Refusal)[0].reason == "reply-timeout"


# Pipelines.


def test_ten_thousand_pipelined_commands_get_ten_thousand_replies_in_order_and_memory_stays_flat():
    def counting(dialogue: Dialogue) -> None:
        dialogue.log_in()
        number = 0
        while line := dialogue.hear():
            if line == "TYPE I":
                dialogue.say("200 binary")
                continue
            assert line == f"SITE {number}"
            dialogue.say(f"200 {number}")
            number += 1

    with scripted_server(counting) as (address, _), stage(service_plan(server_plan(address))) as running:
        with RawClient() as client:
            client.log_in()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            commands = [f"SITE {number}" for number in range(10_000)]
            threading.Thread(target=client.say, args=commands, daemon=True).start()
            (driver,) = running.call(lambda: tuple(running.worker._drivers.values()))
            deepest = 0
            for number in range(10_000):
                assert client.reply() == f"200 {number}"
                deepest = max(deepest, len(driver.session._talk.queue))
            assert deepest < 2000  # What one read brings, not what the client sends.
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16_000


def test_a_client_that_sends_and_goes_is_noticed_at_once():
    with scripted_server(friendly) as (address, _), stage(service_plan(server_plan(address))) as running:
        for _ in range(20):
            client = RawClient().log_in()
            client.say(*["NOOP"] * 2000)
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.sock.close()
        running.wait(running.is_at_rest, 4)


ALL_AT_ONCE = f"USER {USER}\r\nPASS {PASSWORD}\r\nPWD\r\nQUIT\r\n".encode()


def test_a_client_that_closes_its_side_still_reads_every_reply(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with RawClient() as client:
            client.sock.sendall(ALL_AT_ONCE)
            client.sock.shutdown(socket.SHUT_WR)
            codes = [client.reply()[:3] for _ in range(6)]
        assert codes == ["220", "331", "230", "257", "221", ""]
        assert running.facts_of(SessionEnded)[0].ended == "QUIT"
        running.wait(running.is_at_rest)


def test_a_client_that_sends_close_notify_still_reads_every_reply(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        with socket.create_connection((VIP, IMPLICIT), timeout=20) as sock:
            assert half_closed(sock, ALL_AT_ONCE).count(b"\r\n") == 5
        assert running.facts_of(SessionEnded)[0].ended == "QUIT"
        running.wait(running.is_at_rest)


def half_closed(sock: socket.socket, data: bytes) -> bytes:
    """Say it all over TLS, say close_notify, and only then read."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client_context().wrap_bio(incoming, outgoing)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            sock.sendall(outgoing.read())
            incoming.write(sock.recv(1 << 16))
    tls.write(data)
    with contextlib.suppress(ssl.SSLError):
        tls.unwrap()
    sock.sendall(outgoing.read())
    heard = b""
    while piece := sock.recv(1 << 16):
        incoming.write(piece)
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            while got := tls.read():
                heard += got
    return heard


def test_commands_behind_a_transfer_wait_for_its_end(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"x" * 1000)
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))), RawClient() as client:
        client.log_in()
        data = client.connect(client.passive())
        client.say("RETR a", "PWD", "EPSV", "NOOP")
        begun, *others = [client.reply()[:3] for _ in range(5)]
        assert begun in {"125", "150"}  # As the data connection has come to the server before the command, or not.
        assert others == ["226", "257", "229", "200"]
        assert read(data) == (b"x" * 1000, End.ENDED)


def test_bytes_behind_auth_keep_no_wrong_password_from_the_log(tmp_path: Path):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running, RawClient() as client:
        assert client.reply().startswith("220 ")
        client.sock.sendall(f"USER {USER}\r\nPASS wrong\r\nAUTH TLS\r\nX".encode())
        assert client.reply().startswith("331 ")
        assert client.reply().startswith("530 ")
        assert client.reply() == "503 Clear text behind AUTH is not accepted."
        assert client.reply() == ""
        assert [fact.accepted for fact in running.facts_of(LoginAnswered)] == [False]


# ABOR.

TELNET_ABOR = b"\xff\xf4\xff", b"\xf2ABOR\r\n"


@pytest.mark.parametrize("urgent", [False, True])
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("command", ["RETR big", "STOR up"])
def test_abor_ends_a_transfer_in_its_middle_and_the_session_lives_on(
    tmp_path: Path, command: str, secure: bool, urgent: bool
):
    root = tmp_path / "root"
    root.mkdir()
    with (root / "big").open("wb") as file:
        file.truncate(300_000_000)
    (root / "a").write_bytes(b"after")
    with real_server(root) as address, stage(service_plan(server_plan(address))) as running, RawClient() as client:
        client.log_in(over_tls=secure)
        data = client.begin(command)
        if command == "RETR big":
            assert data.recv(1000)
        else:
            data.sendall(b"x" * 100_000)
        if urgent and not secure:
            client.sock.send(TELNET_ABOR[0], socket.MSG_OOB)
            client.sock.send(TELNET_ABOR[1])
        else:
            client.sock.sendall(b"".join(TELNET_ABOR) if urgent else b"ABOR\r\n")
        assert [client.reply()[:3], client.reply()[:3]] in (["426", "226"], ["426", "225"])
        with pytest.raises((ConnectionError, ssl.SSLError)):
            while True:
                if command == "RETR big":
                    if not data.recv(1 << 18):
                        raise AssertionError("the data connection ended as if it were complete")
                else:
                    data.sendall(b"x" * 100_000)
        (fact,) = running.facts_of(TransferEnded)
        assert (fact.result, fact.client_tls is not None, fact.server_tls) == ("aborted", secure, None)
        assert client.retrieve("RETR a") == (b"after", End.ENDED, "226 Transfer complete.")


# Bugs.


def test_a_bug_in_one_session_ends_that_session_only(caplog: pytest.LogCaptureFixture):
    def buggy(fact: Fact) -> None:
        if isinstance(fact, LoginAnswered) and fact.user == "bug":
            raise ZeroDivisionError("a bug")

    with scripted_server(friendly) as (address, _):
        with stage(service_plan(server_plan(address)), on_fact=buggy) as running, RawClient() as good:
            good.log_in()
            with RawClient() as bad:
                assert bad.reply().startswith("220 ")
                assert bad.ask("USER bug").startswith("331 ")
                assert bad.ask("PASS x") == ""
            assert "a bug" in caplog.text
            (fact,) = running.facts_of(SessionEnded)
            assert (fact.user, fact.ended) == ("bug", "internal error")
            assert good.ask("NOOP") == "200 yes"
            assert good.ask("QUIT") == "221 bye"
            running.wait(running.is_at_rest)


def test_a_bug_in_a_transfer_still_tells_how_both_ended(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    def buggy() -> Progress:
        raise ZeroDivisionError("a bug")

    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running, RawClient() as client:
        client.log_in()
        data = client.begin("STOR up")
        (driver,) = running.call(lambda: tuple(running.worker._drivers.values()))
        driver.session.ask_progress(buggy)
        client.say("ABOR")
        assert client.reply() == ""
        assert read(data)[1] is End.CUT
        (transfer,), (session,) = running.facts_of(TransferEnded), running.facts_of(SessionEnded)
        assert (transfer.verb, transfer.result, session.ended) == ("STOR", "aborted", "internal error")
        assert "a bug" in caplog.text
        running.wait(running.is_at_rest)


def test_facts_that_a_bug_overtakes_are_noted_though_one_of_them_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    def buggy(fact: Fact) -> None:
        if isinstance(fact, ProtocolError | TransferEnded):
            raise ZeroDivisionError("a bug")

    with real_server(tmp_path) as address:
        with stage(service_plan(server_plan(address)), on_fact=buggy) as running, RawClient() as client:
            client.log_in()
            data = client.begin("STOR up")
            client.say("x" * 100_000)
            (transfer,), (session,) = running.facts_of(TransferEnded), running.facts_of(SessionEnded)
            assert (transfer.result, session.ended) == ("cut", "a line was too long")
            assert caplog.text.count("could not be noted") == 1
            assert read(data) == (b"", End.CUT)
            running.wait(running.is_at_rest)


def test_a_dropped_transfer_tells_of_the_tls_of_both_legs(tmp_path: Path):
    root = tmp_path / "root"
    root.mkdir()
    with real_server(root, "explicit") as address:
        with stage(service_plan(server_plan(address, tls=verified()))) as running, RawClient() as client:
            client.log_in(over_tls=True)
            data = client.begin("STOR up")
            data.sendall(b"x" * 1000)
            running.wait(lambda: running.call(lambda: running.worker.sessions(0)).transfers[0].bytes)
            (session,) = running.sessions()
            running.call(lambda: running.worker.end_sessions("out", session.id, -1))
            (fact,) = running.facts_of(TransferEnded)
        assert (fact.result, fact.bytes) == ("cut", 1000)
        assert (fact.client_tls.version, fact.server_tls.version) == ("TLSv1.3", "TLSv1.3")


def test_a_bug_in_a_clock_ends_that_session_only_and_the_clocks_go_on(caplog: pytest.LogCaptureFixture):
    def buggy(fact: Fact) -> None:
        if isinstance(fact, Handshake):
            raise ZeroDivisionError("a bug")

    with scripted_server(friendly) as (address, _):
        plan = clocked(server_plan(address), handshake_timeout_s=1, idle_timeout_s=2)
        with stage(plan, on_fact=buggy) as running, RawClient() as good:
            good.log_in()
            with socket.create_connection((VIP, IMPLICIT)) as bad:
                silence(bad, 5)
            assert "a bug" in caplog.text
            assert good.reply() == "421 No command for too long."
            running.wait(running.is_at_rest)


def test_a_bug_in_the_clock_of_a_transfer_cuts_it_and_the_other_clocks_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    def buggy(fact: Fact) -> None:
        if isinstance(fact, DataConnection) and fact.result == "too-slow":
            raise ZeroDivisionError("a bug")

    (tmp_path / "a").write_bytes(b"x")
    with real_server(tmp_path) as address:
        plan = clocked(server_plan(address), handshake_timeout_s=1, idle_timeout_s=3)
        plan = msgspec.structs.replace(plan, bindings=Bindings(Binding(session="require")))
        with stage(plan, on_fact=buggy) as running, RawClient() as good, RawClient() as bad:
            good.log_in()
            bad.log_in(over_tls=True)
            silent = bad.connect(bad.passive())
            assert bad.ask("RETR a").startswith("1")
            assert good.reply() == "421 No command for too long."
            (moved,) = running.facts_of(TransferEnded)
            assert (moved.result, moved.reason) == ("cut", "internal error")
            assert "a bug" in caplog.text
            silent.close()


# Ports.


def test_a_client_that_scans_and_leaves_costs_no_server_and_leaves_nothing():
    with scripted_server(friendly) as (address, dialogues), stage(service_plan(server_plan(address))) as running:
        for port in (EXPLICIT, IMPLICIT):
            for _ in range(20):
                socket.create_connection((VIP, port)).close()
        running.wait(running.is_at_rest)
        assert dialogues == []
