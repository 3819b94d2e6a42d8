"""Servers that are killed while sessions and transfers run: what their clients see of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ftpair.core.ending import End
from ftpair.core.facts import Rescued

from .certificates import self_signed
from .killable import Killable, killable_servers
from .raw_client import RawClient, read
from .stage import FILE, Stage, server_plan, service_plan, stage, verified

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


def test_a_download_goes_on_at_the_byte_that_the_client_has(tmp_path: Path):
    with rescued_pool(tmp_path) as (running, servers), RawClient() as client:
        (servers[0].root / "big").write_bytes(FILE * 10)
        client.log_in()
        data = client.begin("RETR big")
        got = data.recv(1000)
        its_server(running, servers).kill()
        rest, how = read(data)
        assert (got + rest == FILE * 10, how) == (True, End.ENDED)
        assert client.reply() == "226 Transfer complete."
        assert [fact.kind for fact in running.facts_of(Rescued, 2)] == ["session", "transfer"]
        assert client.ask("NOOP").startswith("200 ")
