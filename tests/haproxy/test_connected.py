"""Tests of ftpair.haproxy.connected, with real HAProxy: answers that come in many pieces, and several processes."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftpair.core.status import Admin, Health, ServerState
from ftpair.haproxy.connected import Connected
from ftpair.haproxy.master import Master
from tests.haproxy.answering import answering
from tests.haproxy.greeter import DATA, Greeter
from tests.haproxy.plans import how
from tests.haproxy.test_engine import World, _is, carried, eventually, run

MANY = 300
"""HAProxy lists so many in seven pieces, and one read gets two of them at most."""
PROC = """\
#<PID>          <type>          <reloads>       <uptime>        <version>
4194301         master          1 [failed: 0]   0d00h00m07s     2.6.12
# workers
4194302         worker          0               0d00h00m02s     2.6.12
# old workers
{former}# programs

"""
FORMER = "4194303         worker          1               0d00h00m07s     2.6.12\n"
SESS = """\
0x56257f5d3080: [28/Nov/2026:21:08:01.296404] id=0 proto=tcpv4 source=127.0.0.1:1
  frontend=VIP (id=2 mode=tcp), listener=? (id=1) addr=127.0.0.1:2
  backend=VIP (id=2 mode=tcp) addr=127.0.0.1:3
  server=A (id=1) addr=127.0.0.1:4
  task=0x562ea99b4570 (state=0x00 nice=0 calls=2 rate=0 exp=3s tmask=0x1 age=4s)
  req=0x562ea9898df0 (f=0xa08000 an=0x0 pipe=0 tofwd=-1 total=70)
  res=0x562ea9898e50 (f=0x80248202 an=0x0 pipe=0 tofwd=-1 total=96)

"""


@pytest.fixture
def world(folder: Path, vip: str, greeters: dict[str, Greeter]) -> Iterator[World]:
    return World(folder, vip, greeters)


async def uploading(world: World, count: int) -> list:
    """Return transfers that one client has begun; all are with the server that its control connection is with."""
    callers = [await world.call(source="127.0.0.2")]
    for _ in range(0, count, 50):
        callers += await asyncio.gather(*(world.call(DATA, "127.0.0.2") for _ in range(50)))
    assert all(caller.echoes() for caller in callers)
    return callers


def test_all_of_many_connections_are_listed_counted_and_reset(world, greeters):
    """A server that sees an orderly end takes the part of a file for the whole."""

    async def go() -> None:
        async with carried(world) as engine:
            callers = await uploading(world, MANY)
            for _ in range(5):
                table = await engine.table()
                assert (len(table.sessions), len(table.transfers)) == (1, MANY)
            halted = next(each for each in world.servers if each.name == callers[0].server)
            world.states[halted.slot] = ServerState(admin=Admin.HALT, health=Health.UP)
            await engine.end_sessions(halted)
            await eventually(lambda: _is(greeters[halted.name].reset.count(b"x") == MANY + 1))

    run(go())


def test_the_connections_of_a_former_process_are_all_listed_and_reset_too(world, greeters):
    async def go() -> None:
        async with carried(world) as engine:
            callers = await uploading(world, MANY)
            await engine.take(world.plan(world.service(longest_transfer_s=61.0), revision=2), {})
            table = await engine.table()
            assert (len(table.sessions), len(table.transfers)) == (1, MANY)
            halted = next(each for each in world.servers if each.name == callers[0].server)
            await engine.end_sessions(halted)
            await eventually(lambda: _is(greeters[halted.name].reset.count(b"x") == MANY + 1))

    run(go())


def test_a_session_is_ended_in_its_process_alone(folder):
    """Its number is an address in memory: another process may have another session there."""
    heard: list[str] = []

    def answer(command: str) -> list[bytes | float]:
        heard.append(command)
        return [PROC.format(former=FORMER).encode() if command == "show proc" else SESS.encode()]

    with answering(folder / "master.sock", answer):
        ended = asyncio.run(Connected().end(Master(how(folder)), "h4194303-0x56257f5d3080"))
    assert ended
    assert [command for command in heard if command != "show proc"] == [
        "@!4194303 show sess 0x56257f5d3080",
        "@!4194303 shutdown session 0x56257f5d3080",
    ]


@pytest.mark.parametrize("name", ["h1-0x56257f5d3080", "h0-0x56257f5d3080", "7"])
def test_a_session_of_a_process_that_is_not_there_is_none(world, name):
    async def go() -> None:
        async with carried(world) as engine:
            caller = await world.call()
            assert not await engine.end_session(name)
            assert caller.echoes()

    run(go())


@pytest.mark.parametrize("last", [b"", b"0x56257f5d3080: [28/Nov", b"Can't connect to the target CLI!\n"])
def test_a_process_that_ends_while_it_is_asked_is_left_out(folder, last):
    """What it had has ended with it, and the others are asked all the same."""
    former = [FORMER]

    def answer(command: str) -> list[bytes | float]:
        if command == "show proc":
            return [PROC.format(former="".join(former)).encode()]
        if command.startswith("@!4194303"):
            threading.Timer(0.2, former.clear).start()
            return [last]
        return [SESS.encode()]

    with answering(folder / "master.sock", answer):
        answers = asyncio.run(Master(how(folder)).ask_each("show sess all"))
    assert list(answers) == [4194302]
