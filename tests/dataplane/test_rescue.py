"""Servers that are killed while sessions and transfers run: what their clients see of it."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ftpair.core import columns
from ftpair.core.binding import Binding, Bindings
from ftpair.core.ending import End
from ftpair.core.facts import Rescued, RescueFailed, TransferEnded
from ftpair.core.halting import Halted
from ftpair.core.plan import Clocks
from ftpair.core.status import Health, ServerState

from .certificates import self_signed
from .killable import Killable, killable_servers
from .raw_client import RawClient, end, read
from .scripted_server import Dialogue, scripted_server
from .stage import FILE, Stage, server_plan, service_plan, stage, verified
from .test_active import ActiveClient

TREE = "deep/er"


@contextmanager
def rescued_pool(
    tmp_path: Path, rescue: str = "transfers", mode: str = "off", count: int = 2, **changes: Any
) -> Iterator[tuple[Stage, list[Killable]]]:
    """A stage with some killable servers, the first of which is chosen while all have as many sessions."""
    root = tmp_path / "root"
    (root / TREE).mkdir(parents=True)
    (root / "a.bin").write_bytes(FILE)
    (root / TREE / "b.bin").write_bytes(FILE)
    pem = tmp_path / "server.pem"
    pem.write_bytes(self_signed().chain_pem + self_signed().key_pem)
    with killable_servers(root, count, mode=mode, pem=pem) as servers:
        tls = {"tls": verified("explicit")} if mode == "explicit" else {}
        plans = [server_plan(server.address, slot, **tls) for slot, server in enumerate(servers, 1)]
        with stage(service_plan(*plans, rescue=rescue, **changes)) as running:
            yield running, servers
            running.wait(running.is_at_rest)


def its_server(running: Stage, servers: list[Killable]) -> Killable:
    """Return the one that has the session."""
    (session,) = running.sessions()
    return servers[int(session.server.removeprefix("SVR")) - 1]


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("mode", ["off", "explicit"])
def test_the_next_command_simply_works_when_the_server_was_killed(tmp_path: Path, secure: bool, mode: str):
    with rescued_pool(tmp_path, "sessions", mode) as (running, servers), RawClient() as client:
        client.log_in(over_tls=secure)
        assert client.ask(f"CWD {TREE}").startswith("250 ")
        assert client.ask("PWD").startswith(f'257 "/{TREE}"')
        assert client.ask("OPTS MLST size;").startswith("200 ")
        first = its_server(running, servers)
        first.kill()
        assert client.ask("SIZE b.bin") == f"213 {len(FILE)}"
        assert client.retrieve("RETR b.bin") == (FILE, End.ENDED, "226 Transfer complete.")
        (rescued,) = running.facts_of(Rescued)
        assert (rescued.kind, rescued.former) == ("session", running.facts_of(Rescued)[0].former)
        assert its_server(running, servers) is not first
        assert running.sessions()[0].rescued_from == rescued.former


@pytest.mark.parametrize("mode", ["off", "explicit"])
@pytest.mark.parametrize("client", [RawClient, ActiveClient])
@pytest.mark.parametrize("secure", [False, True])
def test_a_download_goes_on_at_the_byte_that_the_client_has(tmp_path: Path, mode: str, client: Any, secure: bool):
    with rescued_pool(tmp_path, mode=mode) as (running, servers), client() as its:
        (servers[0].root / "big").write_bytes(FILE * 8)
        its.log_in(over_tls=secure)
        data = its.begin("RETR big")
        got = data.recv(1000)
        its_server(running, servers).kill()
        rest, how = read(data)
        assert (got + rest == FILE * 8, how) == (True, End.ENDED)
        assert its.reply() == "226 Transfer complete."
        assert [fact.kind for fact in running.facts_of(Rescued, 2)] == ["session", "transfer"]
        assert its.ask("NOOP").startswith("200 ")


def test_data_connections_that_must_resume_go_on_too(tmp_path: Path):
    bound = Bindings(Binding(session="require"))
    with rescued_pool(tmp_path, mode="explicit", bindings=bound) as (running, servers), RawClient() as client:
        (servers[0].root / "big").write_bytes(FILE * 8)
        client.log_in(over_tls=True)
        data = client.begin("RETR big")
        got = data.recv(1000)
        its_server(running, servers).kill()
        assert got + read(data)[0] == FILE * 8
        assert client.reply() == "226 Transfer complete."
        assert client.retrieve("RETR a.bin")[0] == FILE


@pytest.mark.parametrize("promised", [("SIZE", "REST STREAM"), ("SIZE",)])
def test_a_client_that_began_in_the_middle_gets_the_rest_where_rest_is_promised(
    tmp_path: Path, promised: tuple[str, ...]
):
    with rescued_pool(tmp_path) as (running, servers), RawClient() as client:
        states = {slot: ServerState(health=Health.UP, features=promised) for slot in (1, 2)}
        running.call(lambda: running.worker.use_states(states))
        (servers[0].root / "big").write_bytes(FILE * 8)
        client.log_in()
        assert client.ask("REST 1000001").startswith("350 ")
        data = client.begin("RETR big")
        got = data.recv(1000)
        its_server(running, servers).kill()
        rest, how = read(data)
        if "REST STREAM" in promised:
            assert got + rest == (FILE * 8)[1000001:]
            assert client.reply() == "226 Transfer complete."
        else:
            assert how is End.CUT
            assert client.reply().startswith("426 ")


KILLS = 20


@pytest.mark.parametrize("secure", [False, True])
def test_no_kill_at_random_makes_a_wrong_file(tmp_path: Path, secure: bool):
    """Half of the kills for each kind of session; three servers, which come back, and a client that reads slowly."""
    chance, whole = random.Random(6 + secure), FILE * 4
    with rescued_pool(tmp_path, mode="explicit" if secure else "off", count=3) as (running, servers):
        (servers[0].root / "big").write_bytes(whole)
        for _ in range(KILLS // 2):
            with RawClient() as client:
                client.log_in(over_tls=secure)
                its = its_server(running, servers)
                data = client.begin("RETR big")
                got, moment = bytearray(), chance.randrange(len(whole))
                while len(got) < moment:
                    got += data.recv(min(1 << 18, moment - len(got)))
                its.kill()
                rest, how = read(data)
                reply = client.reply()
                its.start()
                assert (reply, how) == ("226 Transfer complete.", End.ENDED)
                assert got + rest == whole
            running.wait(lambda: not running.sessions())
        assert not [fact for fact in running.facts if isinstance(fact, RescueFailed)]


@pytest.mark.parametrize("secure", [False, True])
def test_a_file_that_is_another_one_is_never_mixed(tmp_path: Path, secure: bool):
    with rescued_pool(tmp_path) as (running, servers), RawClient() as client:
        (servers[0].root / "big").write_bytes(FILE * 8)
        client.log_in(over_tls=secure)
        data = client.begin("RETR big")
        got = data.recv(1000)
        os.utime(servers[0].root / "big", (1, 1))
        its_server(running, servers).kill()
        rest, how = read(data)
        assert how is End.CUT
        assert (FILE * 8).startswith(got + rest)
        assert client.reply().startswith("426 ")
        assert running.facts_of(TransferEnded)[0].result == "cut"
        assert client.ask("NOOP").startswith("200 ")


def test_an_upload_ends_with_426_and_its_session_goes_on(tmp_path: Path):
    with rescued_pool(tmp_path) as (running, servers), RawClient() as client:
        client.log_in()
        data = client.begin("STOR up.bin")
        data.sendall(FILE)
        its_server(running, servers).kill()
        assert client.reply().startswith("426 ")
        data.close()
        assert "what it keeps of them is not known" in running.facts_of(TransferEnded)[0].reason
        with client.begin("STOR up.bin") as again:
            again.sendall(FILE)
            end(again)
        assert client.reply().startswith("226 ")
        assert (servers[0].root / "up.bin").read_bytes() == FILE


def test_a_halted_server_is_left_in_the_middle_of_a_download(tmp_path: Path):
    with rescued_pool(tmp_path) as (running, servers), RawClient() as client:
        (servers[0].root / "big").write_bytes(FILE * 8)
        client.log_in()
        data = client.begin("RETR big")
        got = data.recv(1000)
        slot = servers.index(its_server(running, servers)) + 1
        assert running.call(lambda: running.worker.end_sessions("SVR is halted", "", slot)) == (0, 1, 0)
        assert got + read(data)[0] == FILE * 8
        assert client.reply() == "226 Transfer complete."
        assert running.facts_of(Rescued)[0].reason == "SVR is halted"


def test_a_halt_tells_what_it_has_cut_and_whom_nobody_takes(tmp_path: Path):
    with rescued_pool(tmp_path, "sessions") as (running, servers), RawClient() as client:
        (servers[0].root / "big").write_bytes(FILE * 8)
        client.log_in()
        data = client.begin("RETR big")
        data.recv(1000)
        assert _halt(running, servers) == (0, 1, 1)
        assert client.reply().startswith("426 ")
        assert client.ask("NOOP").startswith("200 ")
        data.close()
        other = servers.index(its_server(running, servers))
        servers[1 - other].kill()
        assert _halt(running, servers) == (0, 1, 0), "whether anybody takes it shows later"
        assert client.reply().startswith("421 ")


def _halt(running: Stage, servers: list[Killable]) -> Halted:
    slot = servers.index(its_server(running, servers)) + 1
    halted: Halted = running.call(lambda: running.worker.end_sessions("SVR is halted", "", slot))
    return halted


def test_a_server_that_answers_nothing_any_more_is_left(tmp_path: Path):
    clocks = Clocks(reply_timeout_s=1, connect_timeout_s=2)
    with rescued_pool(tmp_path, "sessions", clocks=clocks) as (running, servers), RawClient() as client:
        client.log_in()
        its_server(running, servers).freeze()
        assert client.ask("SIZE a.bin") == f"213 {len(FILE)}"


def test_a_passive_port_and_its_connection_outlive_the_server(tmp_path: Path):
    with rescued_pool(tmp_path, "sessions") as (running, servers), RawClient() as client:
        client.log_in()
        data = client.connect(client.passive())
        its_server(running, servers).kill()
        running.facts_of(Rescued)
        assert client.ask("RETR a.bin").startswith("1")
        assert read(data) == (FILE, End.ENDED)
        assert client.reply() == "226 Transfer complete."


def giving(part: bytes, reply: str) -> Any:
    """A server that knows FILE, gives some of it from REST on, and says `reply`."""

    def script(dialogue: Dialogue) -> None:
        dialogue.log_in()
        with dialogue.offer_data() as listener:
            begin = 0
            while verb := dialogue.hear().partition(" ")[0]:
                if verb == "RETR":
                    break
                begin = int(dialogue.heard[-1].split()[1]) if verb == "REST" else begin
                dialogue.say({"SIZE": f"213 {len(FILE)}", "MDTM": "213 20261130120000", "REST": "350 ok"}[verb])
            data, _ = listener.accept()
        dialogue.say("150 here")
        data.sendall(part[begin:])
        data.close()
        dialogue.say(reply)
        dialogue.serve()

    return script


@pytest.mark.parametrize("reply", ["226 done", "451 the disk broke", "426 cut"])
@pytest.mark.parametrize("secure", [False, True])
def test_a_server_that_gives_half_of_a_file_is_left_for_another_one(reply: str, secure: bool):
    half = giving(FILE[: len(FILE) // 2], reply)
    with scripted_server(half) as (one, _), scripted_server(giving(FILE, "226 whole")) as (two, _):
        servers = server_plan(one, 1, weight=256), server_plan(two, 2, weight=1)
        with stage(service_plan(*servers, rescue="transfers")) as running, RawClient() as client:
            client.log_in(over_tls=secure)
            assert client.retrieve("RETR a") == (FILE, End.ENDED, "226 whole")
            assert client.ask("NOOP").startswith("200 ")
            assert running.facts_of(Rescued, 2)[1].bytes == len(FILE) // 2


@pytest.mark.parametrize("secure", [False, True])
def test_with_no_other_server_half_a_file_is_none_and_the_session_stays_where_it_is(secure: bool):
    with scripted_server(giving(FILE[:1000], "226 done")) as (one, _):
        with stage(service_plan(server_plan(one), rescue="transfers")) as running, RawClient() as client:
            client.log_in(over_tls=secure)
            got, how, reply = client.retrieve("RETR a")
            assert (got, how, reply[:4]) == (FILE[:1000], End.CUT, "426 ")
            assert client.ask("NOOP").startswith("200 ")
            assert running.sessions()[0].server == "SVR1"
            assert running.call(lambda: running.counts.sessions(1)) == 1
        running.facts_of(RescueFailed)


def test_a_whole_pool_that_dies_ends_sessions_with_the_reason(tmp_path: Path):
    with rescued_pool(tmp_path, "sessions") as (running, servers), RawClient() as client:
        client.log_in()
        first = its_server(running, servers)
        next(server for server in servers if server is not first).kill()
        first.kill()
        assert client.reply().startswith("421 The server is lost, and no other one takes the session: ")
        assert running.facts_of(RescueFailed)[0].kind == "session"


def test_the_counts_of_servers_follow_their_sessions_and_transfers(tmp_path: Path):
    with rescued_pool(tmp_path) as (running, servers), RawClient() as client:
        (servers[0].root / "big").write_bytes(FILE * 30)
        client.log_in()
        data = client.begin("RETR big")
        data.recv(1000)
        first = its_server(running, servers)
        slot = servers.index(first) + 1
        first.kill()
        while not [fact for fact in running.facts if getattr(fact, "kind", "") == "transfer"]:
            data.recv(1 << 20)
        assert running.call(lambda: running.counts.sessions(slot)) == 0
        assert running.call(lambda: running.counts.total(slot, columns.TRANSFERS)) == 0
        assert running.call(lambda: running.counts.total(3 - slot, columns.TRANSFERS)) == 1
        read(data)
        down = running.call(lambda: [running.counts.total(each, columns.BYTES_DOWN) for each in (1, 2)])
        running.wait(lambda: sum(running.counts.total(each, columns.BYTES_DOWN) for each in (1, 2)) == len(FILE) * 30)
        assert all(down)
