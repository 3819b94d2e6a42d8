"""The prober: every server in its own time, verdicts only when they are news."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import pytest

from ftpair.core.endpoint import PortRange
from ftpair.core.plan import Plan, ServicePlan
from ftpair.core.status import Health
from ftpair.probes.prober import Prober


def plan(*servers, health):
    service = ServicePlan(
        name="ftp", address="127.0.0.1", passive=PortRange(1025, 1052), servers=servers, health=health
    )
    return Plan(revision=1, workers=1, services=(service,))


class Verdicts:
    """Keeps what a prober tells."""

    def __init__(self):
        self.told = []
        self._news = asyncio.Event()

    def __call__(self, slot, state):
        self.told.append((slot, state))
        self._news.set()

    def of(self, slot):
        return [state for told, state in self.told if told == slot]

    async def until(self, count):
        """Wait until so many verdicts are told."""
        async with asyncio.timeout(10):
            while len(self.told) < count:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def probing(first, **options):
    verdicts = Verdicts()
    prober = Prober(verdicts, **options)
    prober.use_plan(first)
    running = asyncio.create_task(prober.run())
    try:
        yield prober, verdicts
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def nap():
    await asyncio.sleep(0.25)


def test_every_server_is_probed_at_once_and_told_once(scripted, at, level):
    async def scenario():
        async with scripted() as one, scripted(greeting=b"421 full\r\n") as two:
            first = plan(at(one.port, 1), at(two.port, 2), health=level("banner", interval_s=0.05))
            async with probing(first) as (_, verdicts):
                await verdicts.until(2)
                await nap()
                return verdicts, len(one.arrivals)

    verdicts, visits = asyncio.run(scenario())
    (up,), (down,) = verdicts.of(1), verdicts.of(2)
    assert (up.health, up.reason, up.features) == (Health.UP, "up: greeting received", ("UTF8", "MLST type*;size*;"))
    assert (down.health, down.reason) == (Health.DOWN, "down: greeting was 421 full (first check failed)")
    assert up.since > 1_700_000_000
    assert up.check_seconds > 0
    assert visits >= 3


def test_a_change_is_told_step_by_step(scripted, at, level):
    async def scenario():
        async with scripted() as server:
            health = level("banner", interval_s=0.02, rise=2, fall=2)
            async with probing(plan(at(server.port), health=health)) as (_, verdicts):
                await verdicts.until(1)
                server.greeting = b"421 down for repairs\r\n"
                await verdicts.until(3)
                server.greeting = b"220 back\r\n"
                await verdicts.until(5)
                return [(state.health.value, state.reason) for state in verdicts.of(1)]

    assert asyncio.run(scenario()) == [
        ("up", "up: greeting received"),
        ("up", "up: greeting was 421 down for repairs (1 of 2 checks failed)"),
        ("down", "down: greeting was 421 down for repairs (2 of 2 checks failed)"),
        ("down", "down: greeting received (1 of 2 checks passed)"),
        ("up", "up: greeting received"),
    ]


def test_a_change_of_the_features_is_told(scripted, at, level):
    async def scenario():
        async with (
            scripted() as server,
            probing(plan(at(server.port), health=level("banner", interval_s=0.02))) as (_, verdicts),
        ):
            await verdicts.until(1)
            server.answers["FEAT"] = b"211 No features.\r\n"
            await verdicts.until(2)
            return verdicts.of(1)[-1].features

    assert asyncio.run(scenario()) == ()


def test_the_duration_alone_is_told_now_and_then(scripted, at, level):
    async def scenario():
        async with (
            scripted() as server,
            probing(plan(at(server.port), health=level("tcp", interval_s=0.01)), repeat_s=0.1) as (_, verdicts),
        ):
            await verdicts.until(3)
            return verdicts.of(1), len(server.arrivals)

    states, visits = asyncio.run(scenario())
    assert {state.reason for state in states} == {"up: connection accepted"}
    assert visits > len(states)


def test_a_check_that_is_off_says_so_and_connects_nowhere(scripted, at, level):
    async def scenario():
        async with (
            scripted() as server,
            probing(plan(at(server.port), health=level("off", interval_s=0.01))) as (prober, verdicts),
        ):
            await verdicts.until(1)
            await nap()
            visits = len(server.arrivals)
            prober.use_plan(plan(at(server.port), health=level("banner")))
            await verdicts.until(2)
            return verdicts.of(1), visits

    (off, on), visits = asyncio.run(scenario())
    assert (off.health, off.reason, off.features, visits) == (Health.UNKNOWN, "not probed", None, 0)
    assert on.health is Health.UP


def test_a_new_plan_disturbs_only_what_changed(scripted, at, level):
    async def scenario():
        async with scripted() as one, scripted() as two, scripted() as three:
            health = level("banner", interval_s=60)
            before = [at(one.port, 1), at(two.port, 2)]
            async with probing(plan(*before, health=health)) as (prober, verdicts):
                await verdicts.until(2)
                heavier = msgspec.structs.replace(at(one.port, 1), weight=7, max_sessions=3)
                prober.use_plan(plan(heavier, at(three.port, 3), health=health))
                await verdicts.until(3)
                await nap()
                return len(one.arrivals), len(two.arrivals), len(three.arrivals), [slot for slot, _ in verdicts.told]

    assert asyncio.run(scenario()) == (1, 1, 1, [1, 2, 3])


def test_a_server_that_is_gone_from_the_plan_is_left_alone(scripted, at, level):
    async def scenario():
        async with scripted() as server:
            health = level("banner", interval_s=0.02)
            async with probing(plan(at(server.port), health=health)) as (prober, verdicts):
                await verdicts.until(1)
                prober.use_plan(plan(health=health))
                await nap()
                visits = len(server.arrivals)
                await nap()
                return len(server.arrivals) - visits

    assert asyncio.run(scenario()) == 0


def test_a_new_check_of_the_same_server_goes_on_from_what_is_known(scripted, at, level):
    async def scenario():
        async with (
            scripted(PASS=b"530 no\r\n") as server,
            probing(plan(at(server.port), health=level("banner"))) as (prober, verdicts),
        ):
            await verdicts.until(1)
            prober.use_plan(plan(at(server.port), health=level("login")))
            await verdicts.until(2)
            return verdicts.of(1)[-1].reason

    assert asyncio.run(scenario()) == "up: login refused: 530 no (1 of 3 checks failed)"


def test_a_new_address_is_a_new_server(scripted, at, level):
    async def scenario():
        async with (
            scripted() as one,
            scripted(greeting=b"421 no\r\n") as two,
            probing(plan(at(one.port), health=level("banner"))) as (prober, verdicts),
        ):
            await verdicts.until(1)
            prober.use_plan(plan(at(two.port), health=level("banner")))
            await verdicts.until(2)
            return verdicts.of(1)[-1].reason

    assert asyncio.run(scenario()) == "down: greeting was 421 no (first check failed)"


def test_many_servers_are_not_probed_in_one_instant_for_long(scripted, at, level):
    async def scenario():
        async with scripted() as server:
            servers = [at(server.port, slot) for slot in range(1, 31)]
            async with probing(plan(*servers, health=level("tcp", interval_s=1.0))):
                async with asyncio.timeout(20):
                    while len(server.arrivals) < 60:
                        await nap()
                return server.arrivals

    arrivals = asyncio.run(scenario())
    assert arrivals[59] - arrivals[30] > 0.2


def test_a_server_that_hangs_delays_no_other(scripted, rude, at, level):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    async def scenario():
        async with scripted() as server, rude(silent) as port:
            health = level("banner", timeout_s=30.0)
            async with probing(plan(at(port, 1), at(server.port, 2), health=health)) as (_, verdicts):
                await verdicts.until(1)
                return verdicts.told[0][0]

    assert asyncio.run(scenario()) == 2


def test_every_check_is_told_with_the_time_of_the_next(scripted, at, level):
    async def scenario():
        checks = []
        async with scripted() as one:
            first = plan(at(one.port, 1), health=level("tcp", interval_s=0.1))
            async with probing(first, on_check=lambda *check: checks.append(check)):
                await nap()
        return checks

    checks = asyncio.run(scenario())
    assert len(checks) >= 2
    assert all(slot == 1 and 0 < next_at - ended <= 0.1 for slot, ended, next_at in checks)
