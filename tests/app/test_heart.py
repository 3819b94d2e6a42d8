"""The heartbeat of prober and API: it goes on by itself."""

import asyncio

from ftpair.app.heart import Heart
from ftpair.core.messages import Beat
from ftpair.core.requests import FromApi, ToApi
from ftpair.core.status import Sample
from ftpair.dataplane.channel import Channel, socketpair


def test_a_heart_goes_on_beating_with_its_counters():
    counters = (Sample("checks_total", (), 3.0),)
    heard = []

    async def scenario():
        ours, theirs = socketpair()
        supervisor = Channel(ours, FromApi, lambda message, _fds: heard.append(message), lambda: None)
        child = Channel(theirs, ToApi, lambda _message, _fds: None, lambda: None)
        Heart(child, "api", lambda: counters, beat_s=0.01)
        async with asyncio.timeout(5):
            while len(heard) < 3:
                await asyncio.sleep(0.01)
        child.close()
        supervisor.close()

    asyncio.run(scenario())
    beats = [message for message in heard if isinstance(message, Beat)]
    assert {beat.counters for beat in beats} == {counters}
    assert {gauge.labels for beat in beats for gauge in beat.gauges} == {("api",)}
