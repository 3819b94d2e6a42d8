"""Data connections that must prove whose they are: who resumes the session's TLS gets the file, and nobody else."""

import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from ftpair.core.binding import Binding, BindingRule, Bindings, DataPeer, DataSession
from ftpair.core.clientele import Seen
from ftpair.core.ending import End, Leg
from ftpair.core.facts import DataConnection, TransferEnded
from ftpair.dataplane.awaiting import Bounds

from .raw_client import RawClient, end, read
from .stage import FILE, IMPLICIT, VIP, Stage, clear_client, client_context, clocked, real_server, server_plan, stage
from .test_active import ActiveClient
from .test_data import is_turned_away

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@contextmanager
def bound(
    folder: Path,
    session: DataSession = "require",
    peer: DataPeer = "same-address",
    rules: tuple[BindingRule, ...] = (),
    **clocks: float,
) -> Iterator[Stage]:
    """A stage whose clients are bound like this."""
    root = folder / "root"
    root.mkdir()
    (root / "a.bin").write_bytes(FILE)
    bindings = Bindings(Binding(peer, session), rules)
    with real_server(root) as address:
        plan = msgspec.structs.replace(clocked(server_plan(address), **clocks), bindings=bindings)
        with stage(plan) as running:
            yield running
            running.wait(running.is_at_rest)


def results(running: Stage) -> Counter[str]:
    """How data connections of clients were counted."""
    facts = [fact for fact in running.facts if isinstance(fact, DataConnection) and fact.leg is Leg.CLIENT]
    return Counter(fact.result for fact in facts)


def stranger(port: int, source: str = "") -> socket.socket:
    """A connection of somebody else."""
    return socket.create_connection((VIP, port), timeout=15, source_address=(source, 0) if source else None)


def shake_hands(sock: socket.socket) -> ssl.SSLSocket:
    """Start TLS without a session to resume."""
    return client_context().wrap_socket(sock, suppress_ragged_eofs=False)


def got_nothing(sock: socket.socket) -> bool:
    """Whether a connection is reset without a byte."""
    return read(sock) == (b"", End.CUT)


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("order", ["handshake, command", "command, 150, handshake"])
def test_a_client_that_resumes_gets_its_file_and_gives_one(tmp_path: Path, version: ssl.TLSVersion, order: str):
    with bound(tmp_path) as running, RawClient(version=version) as client:
        client.log_in(over_tls=True)
        for _ in range(3):
            data = client.connect(client.passive())
            if order == "handshake, command":
                data = client.secured(data)
            assert client.ask("RETR a.bin").startswith("1")
            if order != "handshake, command":
                data = client.secured(data)
            assert read(data) == (FILE, End.ENDED)
            assert client.reply().startswith("226 ")
        with client.begin("STOR b.bin") as upload:
            upload.sendall(FILE)
            end(upload)
        assert client.reply().startswith("226 ")
        assert (tmp_path / "root" / "b.bin").read_bytes() == FILE
        assert results(running) == {"opened": 4}
        assert running.sessions()[0].transfers == 4


def test_a_client_that_resumes_is_served_on_the_implicit_port(tmp_path: Path):
    with bound(tmp_path), RawClient(port=IMPLICIT) as client:
        for line in ("USER ann", "PASS secret", "TYPE I", "PBSZ 0", "PROT P"):
            client.ask(line)
        client.reply()
        assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)


def test_a_client_that_does_not_resume_gets_nothing_and_its_session_lives_on(tmp_path: Path):
    with bound(tmp_path, data_timeout_s=2) as running, RawClient() as client:
        client.log_in(over_tls=True)
        data = client.connect(client.passive())
        assert client.ask("RETR a.bin").startswith("1")
        with shake_hands(data) as mine:
            assert got_nothing(mine)
        assert client.reply().startswith("426 ")
        (transfer,) = running.facts_of(TransferEnded)
        assert transfer.reason == "no data connection that resumes the session's TLS within 2 s"
        assert transfer.bytes == 0
        assert results(running) == {"not-resumed": 1}
        assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)


def test_the_log_says_why_a_client_that_does_not_resume_has_left(tmp_path: Path):
    with bound(tmp_path) as running, RawClient() as client:
        client.log_in(over_tls=True)
        data = client.connect(client.passive())
        assert client.ask("RETR a.bin").startswith("1")
        with shake_hands(data) as mine:
            assert got_nothing(mine)
        client.sock.close()
        running.wait(lambda: bool(running.facts_of(TransferEnded)))
        assert running.facts_of(TransferEnded)[0].reason == "no data connection that resumes the session's TLS"


def test_the_session_of_another_login_proves_nothing(tmp_path: Path):
    with bound(tmp_path) as running, RawClient() as thief, RawClient() as client:
        thief.log_in(over_tls=True)
        client.log_in(over_tls=True)
        port = client.passive()
        assert isinstance(thief.sock, ssl.SSLSocket)
        thieves = [thief.secured(stranger(port)) for _ in range(5)]
        assert [each.session_reused for each in thieves] == [False] * 5
        data = client.connect(port)
        assert client.ask("RETR a.bin").startswith("1")
        assert all(map(got_nothing, thieves))
        assert read(client.secured(data)) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert results(running) == {"not-resumed": 5, "opened": 1}


def test_clear_text_and_silence_on_the_port_do_no_harm(tmp_path: Path):
    with bound(tmp_path, handshake_timeout_s=1) as running, RawClient() as client:
        client.log_in(over_tls=True)
        port = client.passive()
        silent = [stranger(port) for _ in range(3)]
        clear = stranger(port)
        clear.sendall(b"RETR a.bin\r\n" * 100)
        assert got_nothing(clear)
        assert client.ask("RETR a.bin").startswith("1")
        for each in silent:
            assert got_nothing(each)  # Within handshake_timeout_s of the 150.
        data = client.secured(client.connect(port))
        assert read(data) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert results(running) == {"no-handshake": 1, "too-slow": 3, "opened": 1}


def test_when_the_right_one_has_come_the_others_are_strays(tmp_path: Path):
    with bound(tmp_path) as running, RawClient() as client:
        client.log_in(over_tls=True)
        port = client.passive()
        silent = [stranger(port) for _ in range(3)]
        data = client.secured(client.connect(port))
        assert client.ask("RETR a.bin").startswith("1")
        assert read(data) == (FILE, End.ENDED)
        assert all(map(got_nothing, silent))
        assert client.reply().startswith("226 ")
        assert results(running) == {"stray": 3, "opened": 1}


def test_of_too_many_the_oldest_silent_one_makes_way(tmp_path: Path):
    with bound(tmp_path) as running, RawClient() as client:
        running.worker.ports.bounds = Bounds(candidates=4)
        client.log_in(over_tls=True)
        port = client.passive()
        silent = [stranger(port) for _ in range(6)]
        running.wait(lambda: results(running)["too-many"] == 2)
        assert got_nothing(silent[0])
        assert got_nothing(silent[1])
        data = client.secured(client.connect(port))
        assert client.ask("RETR a.bin").startswith("1")
        assert read(data) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert results(running) == {"too-many": 3, "stray": 3, "opened": 1}


def test_a_crowd_that_shakes_hands_slowly_keeps_nobody_out(tmp_path: Path):
    with bound(tmp_path) as running, RawClient() as client:
        running.worker.ports.bounds = Bounds(handshakes=2)
        client.log_in(over_tls=True)
        port = client.passive()
        slow = [stranger(port) for _ in range(4)]
        for each in slow:
            each.sendall(b"\x16\x03\x01")  # The beginning of a ClientHello.
        data = client.connect(port)
        assert client.ask("RETR a.bin").startswith("1")
        assert read(client.secured(data)) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert results(running)["too-slow"] >= 3


def test_in_clear_text_nothing_can_be_proven(tmp_path: Path):
    with bound(tmp_path) as running, RawClient() as client:
        client.log_in()
        client.passive()
        refusal = "522 Data connections must resume the TLS session here: use AUTH TLS, PBSZ 0 and PROT P first."
        assert client.ask("RETR a.bin") == refusal
        assert client.ask("NOOP").startswith("200 ")
        assert results(running) == {}


@pytest.mark.parametrize("order", ["alone", "beside a silent one"])
def test_where_resumption_is_preferred_another_may_come_and_is_counted(tmp_path: Path, order: str):
    with bound(tmp_path, "prefer") as running, RawClient() as client:
        client.log_in(over_tls=True)
        port = client.passive()
        silent = [] if order == "alone" else [stranger(port)]
        data = client.connect(port)
        assert client.ask("RETR a.bin").startswith("1")
        assert read(shake_hands(data)) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert results(running) == Counter({"opened-unresumed": 1, "stray": len(silent)})
        for each in silent:
            each.close()


def test_where_resumption_is_preferred_it_wins(tmp_path: Path):
    with bound(tmp_path, "prefer") as running, RawClient() as client:
        client.log_in(over_tls=True)
        port = client.passive()
        data = client.connect(port)
        first, second = shake_hands(stranger(port)), shake_hands(stranger(port))
        assert client.ask("RETR a.bin").startswith("1")
        assert read(client.secured(data)) == (FILE, End.ENDED)
        assert got_nothing(first)
        assert got_nothing(second)
        assert client.reply().startswith("226 ")
        assert results(running)["opened"] == 1


def test_a_rule_for_a_network_comes_before_what_the_service_says(tmp_path: Path):
    rules = (BindingRule(("127.0.0.33/32",), Binding("same-address", "off")),)
    with bound(tmp_path, rules=rules) as running, From("127.0.0.33") as client:
        client.log_in(over_tls=True)
        data = client.connect(client.passive())
        assert client.ask("RETR a.bin").startswith("1")
        assert read(shake_hands(data)) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert results(running) == {"opened": 1}


class From(RawClient):
    """A client whose data connections may leave from somewhere else."""

    def __init__(self, *sources: str) -> None:
        self.sources = list(sources)
        super().__init__()

    def connect(self, port: int) -> socket.socket:
        source = self.sources.pop(0) if len(self.sources) > 1 else self.sources[0]
        return socket.create_connection((self.host, port), timeout=15, source_address=(source, 0))


@pytest.mark.parametrize(
    ("peer", "elsewhere", "is_let_in"),
    [
        ("same-address", "127.0.33.7", False),
        ("same-network", "127.0.33.7", True),
        ("same-network", "127.0.34.7", False),
        ("any", "127.9.9.9", True),
    ],
)
def test_a_client_may_come_from_where_the_service_says(tmp_path: Path, peer: DataPeer, elsewhere: str, is_let_in: bool):
    with bound(tmp_path, "require", peer, data_timeout_s=2) as running, From("127.0.33.6", elsewhere) as client:
        client.log_in(over_tls=True)
        port = client.passive()
        if not is_let_in:
            assert is_turned_away(client, port)
            running.wait(lambda: results(running) == {"stray": 1})
            return
        data = client.connect(port)
        assert client.ask("RETR a.bin").startswith("1")
        assert read(client.secured(data)) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert results(running) == {"opened": 1}


def test_a_crowd_of_other_sessions_leaves_every_session_its_few(tmp_path: Path):
    with bound(tmp_path) as running, RawClient() as other, RawClient() as client:
        running.worker.ports.bounds = Bounds(candidates_in_worker=3, few=2)
        other.log_in(over_tls=True)
        crowded = other.passive()
        silent = [stranger(crowded) for _ in range(6)]
        running.wait(lambda: running.worker.ports.unproven == 3)
        client.log_in(over_tls=True)
        assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)
        assert results(running)["opened"] == 1
        assert results(running)["too-many"] == 3
        for each in silent:
            each.close()
        other.ask("QUIT")
        running.wait(lambda: running.worker.ports.unproven == 0)


@pytest.mark.parametrize("resumes", [True, False])
def test_a_client_in_active_mode_must_resume_too(tmp_path: Path, resumes: bool):
    with bound(tmp_path) as running, ActiveClient() as client:
        client.log_in(over_tls=True)
        with client.listen() as listener:
            assert client.ask("RETR a.bin").startswith("1")
            data, _ = listener.accept()
        data.settimeout(15)
        if resumes:
            assert read(client.secured(data)) == (FILE, End.ENDED)
            assert client.reply().startswith("226 ")
        else:
            assert got_nothing(shake_hands(data))
            assert client.reply().startswith("426 ")
            (transfer,) = running.facts_of(TransferEnded)
            assert transfer.reason == "the data connection has not resumed the session's TLS"


def test_clients_are_remembered_with_what_they_do(tmp_path: Path):
    with bound(tmp_path, "off") as running, RawClient() as client:
        client.log_in(over_tls=True)
        client.ask("CLNT Raw 1.0")
        client.retrieve("RETR a.bin")
        data = client.connect(client.passive())
        client.ask("RETR a.bin")
        read(shake_hands(data))
        client.reply()
        clear = clear_client()
        clear.nlst()
        clear.quit()
        rows: dict[str, Seen] = {seen.program: seen for seen in running.call(running.worker.clientele.all)}
    raw, unnamed = rows["Raw 1.0"], rows[""]
    assert (raw.service, raw.client, raw.user) == ("VIP", "127.0.0.1", "ann")
    assert (raw.resumed, raw.not_resumed, raw.clear, raw.tls) == (1, 1, 0, "TLSv1.3")
    assert (unnamed.resumed, unnamed.not_resumed, unnamed.clear, unnamed.tls) == (0, 0, 1, "")


def test_contexts_are_made_ahead_and_each_serves_one_session(tmp_path: Path):
    with bound(tmp_path) as running:
        pool = running.worker._services["VIP"]._own_contexts
        assert pool is not None
        running.wait(lambda: len(pool._ready) == 16)
        taken = running.call(lambda: [pool.take() for _ in range(20)])
        assert len(set(map(id, taken))) == 20
        running.wait(lambda: len(pool._ready) == 16)


def test_a_thousand_connections_at_once_do_not_hold_the_worker_up(tmp_path: Path):
    with bound(tmp_path) as running, RawClient() as client:
        client.log_in(over_tls=True)
        port = client.passive()
        socks: list[socket.socket] = []
        crowd = threading.Thread(target=lambda: socks.extend(stranger(port) for _ in range(1000)))
        crowd.start()
        began = time.monotonic()
        data = client.connect(port)
        assert client.ask("RETR a.bin").startswith("1")
        crowd.join(30)
        assert read(client.secured(data)) == (FILE, End.ENDED)
        assert client.reply().startswith("226 ")
        assert time.monotonic() - began < 15
        running.wait(lambda: results(running)["stray"] == 1000)
        for each in socks:
            each.close()
