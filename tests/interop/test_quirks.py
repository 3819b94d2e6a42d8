"""Quirks of real clients and servers, each met in the matrix and played here so that it always strikes."""

import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.lab import files, parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import entry, running, service, settings
from tests.interop.lab.clients.lftp import Lftp
from tests.interop.lab.clients.steps import TlsVersion, Upload
from tests.interop.lab.laboratory import new_server, way_to
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain, reset
from tests.interop.lab.scripted_server import Conversation, Script, ScriptedServer
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
QUIET = {"health": {"check": "off"}, "retries": 0}


@dataclass(slots=True)
class Bench:
    """A real strict server and scripted ones, each behind its service."""

    real: RealServer
    scripts: dict[str, ScriptedServer]
    vips: dict[str, str]
    authority: Authority

    def session(self, name: str, version: str = "1.3") -> RawClient:
        """Return a client that has logged in."""
        client = RawClient(self.vips[name], CONTROL_PORT, self.authority.ca, version)
        client.auth()
        client.log_in(self.real.user, self.real.password)
        return client


@pytest.fixture(scope="module")
def bench(lab_folder: Path, authority: Authority) -> Iterator[Bench]:
    """Run both behind one ftpair."""
    folder = lab_folder / "quirks"
    folder.mkdir()
    real = new_server(folder, authority, "ProFTPD", "explicit")
    scripts = {name: ScriptedServer(script) for name, script in SCRIPTS.items()}
    pools = {name: entry(script.address) for name, script in scripts.items()}
    pools["real"] = pools["clear"] = entry(real.address, "explicit", authority.ca)
    vips = {name: fresh_address() for name in pools}
    services = {name: service(vips[name], {"SVR": pool}, **QUIET) for name, pool in pools.items()}
    services["clear"]["tls"] = {"clear_text": "allow", "data_protection": "allow"}
    real.start()
    try:
        with running(folder, settings(folder, authority, services)):
            yield Bench(real, scripts, vips, authority)
    finally:
        real.stop()
        for script in scripts.values():
            script.close()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_client_that_closes_without_close_notify_after_the_last_byte_has_the_whole_file(
    bench: Bench, version: str
) -> None:
    bench.real.put("whole", files.fill("whole", 1000))
    with bench.session("real", version) as client:
        for _ in range(30):
            with client.begin("RETR files/whole") as data:
                assert drain(data) == (1000, True)
            assert client.reply().startswith("226")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_refused_transfer_is_never_reset_though_the_client_shakes_hands_meanwhile(bench: Bench, version: str) -> None:
    with bench.session("real", version) as client, futures.ThreadPoolExecutor(1) as beside:
        for _ in range(60):
            data = client.connect_data(client.passive())
            handshake = beside.submit(_shake_hands_and_read, client, data)
            assert client.ask("RETR files/absent").startswith("550")
            # A reset would hide the 550 from clients that look at the data connection first (basic-ftp, curl).
            assert not isinstance(handshake.result(10), ConnectionError)


def _shake_hands_and_read(client: RawClient, data: socket.socket) -> OSError | None:
    try:
        with client.secure_data(data) as secured:
            secured.recv(100)
    except OSError as error:
        return error
    return None


def abort_as_pure_ftpd(conversation: Conversation) -> None:
    """Answer an aborted download by a second 150 and never by 426, as Pure-FTPd does."""
    conversation.log_in()
    with conversation.listen() as listener:
        conversation.answer_until("RETR", {"EPSV": f"229 Entering (|||{listener.getsockname()[1]}|)"})
        data, _ = listener.accept()
        conversation.say("150 here it comes")
        data.sendall(b"x" * 65536)
        conversation.answer_until("ABOR")
        data.close()
        conversation.say("150 0.958 seconds (measured here)", "226 Since you see this ABOR must've succeeded")
        conversation.answer_until("QUIT")
        conversation.say("221 bye")


def test_an_abort_is_answered_by_426_and_226_whatever_the_server_says(bench: Bench) -> None:
    with bench.session("Pure-FTPd") as client:
        data = client.begin("RETR x")
        assert data.recv(1000)
        client.say("ABOR")
        first, second = client.reply(), client.reply()
        assert first.startswith("426")
        # lftp takes a reply with this word for the one to ABOR itself, and loses count.
        assert not re.search("ABOR", first)
        assert second.startswith("226")
        assert client.ask("NOOP").startswith("200"), "no third reply"


@pytest.mark.parametrize("size", [200_000, 1 << 20, 3_000_000])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_lftp_never_reads_while_it_uploads_and_loses_nothing(
    bench: Bench, tmp_path: Path, version: TlsVersion, size: int
) -> None:
    """A ticket on the data connection would stay unread, and lftp's close would be a reset over its last bytes."""
    local = tmp_path / "local"
    local.write_bytes(b"x" * size)
    way = way_to(bench.vips["real"], "explicit", version, bench.authority.ca, bench.real)
    outcomes = Lftp().run(way, [Upload(local, f"files/up-{size}-{number}") for number in range(6)])
    assert [outcome.is_done for outcome in outcomes] == [True] * 6


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_filezillas_order_in_parallel_sessions_resumes_and_ends_in_order(bench: Bench, version: str) -> None:
    bench.real.put("file", files.fill("file", 100_000))
    with futures.ThreadPoolExecutor(4) as beside:
        sessions = [beside.submit(_as_filezilla, bench, version) for _ in range(4)]
        assert [session.result(60) for session in sessions] == [[True] * 3] * 4


def _as_filezilla(bench: Bench, version: str) -> list[bool]:
    with RawClient(bench.vips["real"], CONTROL_PORT, bench.authority.ca, version) as client:
        client.auth()
        login = [f"USER {bench.real.user}", f"PASS {bench.real.password}", "CLNT FileZilla", "OPTS UTF8 ON"]
        said = [client.ask(line) for line in [*login, "PBSZ 0", "PROT P", "CWD /files", "TYPE I"]]
        assert [reply[0] for reply in said] == ["3", *"2222222"], said
        return [_is_resumed_and_ended(client, command) for command in ("MLSD", "RETR file", "MLSD")]


def _is_resumed_and_ended(client: RawClient, command: str) -> bool:
    data = client.connect_data(_endpoint(client.ask("PASV")))
    client.say(command)
    with client.secure_data(data, resume=True) as secured:
        assert client.reply().startswith("150")
        taken, is_ended = drain(secured)
        assert client.reply().startswith("226")
        return bool(taken) and is_ended and bool(secured.session_reused)


def _endpoint(reply: str) -> tuple[str, int]:
    """Return where a 227 says that data are awaited."""
    numbers = re.findall(r"\d+", reply[4:])
    return ".".join(numbers[:4]), int(numbers[4]) << 8 | int(numbers[5])


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("says_abor", [True, False])
def test_an_aborted_download_over_tls_leaves_the_control_connection_alone(
    bench: Bench, version: str, says_abor: bool
) -> None:
    """WinSCP closes the data connection in mid-record, with ABOR or without."""
    bench.real.put("huge", lambda path: files.sparse(path, 64 << 20))
    with bench.session("real", version) as client:
        for _ in range(3):
            data = client.begin("RETR files/huge")
            assert data.recv(1000)
            if says_abor:
                client.say("ABOR")
            reset(data)
            assert client.reply().startswith("426")
            if says_abor:
                assert client.reply().startswith("226")
            assert client.ask("PWD").startswith("257")


@pytest.mark.parametrize("urgent", [b"\xff\xf4\xff", b"\xf2", b""], ids=["IAC-IP-IAC", "DM", "nothing"])
def test_abor_is_heard_whatever_of_it_travels_as_urgent_data(bench: Bench, urgent: bytes) -> None:
    """BSD's ftp sends IAC IP IAC as urgent data, others the DM alone, others nothing."""
    bench.real.put("huge", lambda path: files.sparse(path, 64 << 20))
    before = b"" if urgent.startswith(b"\xff") else b"\xff\xf4\xff"
    behind = b"\xf2ABOR\r\n" if urgent != b"\xf2" else b"ABOR\r\n"
    with RawClient(bench.vips["clear"], CONTROL_PORT) as client:
        assert client.reply().startswith("220")
        client.log_in(bench.real.user, bench.real.password)
        for _ in range(3):
            with client.begin("RETR files/huge") as data:
                assert data.recv(1000)
                client.send(before)
                client.sock.send(urgent, socket.MSG_OOB if urgent else 0)
                client.send(behind)
                assert [client.reply()[:3], client.reply()[:3]] == ["426", "226"]
            assert client.ask("PWD").startswith("257")


def test_habits_of_old_clients_are_borne(bench: Bench) -> None:
    bench.real.put("old", files.fill("old", 5000))
    with bench.session("real") as client:
        client.send(b"TYPE I\r\r\n")
        assert client.reply().startswith("200")
        assert client.ask("STRU F").startswith("200")
        assert client.ask("MODE S").startswith("200")
        with client.begin("LIST -al files") as listing:
            assert b" old" in listing.recv(65536)
        assert client.reply().startswith("226")
        # What a server does not know stays its own to refuse.
        assert client.ask("P@SW").startswith("500")


def test_a_data_connection_is_not_used_again_after_a_failed_transfer_and_the_session_lives_on(bench: Bench) -> None:
    bench.real.put("old", files.fill("old", 5000))
    with bench.session("real") as client:
        data = client.connect_data(client.passive())
        assert client.ask("RETR files/absent").startswith("550")
        assert client.ask("RETR files/old").startswith("425")
        data.close()
        with client.begin("RETR files/old") as again:
            assert drain(again) == (5000, True)
        assert client.reply().startswith("226")


def test_nobody_is_asked_for_a_certificate(bench: Bench) -> None:
    """SmartFTP and CuteFTP end the session when a server asks for one."""
    for version in ("-tls1_2", "-tls1_3"):
        place = f"{bench.vips['real']}:{CONTROL_PORT}"
        command = [parts.program("openssl"), "s_client", "-msg", version, "-starttls", "ftp", "-connect", place]
        said = subprocess.run(command, input="QUIT\n", capture_output=True, text=True, timeout=30, check=False).stdout
        assert "ServerHello" in said
        assert "CertificateRequest" not in said


def as_ibm_i(conversation: Conversation) -> None:
    """Answer EPSV with `!`, PASV without brackets, an empty listing without 1xx, and reset data on a failed NLST."""
    conversation.log_in()
    with conversation.listen() as listener:
        host, port = listener.getsockname()
        answers = {
            "EPSV": f"229 Entering Extended Passive Mode (!!!{port}!).",
            "PASV": f"227 Entering Passive Mode {host.replace('.', ',')},{port >> 8},{port & 255}",
        }
        conversation.answer_until("LIST", answers)
        listener.accept()[0].close()
        conversation.say("226 No files found")
        conversation.answer_until("RETR", answers)
        data, _ = listener.accept()
        conversation.say("125 here it comes")
        data.sendall(b"x" * 100_000)
        data.close()
        conversation.say("226 done")
        conversation.answer_until("NLST", answers)
        data, _ = listener.accept()
        reset(data)
        conversation.say("550 No such file")
        conversation.answer_until("QUIT")
        conversation.say("221 bye")


def test_the_ways_of_ibm_i_are_understood(bench: Bench) -> None:
    with bench.session("IBM_i") as client:
        data = client.connect_data(client.passive())
        client.say("LIST")
        with client.secure_data(data) as listing:
            assert drain(listing) == (0, True)
        assert client.reply().startswith("226")
        reply = client.ask("PASV")
        assert re.fullmatch(r"227 Entering Passive Mode \(\d+,\d+,\d+,\d+,\d+,\d+\)\.\r\n", reply)
        data = client.connect_data(_endpoint(reply))
        client.say("RETR x")
        with client.secure_data(data) as file:
            assert client.reply().startswith("125")
            assert drain(file) == (100_000, True)
        assert client.reply().startswith("226")
        data = client.connect_data(client.passive())
        assert client.ask("NLST absent").startswith("550")
        data.close()
        assert client.ask("QUIT").startswith("221")


def oddly(conversation: Conversation) -> None:
    """Put digits, other codes and blank lines into replies of several lines."""
    conversation.log_in()
    conversation.answer_until("STAT")
    conversation.say("213-Status", "250 is the number of files", "213too", "", " 213 indented", "213 End")
    conversation.answer_until("FEAT")
    conversation.say("211-Features:", " UTF8", "", " MDTM", "", "211 End")
    conversation.answer_until("QUIT")
    conversation.say("221 bye")


def test_inner_lines_of_a_reply_may_begin_with_digits_and_may_be_blank(bench: Bench) -> None:
    with bench.session("odd") as client:
        stat = client.ask("STAT")
        assert stat == "213-Status\r\n250 is the number of files\r\n213too\r\n\r\n 213 indented\r\n213 End\r\n"
        assert client.ask("FEAT").split() == [
            "211-Features:",
            "UTF8",
            "MDTM",
            "AUTH",
            "TLS",
            "PBSZ",
            "PROT",
            "211",
            "End",
        ]
        assert client.ask("QUIT").startswith("221")


SCRIPTS: dict[str, Script] = {"Pure-FTPd": abort_as_pure_ftpd, "IBM_i": as_ibm_i, "odd": oddly}
