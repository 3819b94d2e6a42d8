"""The API's way to the supervisor: answers find their question, and silence ends in a sentence."""

import asyncio
import logging

import pytest

from ftpair.app.control import Control
from ftpair.core.accounts import LOCAL
from ftpair.core.actions import GetMetrics, KillSession, Metrics, Said
from ftpair.core.errors import BusyError, NotReachableError
from ftpair.core.messages import Ready, Stop, UseLog
from ftpair.core.requests import FromApi, Request, Response
from ftpair.dataplane.channel import Channel, socketpair
from ftpair.observe import log


class Supervisor:
    """The other end of the channel; keeps what it hears."""

    def __init__(self, sock):
        self.heard, self.requests = [], asyncio.Queue()
        self.channel = Channel(sock, FromApi, self.hear, lambda: None)

    def hear(self, message, _fds):
        self.heard.append(message)
        if isinstance(message, Request):
            self.requests.put_nowait(message)

    def answer(self, request, result):
        self.channel.send(Response(request.number, result))


def play(scenario, **clocks):
    async def whole():
        ours, theirs = socketpair()
        supervisor, asking = Supervisor(ours), Control(theirs, **clocks)
        try:
            await scenario(supervisor, asking)
        finally:
            asking.close()
            supervisor.channel.close()

    asyncio.run(whole())


def test_answers_that_come_out_of_order_find_their_questions():
    async def scenario(supervisor, asking):
        kill, figures = (
            asyncio.create_task(asking.ask(KillSession("0-1"), LOCAL)),
            asyncio.create_task(asking.ask(GetMetrics(), LOCAL)),
        )
        first, second = await supervisor.requests.get(), await supervisor.requests.get()
        assert (first.action, second.action) == (KillSession("0-1"), GetMetrics())
        supervisor.answer(second, Metrics((), ()))
        supervisor.answer(first, Said("ended"))
        assert (await kill, await figures) == (Said("ended"), Metrics((), ()))

    play(scenario)


def test_a_silent_supervisor_is_said_to_be_busy_and_its_late_answer_is_dropped():
    async def scenario(supervisor, asking):
        with pytest.raises(BusyError, match=r"did not answer within 0\.05 s; the outcome is unknown"):
            await asking.ask(GetMetrics(), LOCAL)
        supervisor.answer(await supervisor.requests.get(), Said("late"))
        await asyncio.sleep(0.02)
        assert not asking.ended.is_set()

    play(scenario, answer_timeout_s=0.05)


@pytest.mark.parametrize("goodbye", [lambda channel: channel.send(Stop(0)), lambda channel: channel.close()])
def test_the_end_of_the_supervisor_ends_every_question(goodbye):
    async def scenario(supervisor, asking):
        question = asyncio.create_task(asking.ask(GetMetrics(), LOCAL))
        await supervisor.requests.get()
        goodbye(supervisor.channel)
        with pytest.raises(NotReachableError, match="stopped before it answered"):
            await question
        assert asking.ended.is_set()
        with pytest.raises(NotReachableError, match="takes no more orders"):
            await asking.ask(GetMetrics(), LOCAL)

    play(scenario)


def test_the_supervisor_says_how_the_api_writes_its_log():
    async def scenario(supervisor, _asking):
        supervisor.channel.send(UseLog("json", "error"))
        async with asyncio.timeout(5):
            while logging.getLogger("ftpair").isEnabledFor(logging.INFO):
                await asyncio.sleep(0.01)

    log.configure()
    try:
        play(scenario)
    finally:
        log.configure()


def test_the_api_is_ready_and_its_heart_beats():
    async def scenario(supervisor, _asking):
        async with asyncio.timeout(5):
            while len(supervisor.heard) < 2:
                await asyncio.sleep(0.01)
        ready, beat = supervisor.heard
        assert ready == Ready(0)
        (sample,) = beat.gauges
        assert (sample.name, sample.labels) == ("process_open_fds", ("api",))
        assert sample.value > 3

    play(scenario)
