"""Quirks of real clients and servers, each met in the matrix and played here so that it always strikes."""

import re
import socket
import time
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import entry, running, service, settings
from tests.interop.lab.clients.lftp import Lftp
from tests.interop.lab.clients.steps import TlsVersion, Upload
from tests.interop.lab.laboratory import new_server, way_to
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain
from tests.interop.lab.scripted_server import Conversation, ScriptedServer
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
QUIET = {"health": {"check": "off"}, "retries": 0}


@dataclass(slots=True)
class Bench:
    """A real strict server and a scripted one, each behind its service."""

    real: RealServer
    scripted: ScriptedServer
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
    scripted = ScriptedServer(abort_as_pure_ftpd)
    pools = {"real": entry(real.address, "explicit", authority.ca), "scripted": entry(scripted.address)}
    vips = {name: fresh_address() for name in pools}
    services = {name: service(vips[name], {"SVR": pool}, **QUIET) for name, pool in pools.items()}
    real.start()
    try:
        with running(folder, settings(folder, authority, services)):
            yield Bench(real, scripted, vips, authority)
    finally:
        real.stop()
        scripted.close()


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
    with bench.session("scripted") as client:
        data = client.begin("RETR x")
        assert data.recv(1000)
        client.say("ABOR")
        first, second = client.reply(), client.reply()
        assert first.startswith("426")
        # lftp takes a reply with this word for the one to ABOR itself, and loses count.
        assert not re.search("ABOR", first)
        assert second.startswith("226")
        began = time.monotonic()
        assert client.ask("NOOP").startswith("200"), "no third reply"
        assert time.monotonic() - began < 1


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
