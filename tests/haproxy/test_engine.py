"""Tests of ftpair.haproxy.engine and master, with real HAProxy: what it carries, and what a reload must not break."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ftpair.core.columns import BYTES_DOWN, BYTES_UP, SESSIONS, TRANSFERS
from ftpair.core.endpoint import PortRange
from ftpair.core.errors import SetupError
from ftpair.core.plan import HealthPlan, Plan, TcpServicePlan
from ftpair.core.status import Admin, Health, ServerState
from ftpair.haproxy.engine import Haproxy
from ftpair.haproxy.runtime import SilentError, ask
from tests.haproxy.answering import answering
from tests.haproxy.greeter import CONTROL, DATA, Caller, Greeter
from tests.haproxy.plans import plan, server, service, sliced

QUICK = HealthPlan("banner", interval_s=0.2, timeout_s=1.0, rise=1, fall=1)
USUAL: dict[str, Any] = {
    "passive": PortRange(DATA, DATA + 3),
    "explicit": CONTROL,
    "implicit": None,
    "server_explicit": CONTROL,
    "server_implicit": None,
    "health": QUICK,
    "balance": "round-robin",
    "longest_transfer_s": 60.0,
}


class World:
    """An engine, the states of its servers and what it counts."""

    def __init__(self, folder: Path, vip: str, greeters: dict[str, Greeter]) -> None:
        self.folder, self.vip = folder, vip
        self.servers = tuple(
            server(each.name, slot, each.host, CONTROL) for slot, each in enumerate(greeters.values(), 1)
        )
        self.states: dict[int, ServerState] = {}
        self.counts: Counter[tuple[int, int]] = Counter()
        self.engine = Haproxy(lambda each: self.states.get(each.slot, ServerState()), self._add)

    def _add(self, slot: int, column: int, amount: int) -> None:
        self.counts[slot, column] += amount

    def service(self, **more: Any) -> TcpServicePlan:
        """Return the service before the servers."""
        return service(**({"address": self.vip, "servers": self.servers} | USUAL | more))

    def plan(self, *services: TcpServicePlan, **more: Any) -> Plan:
        """Return a plan with these services, or with the usual one."""
        return plan(self.folder, *(services or (self.service(),)), **more)

    async def call(self, port: int = CONTROL, source: str = "") -> Caller:
        """Return a client that has connected."""
        return await asyncio.to_thread(Caller, self.vip, port, source)

    async def admitted(self, source: str) -> Caller:
        """Return a client that has been given a server, once HAProxy has taken leave of the one before."""
        callers: list[Caller] = []

        async def is_admitted() -> bool:
            callers.append(await self.call(source=source))
            return bool(callers[-1].server)

        await eventually(is_admitted)
        return callers[-1]

    async def refreshed(self) -> None:
        """Let the engine look, as it does every second."""
        await self.engine.refresh()

    async def is_up(self, name: str) -> bool:
        """Return whether HAProxy sees a server up."""
        answer = await ask(f"{self.folder}/runtime.sock", "show stat")
        return any(line.startswith(f"VIP,{name},") and ",UP," in line for line in answer.splitlines())

    async def both_up(self) -> None:
        """Wait until HAProxy has checked both servers."""
        await eventually(self._are_up)

    async def _are_up(self) -> bool:
        return await self.is_up("A") and await self.is_up("B")


async def eventually(is_so: Any, within_s: float = 10.0) -> None:
    """Wait until something comes true."""
    async with asyncio.timeout(within_s):
        while not await is_so():
            await asyncio.sleep(0.05)


@pytest.fixture
def world(folder: Path, vip: str, greeters: dict[str, Greeter]) -> World:
    return World(folder, vip, greeters)


@contextlib.asynccontextmanager
async def carried(world: World, *services: TcpServicePlan, **more: Any) -> AsyncIterator[Haproxy]:
    """Carry services for the length of a block."""
    try:
        await world.engine.take(world.plan(*services, **more), {})
        yield world.engine
    finally:
        await world.engine.stop(0.0)


async def _is(condition: bool) -> bool:
    return condition


def run(coroutine: Any) -> None:
    """Run a test on a loop of its own, within its time."""
    asyncio.run(asyncio.wait_for(coroutine, 60))


def test_sessions_are_spread_and_data_follows_its_session(world):
    async def go() -> None:
        async with carried(world):
            first, second = await world.call(source="127.0.0.2"), await world.call(source="127.0.0.3")
            assert {first.server, second.server} == {"A", "B"}
            for source, control in (("127.0.0.2", first), ("127.0.0.3", second)):
                data = [await world.call(DATA, source) for _ in range(4)]
                assert {each.server for each in data} == {control.server}

    run(go())


def test_sessions_that_an_address_opens_at_once_share_a_server(world):
    """As FileZilla does; else the data connections of one of them would go to the server of the other."""

    async def go() -> None:
        async with carried(world):
            for number in range(30, 45):
                source = f"127.0.0.{number}"
                together = await asyncio.gather(*(world.call(source=source) for _ in range(4)))
                data = await world.call(DATA, source)
                assert {each.server for each in together} == {data.server}

    run(go())


def test_data_of_somebody_without_a_session_reaches_no_server(world):
    async def go() -> None:
        async with carried(world):
            assert (await world.call(DATA, "127.0.0.9")).server == ""

    run(go())


def test_with_pairing_by_port_the_port_names_the_server(world):
    async def go() -> None:
        servers = sliced(world.servers, PortRange(DATA, DATA), PortRange(DATA + 1, DATA + 3))
        async with carried(world, world.service(servers=servers, pairing="port")):
            control = [await world.call() for _ in range(4)]
            assert Counter(each.server for each in control) == {"A": 2, "B": 2}
            assert (await world.call(DATA)).server == "A"

    run(go())


def test_what_moves_is_counted_and_listed(world):
    async def go() -> None:
        async with carried(world) as engine:
            control = await world.call(source="127.0.0.2")
            data = await world.call(DATA, "127.0.0.2")
            assert data.echoes()
            await world.refreshed()
            slot = {"A": 1, "B": 2}[control.server]
            assert (world.counts[0, SESSIONS], world.counts[slot, SESSIONS], world.counts[slot, TRANSFERS]) == (1, 1, 1)
            table = await engine.table()
            (session,), (transfer,) = table.sessions, table.transfers
            assert (session.service, session.server, transfer.server) == ("VIP", control.server, control.server)
            assert session.client == "{}:{}".format(*control.sock.getsockname())
            assert await engine.end_session(session.id)
            assert not control.echoes()
            data.close()
            await asyncio.sleep(0.2)
            await world.refreshed()
            assert world.counts[slot, SESSIONS] == world.counts[slot, TRANSFERS] == world.counts[0, SESSIONS] == 0
            assert world.counts[slot, BYTES_UP] >= 1
            assert world.counts[slot, BYTES_DOWN] >= len("220 A\r\n") * 2
            assert not await engine.end_session(session.id)

    run(go())


def test_a_drained_server_keeps_its_clients_and_gets_no_other(world):
    async def go() -> None:
        async with carried(world):
            await world.both_up()
            old = await world.call(source="127.0.0.2")
            others = [await world.call(source=f"127.0.0.{number}") for number in (4, 5)]
            gone = next(each for each in others if each.server == old.server)
            gone_from = gone.sock.getsockname()[0]
            gone.close()
            slot = {"A": 1, "B": 2}[old.server]
            world.states[slot] = ServerState(admin=Admin.DRAIN, health=Health.UP)
            await asyncio.sleep(0.2)
            await world.refreshed()
            new = [await world.call(source=f"127.0.0.{number}") for number in range(10, 16)]
            assert {each.server for each in new} == {"A", "B"} - {old.server}
            assert (await world.call(source=gone_from)).server != old.server, "its session is over"
            assert old.echoes()
            assert (await world.call(DATA, "127.0.0.2")).server == old.server
            assert (await world.call(source="127.0.0.2")).server == old.server, "one address, one server"
            world.states[slot] = ServerState(health=Health.UP)
            await world.refreshed()
            again = [await world.call(source=f"127.0.0.{number}") for number in range(20, 26)]
            assert {each.server for each in again} == {"A", "B"}

    run(go())


def test_a_halted_server_loses_its_sessions_at_once_with_a_reset(world, greeters):
    """A server that heard of an orderly end would take the part of a file for the whole."""

    async def go() -> None:
        async with carried(world) as engine:
            old = await world.call(source="127.0.0.2")
            data = await world.call(DATA, "127.0.0.2")
            assert old.echoes()
            assert data.echoes()
            halted = next(each for each in world.servers if each.name == old.server)
            world.states[halted.slot] = ServerState(admin=Admin.HALT, health=Health.UP)
            await engine.end_sessions(halted)
            await eventually(lambda: _is(greeters[halted.name].reset.count(b"x") == 2))
            assert not old.echoes()
            assert not data.echoes()
            assert (await world.call(source="127.0.0.2")).server != old.server

    run(go())


def test_what_deeper_probes_find_counts_more_than_the_greeting(world):
    async def go() -> None:
        async with carried(world):
            await world.both_up()
            world.states[1] = ServerState(health=Health.DOWN, reason="down: login refused")
            for _ in range(4):
                await world.refreshed()
                await asyncio.sleep(0.4)
                assert {(await world.call(source=f"127.0.0.{number}")).server for number in range(40, 44)} == {"B"}
            world.states[1] = ServerState(health=Health.UP)
            await world.refreshed()
            await eventually(lambda: world.is_up("A"))

    run(go())


def test_haproxy_finds_a_dead_server_by_itself(world, greeters):
    async def go() -> None:
        async with carried(world):
            await world.both_up()
            greeters["A"].close()

            async def is_down() -> bool:
                return not await world.is_up("A")

            await eventually(is_down)
            assert {(await world.call(source=f"127.0.0.{number}")).server for number in range(50, 54)} == {"B"}

    run(go())


@pytest.mark.parametrize("user", ["", "nobody"])
def test_a_reload_ends_no_session_forgets_no_client_and_refuses_nobody(world, user):
    async def go() -> None:
        async with carried(world, user=user) as engine:
            old = await world.call(source="127.0.0.2")
            data = await world.call(DATA, "127.0.0.2")
            refused: list[Exception] = []
            is_over = asyncio.Event()

            async def knock() -> None:
                number = 0
                while not is_over.is_set():
                    number = number % 200 + 1
                    try:
                        caller = await world.call(source=f"127.0.1.{number}")
                        assert caller.server in {"A", "B"}
                        caller.close()
                    except (OSError, AssertionError) as error:
                        refused.append(error)

            knocking = asyncio.create_task(knock())
            await engine.take(world.plan(world.service(max_sessions=500), revision=2, user=user), {})
            is_over.set()
            await knocking
            assert refused == []
            assert old.echoes()
            assert data.echoes()
            assert (await world.call(DATA, "127.0.0.2")).server == old.server, "the new process knows the client"
            await world.refreshed()
            assert world.counts[0, SESSIONS] == 1, "sessions of the former process count"

    run(go())


def test_whoever_comes_in_the_moment_of_a_reload_meets_the_server_of_his_sessions(world):
    """A new process takes connections some milliseconds before the former one has told it who is where."""

    async def go() -> None:
        async with carried(world) as engine:
            strayed: list[str] = []
            is_over = asyncio.Event()

            async def follow(source: str, own: str) -> None:
                while not is_over.is_set():
                    for port in (DATA, CONTROL):
                        caller = await world.call(port, source)
                        if caller.server != own:
                            strayed.append(f"{source} on port {port}: {caller.server or 'nobody'}")
                        caller.close()

            standing = [await world.call(source=f"127.0.0.{number}") for number in range(60, 72)]
            clients = [(each.sock.getsockname()[0], each.server) for each in standing]
            following = [asyncio.create_task(follow(*each)) for each in clients]
            for number in range(3):
                await engine.take(world.plan(world.service(max_sessions=500 + number), revision=2 + number), {})
                await asyncio.sleep(0.5)
            is_over.set()
            await asyncio.gather(*following)
            assert strayed == []
            together = await asyncio.gather(*(world.call(source="127.0.0.80") for _ in range(4)))
            assert len({each.server for each in together}) == 1, "a new address is asked to wait no more"

    run(go())


def test_states_hold_over_a_reload(world):
    async def go() -> None:
        async with carried(world) as engine:
            world.states[1] = ServerState(admin=Admin.DRAIN, health=Health.UP)
            await world.refreshed()
            await engine.take(world.plan(world.service(longest_transfer_s=61.0), revision=2), {})
            assert {(await world.call(source=f"127.0.0.{number}")).server for number in range(60, 66)} == {"B"}

    run(go())


def test_a_server_that_is_not_online_gets_nobody_from_the_start(world):
    async def go() -> None:
        world.states[1] = ServerState(admin=Admin.DRAIN, health=Health.UP)
        async with carried(world):
            assert {(await world.call(source=f"127.0.0.{number}")).server for number in range(60, 66)} == {"B"}

    run(go())


def test_a_removed_server_keeps_the_data_connections_of_its_sessions(world):
    async def go() -> None:
        async with carried(world) as engine:
            old = await world.call(source="127.0.0.2")
            removed = next(each for each in world.servers if each.name == old.server)
            left = tuple(each for each in world.servers if each is not removed)
            await engine.take(world.plan(world.service(servers=left), revision=2), {"VIP": (removed,)})
            assert old.echoes()
            assert (await world.call(DATA, "127.0.0.2")).server == old.server
            assert (await world.call(source="127.0.0.7")).server == left[0].name

    run(go())


def test_a_file_that_haproxy_refuses_changes_nothing(world):
    async def go() -> None:
        async with carried(world) as engine:
            old = await world.call()
            before = (world.folder / "haproxy.cfg").read_bytes()
            broken = world.service(address="999.0.2.1")
            with pytest.raises(SetupError, match="HAProxy refuses the file that ftpair made"):
                await engine.take(world.plan(broken, revision=2), {})
            assert (world.folder / "haproxy.cfg").read_bytes() == before
            assert old.echoes()
            assert (await world.call()).server

    run(go())


def test_the_last_good_file_is_restored_when_a_reload_fails(world, greeters):
    async def go() -> None:
        async with carried(world) as engine:
            old = await world.call()
            before = (world.folder / "haproxy.cfg").read_bytes()
            taken = world.service(address=greeters["A"].host)  # Its ports are in use: `haproxy -c` does not see that.
            with pytest.raises(
                SetupError, match=r"refuses to reload \(.*cannot bind .*\); the former configuration runs on"
            ):
                await engine.take(world.plan(taken, revision=2), {})
            assert (world.folder / "haproxy.cfg").read_bytes() == before
            assert old.echoes()
            assert (await world.call()).server
            await engine.take(world.plan(world.service(max_sessions=7), revision=3), {})
            assert (await world.call()).server

    run(go())


def test_a_port_in_use_is_told_at_the_start(world, greeters):
    async def go() -> None:
        with pytest.raises(SetupError, match=r"HAProxy does not start: .*cannot bind"):
            async with carried(world, world.service(address=greeters["A"].host)):
                pass

    run(go())


def test_a_program_that_is_not_there_is_told(world):
    async def go() -> None:
        with pytest.raises(
            SetupError,
            match=r"/none cannot be run .*: install HAProxy .*, or write the path of yours, haproxy: {program: PATH}",
        ):
            await world.engine.take(world.plan(program=f"{world.folder}/none"), {})

    run(go())


def test_haproxy_goes_on_without_ftpair_and_is_found_again(world):
    async def go() -> None:
        async with carried(world):
            old = await world.call(source="127.0.0.2")
            heir = World(world.folder, world.vip, {})
            heir.servers = world.servers
            await heir.engine.take(heir.plan(revision=1), {})
            assert old.echoes()
            assert (await world.call(DATA, "127.0.0.2")).server == old.server
            await heir.refreshed()
            assert heir.counts[0, SESSIONS] == 1

    run(go())


def test_an_haproxy_of_an_earlier_ftpair_keeps_its_file_its_states_and_who_is_where(world):
    """Its master reads the file that it was started with, whatever the configuration says by now."""

    async def go() -> None:
        world.states[1] = ServerState(admin=Admin.DRAIN, health=Health.UP)
        async with carried(world):
            old = await world.call(source="127.0.0.2")
            heir = World(world.folder, world.vip, {})
            heir.servers, heir.states = world.servers, world.states
            elsewhere = {"config": f"{world.folder}/elsewhere.cfg", "socket": f"{world.folder}/elsewhere.sock"}
            await heir.engine.take(heir.plan(heir.service(max_sessions=1), **elsewhere), {})
            assert "fe_conn gt 1" in (world.folder / "haproxy.cfg").read_text()
            assert not (world.folder / "elsewhere.cfg").exists()
            assert " VIP " in (world.folder / "servers.state").read_text(), "it was asked where it still listened"
            assert (await world.call(DATA, "127.0.0.2")).server == old.server == "B"
            caller = await world.admitted("127.0.0.3")
            assert (caller.server, (await world.call(source="127.0.0.4")).server) == ("B", ""), "the new file is read"
            await heir.refreshed()
            assert heir.engine.trouble == ""
            await heir.engine.take(heir.plan(heir.service(max_sessions=2), revision=2, **elsewhere), {})
            assert "fe_conn gt 2" in (world.folder / "haproxy.cfg").read_text()

    run(go())


def test_an_haproxy_that_dies_is_started_again(world):
    async def go() -> None:
        async with carried(world) as engine:
            answer = await ask(f"{world.folder}/master.sock", "show proc")
            pids = [int(line.split()[0]) for line in answer.splitlines() if line[:1].isdigit()]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.3)
            await world.refreshed()
            assert engine.trouble == ""
            assert (await world.call()).server

    run(go())


def test_an_haproxy_that_ends_between_two_looks_at_it_is_trouble(world):
    """Who started it after ftpair saw it dead is dead himself when he is told to reload."""

    async def go() -> None:
        async with carried(world) as engine:
            master = world.folder / "master.sock"
            for pid in re.findall(r"^\d+", await ask(str(master), "show proc"), re.MULTILINE):
                os.kill(int(pid), signal.SIGKILL)
            await asyncio.sleep(0.3)
            master.unlink()
            looks = iter([b"\n", b"\n"])
            dead = b"4194301 master 0 [failed: 0] 0d00h00m07s 2.6.12\n# workers\n4194302 worker 0 0d 2.6.12\n\n"
            with answering(master, lambda command: [next(looks, dead) if command == "show proc" else b"\n"]):
                await world.refreshed()
                assert "No such process" in engine.trouble
                assert await engine._master.finish(0.0), "nor is it there to be ended"
            await world.refreshed()
            assert engine.trouble == ""
            assert (await world.call()).server

    run(go())


def test_a_silent_socket_is_trouble_and_disturbs_nobody(world):
    async def go() -> None:
        async with carried(world) as engine:
            old = await world.call()
            socket_path = world.folder / "runtime.sock"
            master = world.folder / "master.sock"
            socket_path.rename(world.folder / "elsewhere")
            master.rename(world.folder / "away")
            await world.refreshed()
            assert "does not exist" in engine.trouble
            assert old.echoes()
            with pytest.raises(SilentError):
                await engine.table()
            (world.folder / "elsewhere").rename(socket_path)
            (world.folder / "away").rename(master)
            await world.refreshed()
            assert engine.trouble == ""

    run(go())


def test_who_is_beyond_the_limit_is_turned_away(world):
    async def go() -> None:
        async with carried(world, world.service(max_sessions=2)):
            first, second = await world.call(), await world.call()
            assert (await world.call()).server == ""
            first.close()
            await asyncio.sleep(0.2)
            assert (await world.call()).server
            assert second.echoes()

    run(go())


def test_services_that_leave_free_their_ports_and_let_their_connections_end(world):
    async def go() -> None:
        async with carried(world) as engine:
            old, data = await world.call(source="127.0.0.2"), await world.call(DATA, "127.0.0.2")
            slot = {"A": 1, "B": 2}[old.server]
            leaving = msgspec.structs.replace(world.service(), engine="builtin")
            async with asyncio.timeout(5):
                await engine.take(world.plan(leaving, revision=2), {})
            for port in (CONTROL, DATA):
                socket.create_server((world.vip, port)).close()
            assert old.echoes()
            assert data.echoes()
            await world.refreshed()
            assert (world.counts[0, SESSIONS], world.counts[slot, SESSIONS], world.counts[slot, TRANSFERS]) == (1, 1, 1)
            table = await engine.table()
            assert [row.server for row in (*table.sessions, *table.transfers)] == [old.server] * 2
            old.close()
            data.close()

            async def is_gone() -> bool:
                await world.refreshed()
                with contextlib.suppress(SilentError):
                    await ask(f"{world.folder}/master.sock", "show proc")
                    return False
                return True

            await eventually(is_gone)
            assert world.counts[0, SESSIONS] == world.counts[slot, SESSIONS] == world.counts[slot, TRANSFERS] == 0

    run(go())


def test_an_haproxy_of_a_killed_ftpair_lets_go_of_ports_that_nobody_wants(world):
    async def go() -> None:
        async with carried(world):
            heir = Haproxy(lambda _server: ServerState(), lambda *_figure: None)
            leaving = msgspec.structs.replace(world.service(), engine="builtin")
            await heir.take(world.plan(leaving, revision=1), {})
            for port in (CONTROL, DATA):
                socket.create_server((world.vip, port)).close()
            await heir.stop(0.0)

    run(go())


def test_a_frozen_haproxy_gets_no_second_one_beside_it(world):
    async def go() -> None:
        async with carried(world):
            found = re.search(r"^(\d+)\s+master", await ask(f"{world.folder}/master.sock", "show proc"), re.MULTILINE)
            master = int(found[1])
            os.kill(master, signal.SIGSTOP)
            try:
                heir = Haproxy(lambda _server: ServerState(), lambda *_figure: None)
                with pytest.raises(SetupError, match="does not answer"):
                    await heir.take(world.plan(), {})
            finally:
                os.kill(master, signal.SIGCONT)
            assert (await world.call()).server

    run(go())


def test_a_frozen_haproxy_is_ended_with_ftpair(world):
    async def go() -> None:
        async with carried(world) as engine:
            listed = await ask(f"{world.folder}/master.sock", "show proc")
            pids = [int(pid) for pid in re.findall(r"^\d+", listed, re.MULTILINE)]
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            await engine.stop(0.0)
            while any(Path(f"/proc/{pid}").exists() for pid in pids):  # Until init has buried them.
                await asyncio.sleep(0.05)

    run(go())


def test_a_removed_server_keeps_its_slice_while_nobody_else_has_it(world):
    async def go() -> None:
        first, second = sliced(world.servers, PortRange(DATA, DATA), PortRange(DATA + 1, DATA + 3))
        async with carried(world, world.service(pairing="port", servers=(first, second))) as engine:
            left = world.service(pairing="port", servers=(second,))
            await engine.take(world.plan(left, revision=2), {"VIP": (first,)})
            assert (await world.call(first.passive.first)).server == first.name
            grown = msgspec.structs.replace(second, passive=PortRange(first.passive.first, second.passive.last))
            await engine.take(
                world.plan(world.service(pairing="port", servers=(grown,)), revision=3), {"VIP": (first,)}
            )
            assert (await world.call(first.passive.first)).server == second.name

    run(go())


def test_services_that_come_back_meet_those_who_stayed(world):
    async def go() -> None:
        async with carried(world) as engine:
            old = await world.call(source="127.0.0.2")
            leaving = msgspec.structs.replace(world.service(), engine="builtin")
            await engine.take(world.plan(leaving, revision=2), {})
            await engine.take(world.plan(world.service(), revision=3), {})
            assert old.echoes()
            assert (await world.call(source="127.0.0.3")).server

    run(go())


def test_what_cannot_be_taken_back_now_is_as_soon_as_it_can(world):
    async def go() -> None:
        async with carried(world) as engine:
            leaving = msgspec.structs.replace(world.service(), engine="builtin")
            await engine.take(world.plan(leaving, revision=2), {})
            with socket.create_server((world.vip, DATA)):
                await engine.take_back(world.plan(world.service(), revision=1), {})
                assert engine.trouble
                await world.refreshed()
            await world.refreshed()
            assert not engine.trouble
            assert (await world.call(source="127.0.0.3")).server

    run(go())


def test_a_transfer_that_runs_is_told_with_its_bytes(world):
    async def go() -> None:
        async with carried(world) as engine:
            await world.call(source="127.0.0.2")
            data = await world.call(DATA, "127.0.0.2")
            data.sock.sendall(b"x" * 500)
            await asyncio.sleep(0.3)
            (transfer,) = (await engine.table()).transfers
            assert (transfer.bytes, transfer.direction) == (1000 + len(f"220 {data.server}\r\n"), "down")

    run(go())


def test_a_server_that_comes_back_gets_sessions_as_soon_as_ftpair_says_so(world, greeters):
    """And one that has died later than ftpair saw it well stays down."""

    async def go() -> None:
        slow = world.service(health=HealthPlan("banner", interval_s=0.2, timeout_s=1.0, rise=200, fall=1))
        async with carried(world, slow):
            await world.both_up()
            world.states[1] = ServerState(health=Health.DOWN, since=time.time())
            await world.refreshed()
            assert not await world.is_up("A")
            await asyncio.sleep(2.2)
            world.states[1] = ServerState(health=Health.UP, since=time.time())
            await world.refreshed()
            assert await world.is_up("A")
            greeters["A"].close()

            async def is_down() -> bool:
                return not await world.is_up("A")

            await eventually(is_down)
            await world.refreshed()
            assert await is_down()

    run(go())


def test_what_has_not_ended_when_the_time_is_over_is_reset(world, greeters):
    async def go() -> None:
        async with carried(world) as engine:
            old = await world.call()
            assert old.echoes()
            await engine.stop(0.3)
            await eventually(lambda: _is(greeters[old.server].reset.count(b"x") == 1))

    run(go())


def test_stopping_lets_running_connections_end(world):
    async def go() -> None:
        async with carried(world) as engine:
            old = await world.call()
            stopping = asyncio.create_task(engine.stop(10.0))
            await asyncio.sleep(0.5)
            assert old.echoes()
            assert not stopping.done()
            old.close()
            await stopping

    run(go())


def test_an_haproxy_of_somebody_else_is_followed_by_its_command(world):
    async def go() -> None:
        config, pid = world.folder / "theirs.cfg", world.folder / "pid"
        how = {"config": str(config), "is_managed": False}
        program = f"haproxy -D -f {config} -p {pid} -x {world.folder}/runtime.sock -sf $(cat {pid})"
        script = world.folder / "reload"
        script.write_text(f"#!/bin/sh\n[ -s {pid} ] || exec haproxy -D -f {config} -p {pid}\nexec {program}\n")
        script.chmod(0o755)
        try:
            await world.engine.take(world.plan(reload=str(script), **how), {})
            old = await world.call(source="127.0.0.2")
            await world.engine.take(
                world.plan(world.service(max_sessions=9), revision=2, reload=str(script), **how), {}
            )
            assert old.echoes()
            assert (await world.call()).server
            with pytest.raises(SetupError, match="HAProxy is not reloaded"):
                await world.engine.take(
                    world.plan(world.service(max_sessions=8), revision=3, reload="false", **how), {}
                )
            await world.engine.stop(0.0)
            assert (await world.call()).server, "who started it ends it"
        finally:
            with contextlib.suppress(OSError, ValueError):
                for each in pid.read_text().split():
                    os.kill(int(each), signal.SIGKILL)

    run(go())


def test_an_ipv6_client_is_paired_too(world, greeters):
    async def go() -> None:
        async with carried(
            world, world.service(address="::1", explicit=CONTROL + 7, passive=PortRange(DATA + 70, DATA + 73))
        ):
            control = await asyncio.to_thread(Caller, "::1", CONTROL + 7)
            assert control.server in greeters

    run(go())
