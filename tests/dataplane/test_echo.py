"""The lag of a worker is what an event waits behind all that are ready before it."""

import asyncio
import os
import time

import uvloop

from ftpair.dataplane.echo import Echo
from ftpair.dataplane.watch import Watch


def run(main):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(main(), 20))


def test_at_rest_there_is_none():
    async def main():
        echo = Echo(Watch(asyncio.get_running_loop()))
        assert echo.call() == 0.0
        await asyncio.sleep(0.05)
        lag = echo.call()
        await asyncio.sleep(0.05)
        echo.close()
        echo.close()
        return lag

    assert 0.0 < run(main) < 1


def test_it_waits_behind_those_who_were_ready_before_it():
    async def main():
        watch = Watch(asyncio.get_running_loop())
        ready = os.eventfd(1, os.EFD_NONBLOCK)
        watch.add_reader(ready, lambda: (time.sleep(0.3), watch.remove_reader(ready)))
        echo = Echo(watch)
        echo.call()
        await asyncio.sleep(0.5)
        lag = echo.call()
        echo.close()
        os.close(ready)
        return lag

    assert run(main) >= 0.3


def test_a_call_that_is_not_heard_yet_tells_how_long_it_waits_by_now():
    async def main():
        echo = Echo(Watch(asyncio.get_running_loop()))
        echo.call()
        time.sleep(0.2)
        lag = echo.call()
        echo.close()
        return lag

    assert run(main) >= 0.2
