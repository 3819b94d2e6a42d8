"""The prober's process: told a plan, it reports what it finds, and ends with its supervisor."""

import asyncio
import sys

import pytest

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.messages import Beat, FromProber, Probed, Ready, Stop, UsePlan, Verdict
from ftpair.core.plan import HealthPlan, Plan, ServerPlan, ServicePlan
from ftpair.core.status import Health
from ftpair.dataplane.channel import Channel, socketpair


async def greet(_reader, writer):
    writer.write(b"220 Hello.\r\n")
    await writer.drain()
    writer.close()


def plan_of(port):
    servers = (
        ServerPlan(1, "VIP", "UP", Endpoint("127.0.0.1", port)),
        ServerPlan(2, "VIP", "DOWN", Endpoint("127.0.0.1", 9)),
    )
    health = HealthPlan(check="banner", interval_s=0.2)
    return Plan(3, 1, (ServicePlan("VIP", "127.0.0.1", PortRange(20000, 20001), servers, explicit=21, health=health),))


def play(ending):
    async def whole():
        heard, news = [], asyncio.Event()

        def hear(message, _fds):
            heard.append(message)
            news.set()

        async def until(condition):
            async with asyncio.timeout(20):
                while not condition():
                    await news.wait()
                    news.clear()

        ours, theirs = socketpair()
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ftpair.app.prober", "--channel", str(theirs.fileno()), pass_fds=[theirs.fileno()]
        )
        theirs.close()
        channel = Channel(ours, FromProber, hear, lambda: None)
        channel.send(UsePlan(plan_of(server.sockets[0].getsockname()[1])))
        await until(lambda: {message.slot for message in heard if isinstance(message, Verdict)} == {1, 2})
        health = {message.slot: message.state.health for message in heard if isinstance(message, Verdict)}
        assert health == {1: Health.UP, 2: Health.DOWN}
        assert 3 in [message.revision for message in heard if isinstance(message, Ready)]
        assert {message.revision for message in heard if isinstance(message, Verdict)} == {3}
        await until(lambda: {message.slot for message in heard if isinstance(message, Probed)} == {1, 2})
        await until(lambda: sum(isinstance(message, Beat) for message in heard) >= 2)
        ending(channel)
        assert await asyncio.wait_for(process.wait(), 10) == 0
        channel.close()
        server.close()

    asyncio.run(whole())


@pytest.mark.parametrize("ending", [lambda channel: channel.send(Stop(1)), lambda channel: channel.close()])
def test_the_prober_reports_every_server_and_ends_with_its_supervisor(ending):
    play(ending)
