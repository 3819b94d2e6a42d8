"""Limits before real servers: what real clients are told, floods (S15, S17), and counts that outlive a dead worker."""

import asyncio
import contextlib
import itertools
import os
import signal
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import files, parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.clients.program import run_program
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain
from tests.interop.lab.servers.real_server import RealServer
from tests.interop.lab.swarm import Caller, call, raise_limit, sources, swarm

pytestmark = pytest.mark.interop

LIMITS: dict[str, dict[str, Any]] = {
    "address": {"sessions_per_address": 4},
    "user": {"sessions_per_user": 1},
    "connections": {"connections_per_minute_per_address": 3},
    "logins": {"logins_per_minute_per_address": 2},
    "handshakes": {"handshakes_per_minute_per_address": 20},
    "slow": {"bytes_per_second_per_user": 400_000},
    "slow-session": {"bytes_per_second_per_session": 400_000},
    "slow-service": {"bytes_per_second_per_service": 400_000},
    "crowd": {"sessions_per_address": 50},
}
FILE_BYTES = 1_200_000


class Field:
    """One ftpair with a service for each limit, all before the same real server."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.authority = authority
        self.server = new_server(folder, authority, "vsftpd", "clear")
        self.vips = {name: fresh_address() for name in LIMITS}
        services = {
            name: service(
                self.vips[name],
                {"SVR": entry(self.server.address)},
                limits=limits,
                tls={"clear_text": "allow", "data_protection": "allow"},
                timeouts={"login_timeout_s": 20},
                health={"check": "off"},
            )
            for name, limits in LIMITS.items()
        }
        self.settings = settings(folder, authority, services)
        self.balancer: Balancer

    def client(self, name: str, port: int = CONTROL_PORT) -> RawClient:
        return RawClient(self.vips[name], port, self.authority.ca)

    def refusals(self, name: str) -> dict[str, float]:
        """Return the figures of one service by reason, as they are once the workers have told them."""
        time.sleep(1.5)
        lines = self.balancer.metrics().splitlines()
        mark = 'ftpair_refusals_total{reason="'
        found = (
            line.removeprefix(mark).partition('"') for line in lines if f'service="{name}"' in line and mark in line
        )
        return {reason: float(rest.rpartition(" ")[2]) for reason, _, rest in found}


@pytest.fixture(scope="module")
def field(lab_folder: Path, authority: Authority) -> Iterator[Field]:
    folder = lab_folder / "limits"
    folder.mkdir()
    field = Field(folder, authority)
    with contextlib.ExitStack() as ends:
        ends.callback(field.server.stop)
        field.server.start()
        field.balancer = ends.enter_context(running(folder, field.settings))
        yield field


def curl(field: Field, name: str, *words: str) -> str:
    """List the server's folder; return all that curl says."""
    user = f"{field.server.user}:{field.server.password}"
    command = [parts.program("curl"), "--disable", "-v", "--max-time", "20", "--user", user, *words]
    said = run_program([*command, f"ftp://{field.vips[name]}:{CONTROL_PORT}/"], "")
    return said.stdout + said.stderr


def lftp(field: Field, name: str) -> str:
    """The same with lftp."""
    login = f"open -u '{field.server.user},{field.server.password}' ftp://{field.vips[name]}:{CONTROL_PORT}"
    once = "set net:max-retries 1; set net:reconnect-interval-base 1; set net:timeout 10"
    words = f"set ftp:ssl-allow no; {once}; {login}; cls /; quit"
    said = run_program([parts.program("lftp"), "--norc", "-d", "-c", words], "")
    return said.stdout + said.stderr


def test_real_clients_read_why_they_are_turned_away(field: Field) -> None:
    with contextlib.ExitStack() as open_ones:
        for _ in range(4):
            assert open_ones.enter_context(field.client("address")).reply().startswith("220")
        sentence = "421 Too many sessions from your address: end one first."
        assert sentence in curl(field, "address")
        assert sentence in lftp(field, "address")
    assert "226" in curl(field, "address")


def test_a_session_too_many_of_a_user_is_told_to_real_clients(field: Field) -> None:
    with field.client("user") as first:
        first.reply()
        first.log_in(field.server.user, field.server.password)
        assert "421 Too many sessions of this user: end one first." in curl(field, "user")
        assert "421 Too many sessions of this user: end one first." in lftp(field, "user")
    assert "226" in curl(field, "user")


def test_connections_and_logins_beyond_the_rate_are_told_with_the_time_to_wait(field: Field) -> None:
    for _ in range(3):
        field.client("connections").sock.close()
    assert "421 Too many connections: try again in " in curl(field, "connections")
    assert [("226" in curl(field, "logins")) for _ in range(2)] == [True, True]
    assert "530 Too many logins: try again in " in curl(field, "logins")
    assert field.refusals("logins") == {"logins-per-address": 1.0}


def test_what_a_killed_worker_had_counted_is_free_again(field: Field) -> None:
    source = next(sources())

    async def greeted() -> tuple[bool, Caller]:
        caller = await call(field.vips["address"], source)
        return (await caller.reply()).startswith("220"), caller

    async def fill() -> list[Caller]:
        """Connect until nobody is let in any more."""
        let_in = []
        while (answer := await greeted())[0]:
            let_in.append(answer[1])
        return let_in

    async def scenario() -> None:
        first = await fill()
        assert len(first) == 4
        victim = field.balancer.sessions()[0]["worker"]
        lost = sum(row["worker"] == victim for row in field.balancer.sessions() if row["client"].startswith(source))
        os.kill(field.balancer.worker_pids()[victim], signal.SIGKILL)
        async with asyncio.timeout(20):
            while len(field.balancer.worker_pids()) < 2 or len(field.balancer.sessions()) > 4 - lost:
                await asyncio.sleep(0.1)
        assert len(await fill()) == lost

    asyncio.run(scenario())


@pytest.mark.parametrize("direction", ["down", "up"])
def test_a_users_bandwidth_is_shared_by_all_his_transfers(field: Field, direction: str) -> None:
    """Three seconds' worth in two transfers at once: it takes about that long, and both get on."""
    server: RealServer = field.server
    with field.client("slow") as one, field.client("slow") as two:
        began, ends = time.monotonic(), []
        moving = []
        for number, client in enumerate((one, two)):
            client.reply()
            client.log_in(server.user, server.password)
            name = f"slow-{direction}-{number}"
            if direction == "down":
                server.put(name, files.fill(name, FILE_BYTES // 2))
            moving.append(client.begin(f"{'RETR' if direction == 'down' else 'STOR'} files/{name}"))
        for data in moving:
            if direction == "down":
                assert drain(data) == (FILE_BYTES // 2, True)
            else:
                data.sendall(bytes(FILE_BYTES // 2))
                data.close()
        for client in (one, two):
            assert client.reply().startswith("226")
            ends.append(time.monotonic() - began)
        assert 1.5 < max(ends) < 15


@pytest.mark.parametrize(
    ("limit", "longest_s", "shortest_s"), [("slow", 8, 1), ("slow-session", 8, 1), ("slow-service", 10, 2)]
)
def test_two_users_have_what_is_theirs_and_share_what_is_the_services(
    field: Field, limit: str, longest_s: float, shortest_s: float
) -> None:
    """Each moves a second and a half's worth: at once where the limit is their own, one after the other's where not."""
    field.server.put("shared", files.fill("shared", FILE_BYTES // 2))
    with field.client(limit) as one, field.client(limit) as two:
        began = time.monotonic()
        moving = []
        for client, user in ((one, "anonymous"), (two, "ftp")):
            client.reply()
            client.log_in(user, "any")
            moving.append(client.begin("RETR files/shared"))
        for data in moving:
            assert drain(data) == (FILE_BYTES // 2, True)
        for client in (one, two):
            assert client.reply().startswith("226")
        assert shortest_s < time.monotonic() - began < longest_s


def test_s15_5000_silent_sockets_do_not_keep_a_good_login_from_being_fast(field: Field) -> None:
    """50 from each of 100 addresses: as many as an address may have; one more is told 421 at once."""
    assert raise_limit(6000) >= 6000, "set-up: this test needs 6,000 open files; raise the hard limit (ulimit -Hn)"
    attackers = list(itertools.islice(sources(), 1000, 1100))
    held: list[Caller] = []

    async def hold(source: str) -> list[str]:
        greetings = []
        for _ in range(50):
            held.append(await call(field.vips["crowd"], source))
            greetings.append(await held[-1].reply())
        return greetings

    async def one_more(source: str) -> list[str]:
        caller = await call(field.vips["crowd"], source)
        reply = await caller.reply()
        caller.close()
        return [reply]

    async def scenario() -> None:
        greetings = await swarm(hold, attackers, 50)
        assert [greeting[:3] for greeting in greetings] == ["220"] * 5000
        assert {reply[:4] for reply in await swarm(one_more, attackers, 20)} == {"421 "}
        times = sorted([await asyncio.to_thread(log_in_s, field) for _ in range(10)])
        assert times[5] < 1.0, times
        assert "226" in await asyncio.to_thread(curl, field, "crowd")
        endings = [await caller.reply() for caller in held]
        assert set(endings) == {"421 No login for too long."}

    asyncio.run(scenario())


def log_in_s(field: Field) -> float:
    """Log in over TLS from an address of one's own; return how many seconds that took."""
    began = time.monotonic()
    with field.client("crowd") as client:
        client.auth()
        client.log_in(field.server.user, field.server.password)
    return time.monotonic() - began


def test_s17_a_storm_of_handshakes_is_limited_to_what_an_address_may(field: Field) -> None:
    attacker, friend = itertools.islice(sources(), 2000, 2002)
    context = ssl.create_default_context(cafile=str(field.authority.ca))
    vip = field.vips["handshakes"]

    async def handshake(source: str) -> list[str]:
        try:
            reader, writer = await asyncio.open_connection(
                vip, IMPLICIT_PORT, local_addr=(source, 0), ssl=context, server_hostname=vip
            )
        except (ConnectionError, ssl.SSLError):
            return ["refused"]
        greeting = await reader.readline()
        writer.transport.abort()
        return [greeting.decode()[:3]]

    async def upgrade(source: str) -> list[str]:
        caller = await call(vip, source)
        await caller.reply()
        reply = await caller.ask("AUTH TLS")
        caller.close()
        return [reply[:30]]

    async def scenario() -> None:
        replies = await swarm(handshake, [attacker] * 500, 50)
        assert 20 <= replies.count("220") <= 25
        assert replies.count("refused") == 500 - replies.count("220")
        assert await swarm(upgrade, [attacker] * 2, 1) == ["421 Too many TLS handshakes: t"] * 2
        assert await handshake(friend) == ["220"]

    asyncio.run(scenario())
    assert field.refusals("handshakes")["handshakes"] >= 475
