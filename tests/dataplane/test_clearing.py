"""CCC on real sockets: TLS ends on both sides of the control connection, and not a byte is lost or mixed."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftpair.core.ending import End
from ftpair.core.facts import Handshake, Refusal, SessionEnded, TransferEnded
from ftpair.core.plan import Clocks

from .certificates import client_tls
from .raw_client import RawClient, read
from .stage import Stage, real_server, server_plan, service_plan, stage
from .test_tls import VERSIONS

FILE = bytes(range(256)) * 2000


@contextlib.contextmanager
def clearing(tmp_path: Path, **clocks: float) -> Iterator[Stage]:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.bin").write_bytes(FILE)
    with real_server(root) as address:
        service = service_plan(server_plan(address), tls=client_tls(ccc="allow"), clocks=Clocks(**clocks))
        with stage(service) as running:
            yield running
            running.wait(running.is_at_rest)


def cleared(client: RawClient) -> RawClient:
    client.log_in(over_tls=True)
    assert client.ask("CCC").startswith("200 ")
    assert isinstance(client.sock, ssl.SSLSocket)
    session = client.sock.session
    client.sock = client.sock.unwrap()
    client.kept = session
    return client


@pytest.mark.parametrize("version", VERSIONS)
def test_after_ccc_a_protected_file_comes_whole(tmp_path: Path, version: ssl.TLSVersion):
    with clearing(tmp_path) as running, RawClient(version=version) as client:
        cleared(client)
        assert client.ask("PBSZ 0").startswith("503 ")
        reply = client.ask("EPSV")
        port = int(reply.split("|||")[1].split("|")[0])
        client.say("RETR a.bin")
        data = client.context.wrap_socket(client.connect(port), suppress_ragged_eofs=False, session=client.kept)
        assert client.reply().startswith("150 ")
        received = b""
        while chunk := data.recv(65536):
            received += chunk
        data.unwrap()
        data.close()
        assert client.reply().startswith("226 ")
        assert received == FILE
        assert client.ask("QUIT").startswith("221 ")
        (ended,) = running.facts_of(SessionEnded)
        assert (ended.ended, ended.tls.version) == ("QUIT", version.name.replace("v1_", "v1."))
        (transfer,) = running.facts_of(TransferEnded)
        assert (transfer.result, transfer.client_tls.resumed) == ("complete", True)


def test_clear_text_right_behind_the_close_notify_is_read(tmp_path: Path):
    """Both may come in one segment: OpenSSL must leave what is not its own."""
    with clearing(tmp_path), socket_pair_client() as client:
        assert client.ask("CCC").startswith("200 ")
        client.end_tls_and_say(b"NOOP\r\n")
        assert client.reply().startswith("200 ")


@contextlib.contextmanager
def socket_pair_client() -> Iterator["MemoryClient"]:
    client = MemoryClient()
    try:
        yield client
    finally:
        client.raw.close()


class MemoryClient:
    """A client whose TLS records are made in memory, so that records and clear text can share a segment."""

    def __init__(self) -> None:
        first = RawClient()
        assert first.reply().startswith("220 ")
        assert first.ask("AUTH TLS").startswith("234 ")
        self.raw = first.sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = first.context.wrap_bio(self.incoming, self.outgoing)
        self._until(self.tls.do_handshake)
        self.is_clear, self.rest = False, b""
        for line in ("USER ann", "PASS secret"):
            assert self.ask(line)[0] in "23"

    def _until(self, act):
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush()
                self.incoming.write(self.raw.recv(65536))
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if self.outgoing.pending:
            self.raw.sendall(self.outgoing.read())

    def ask(self, line: str) -> str:
        self.tls.write(f"{line}\r\n".encode())
        self._flush()
        return self.reply()

    def reply(self) -> str:
        while b"\n" not in self.rest:
            self.rest += self.raw.recv(4096) if self.is_clear else self._until(lambda: self.tls.read(4096))
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode()

    def end_tls_and_say(self, text: bytes) -> None:
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self.raw.sendall(self.outgoing.read() + text)
        while True:  # The server's own close_notify: one record, then clear text.
            try:
                self.tls.unwrap()
                break
            except ssl.SSLWantReadError:
                head = self._exactly(5)
                self.incoming.write(head + self._exactly(int.from_bytes(head[3:])))
        self.is_clear = True

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self.raw.recv(count - len(data))
        return data


def test_commands_behind_ccc_are_not_taken(tmp_path: Path):
    with clearing(tmp_path) as running, RawClient() as client:
        client.log_in(over_tls=True)
        client.say("CCC", "NOOP")
        assert client.reply() == ""
        (ended,) = running.facts_of(SessionEnded)
        assert ended.ended == "TLS failed: bytes came behind AUTH or CCC"


def test_bytes_behind_ccc_keep_no_transfer_from_the_log(tmp_path: Path):
    with clearing(tmp_path) as running, RawClient() as client:
        client.log_in(over_tls=True)
        data = client.connect(client.passive())
        client.sock.sendall(b"RETR a.bin\r\nCCC\r\nX")
        assert client.reply().startswith("125 ")
        assert read(client.secured(data)) == (FILE, End.ENDED)
        (moved,) = running.facts_of(TransferEnded)
        assert (moved.result, moved.bytes) == ("complete", len(FILE))


def test_a_client_that_goes_on_over_tls_is_cut(tmp_path: Path):
    with clearing(tmp_path) as running, RawClient() as client:
        client.log_in(over_tls=True)
        assert client.ask("CCC").startswith("200 ")
        client.say("NOOP")
        assert client.reply() == ""
        (ended,) = running.facts_of(SessionEnded)
        assert ended.ended == "TLS failed: application data after close notify"


def test_a_client_that_answers_no_close_notify_is_understood(tmp_path: Path):
    """As curl does by default (`--ftp-ssl-ccc-mode passive`)."""
    with clearing(tmp_path), RawClient() as client:
        client.log_in(over_tls=True)
        assert client.ask("CCC").startswith("200 ")
        assert client.sock.recv(1) == b"", "no close_notify"
        raw = socket.socket(fileno=client.sock.detach())
        raw.settimeout(10)
        raw.sendall(b"NOOP\r\n")
        assert raw.recv(100).startswith(b"200 ")
        raw.close()


def test_a_client_that_never_ends_its_tls_is_not_waited_for_any_longer(tmp_path: Path):
    with clearing(tmp_path, handshake_timeout_s=1) as running, RawClient() as client:
        client.log_in(over_tls=True)
        assert client.ask("CCC").startswith("200 ")
        (ended,) = running.facts_of(SessionEnded)
        assert ended.ended == "TLS failed: no close_notify within 1 s"
        assert running.facts_of(Refusal)[0].reason == "handshake-timeout"
        assert all(handshake.tls for handshake in running.facts_of(Handshake)), "a handshake that was none has failed"


def test_a_client_that_vanishes_while_tls_ends_leaves_nothing(tmp_path: Path):
    with clearing(tmp_path) as running, RawClient() as client:
        client.log_in(over_tls=True)
        client.say("CCC")
        threading.Event().wait(0.1)
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sock.close()
        running.facts_of(SessionEnded)
