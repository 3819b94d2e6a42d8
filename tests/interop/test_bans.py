"""Bans before real servers: brute force (S16), what real clients are told, and bans that outlive a restart."""

import asyncio
import contextlib
import itertools
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.clients.program import run_program
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.scripted_server import Conversation, ScriptedServer
from tests.interop.lab.swarm import call, sources, swarm

pytestmark = pytest.mark.interop

BANS: dict[str, dict[str, Any]] = {
    "brute": {"failures": 3, "delay_s": 0, "for_s": 600},
    "rush": {"failures": 3, "delay_s": 0, "for_s": 600},
    "real": {"failures": 2, "delay_s": 1, "by": ["address"]},
}
LOCKED = "Your address is locked out for now: try again later."


class Suspicious:
    """A server that refuses every password but one, and counts the passwords."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.passwords = 0
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self.server = ScriptedServer(self._run)

    def _run(self, conversation: Conversation) -> None:
        conversation.say("220 scripted")
        while line := conversation.line():
            verb, _, argument = line.partition(" ")
            if verb == "PASS":
                with self._lock:
                    self.passwords += 1
                time.sleep(self._pause_s)
            refusal = "230 in" if argument == "right" else "530 wrong"
            conversation.say({"USER": "331 password, please", "PASS": refusal}.get(verb, "200 ok"))


class Field:
    """One ftpair that bans, before a scripted and a real server."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.folder, self.authority = folder, authority
        self.suspicious, self.slow = Suspicious(), Suspicious(pause_s=0.3)
        self.real = new_server(folder, authority, "ProFTPD", "clear")
        hosts = {"brute": self.suspicious.server.address, "rush": self.slow.server.address, "real": self.real.address}
        self.vips = {name: fresh_address() for name in BANS}
        tls = {"clear_text": "allow", "data_protection": "allow"}
        services = {
            name: service(
                self.vips[name], {"SVR": entry(hosts[name])}, bans=bans, tls=dict(tls), health={"check": "off"}
            )
            for name, bans in BANS.items()
        }
        self.settings = settings(folder, authority, services)
        self.balancer: Balancer


@pytest.fixture(scope="module")
def field(lab_folder: Path, authority: Authority) -> Iterator[Field]:
    folder = lab_folder / "bans"
    folder.mkdir()
    field = Field(folder, authority)
    with contextlib.ExitStack() as ends:
        ends.callback(field.suspicious.server.close)
        ends.callback(field.slow.server.close)
        ends.callback(field.real.stop)
        field.real.start()
        yield field


def command(field: Field, *words: str) -> str:
    """Run `ftpair bans` as a person does; return what it says."""
    said = run_program(
        [sys.executable, "-m", "ftpair.cli.main", "bans", *words, "--socket", str(field.balancer.socket)], ""
    )
    assert said.status == 0, said.stderr
    return said.stdout


def curl(field: Field, password: str) -> str:
    words = ["--disable", "-v", "--max-time", "20", "--user", f"{field.real.user}:{password}"]
    said = run_program([parts.program("curl"), *words, f"ftp://{field.vips['real']}:{CONTROL_PORT}/"], "")
    return said.stdout + said.stderr


def test_a_wrong_password_is_answered_late_and_the_second_bans_until_somebody_lifts_it(field: Field) -> None:
    with running(field.folder, field.settings) as field.balancer:
        began = time.monotonic()
        assert "530 Login incorrect." in curl(field, "wrong")
        assert time.monotonic() - began > 1.0
        assert "530 Login incorrect." in curl(field, "wrong")
        deadline = time.monotonic() + 5
        while f"421 {LOCKED}" not in curl(field, field.real.password):
            assert time.monotonic() < deadline, "the ban does not come"
        with pytest.raises(OSError, match=r"EOF|reset"), RawClient(field.vips["real"], IMPLICIT_PORT) as client:
            client.secure()
        assert "127.0.0.1" in command(field)
        assert command(field, "lift", "127.0.0.1") == "lift the ban of 127.0.0.1 from real\n"
        assert "226" in curl(field, field.real.password)


def test_s16_10000_wrong_passwords_are_banned_by_address_and_user_and_so_they_stay(field: Field) -> None:
    """Half of the attackers try one user, half many; after 3 wrong passwords no server hears of them any more."""
    attackers = list(itertools.islice(sources(), 3000, 3500))
    vip = field.vips["brute"]

    async def guess(source: str) -> list[str]:
        """Guess 20 passwords, each on a connection of its own."""
        replies = []
        for number in range(20):
            user = "anna" if int(source.rpartition(".")[2]) % 2 else f"user-{source}-{number}"
            caller = await call(vip, source)
            greeting = await caller.reply()
            if greeting.startswith("220"):
                asked = await caller.ask(f"USER {user}")
                replies.append(await caller.ask("PASS wrong") if asked.startswith("331") else asked)
            else:
                replies.append(greeting)
            caller.close()
        return replies

    async def login(source: str, user: str) -> str:
        caller = await call(vip, source)
        try:
            if not (greeting := await caller.reply()).startswith("220"):
                return greeting
            asked = await caller.ask(f"USER {user}")
            return await caller.ask("PASS right") if asked.startswith("331") else asked
        finally:
            caller.close()

    with running(field.folder, field.settings) as field.balancer:
        replies = asyncio.run(swarm(guess, attackers, 60))
        assert len(replies) == 10_000
        assert {reply[:3] for reply in replies} == {"421", "530"}
        assert field.suspicious.passwords < 1500, "the rest was refused before a server heard of it"
        bans = field.balancer.ask("/bans")
        assert {(ban["by"], ban["subject"]) for ban in bans} >= {("user", "anna"), ("address", attackers[1])}
        assert asyncio.run(login("127.0.0.77", "bert")) == "230 in"
        assert asyncio.run(login("127.0.0.77", "anna")) == "530 This user is locked out for now: try again later."
    with running(field.folder, field.settings) as field.balancer:
        assert len(field.balancer.ask("/bans")) == len(bans)
        banned = next(ban["subject"] for ban in bans if ban["by"] == "address")
        assert asyncio.run(login(banned, "carl")) == f"421 {LOCKED}"
        assert asyncio.run(login("127.0.0.77", "bert")) == "230 in"


async def _all_at_once(vip: str, source: str, users: list[str], password: str) -> list[str]:
    """Connect as all these users from one address, then say all passwords at the same moment."""
    callers = [await call(vip, source) for _ in users]
    for caller, user in zip(callers, users, strict=True):
        await caller.reply()
        assert (await caller.ask(f"USER {user}")).startswith("331")
    replies = await asyncio.gather(*(caller.ask(f"PASS {password}") for caller in callers))
    for caller in callers:
        caller.close()
    return replies


def test_s16_300_wrong_passwords_at_the_same_moment_are_not_all_tried(field: Field) -> None:
    """While a slow server looks at the first ones, the others wait; then their address is banned."""
    vip, guesser = field.vips["rush"], next(itertools.islice(sources(), 4000, None))
    with running(field.folder, field.settings) as field.balancer:
        replies = asyncio.run(_all_at_once(vip, guesser, [f"user-{number}" for number in range(300)], "wrong"))
        assert {reply[:3] for reply in replies} == {"530"}
        assert field.slow.passwords <= 40, "the others found the address banned"
        assert guesser in {ban["subject"] for ban in field.balancer.ask("/bans")}


def test_an_office_that_logs_in_at_the_same_moment_gets_in(field: Field) -> None:
    vip, office = field.vips["rush"], next(itertools.islice(sources(), 4100, None))
    with running(field.folder, field.settings) as field.balancer:
        replies = asyncio.run(_all_at_once(vip, office, [f"worker-{number}" for number in range(40)], "right"))
        assert set(replies) == {"230 in"}
