"""Listeners: one question a second for all of them, no queue for anybody, places that come free."""

import asyncio
import json
from dataclasses import replace

import pytest

from ftpair.api.newsroom import HEARTBEAT_S, LIFE_S, MOST, STUCK_S, Newsroom
from ftpair.api.problems import RefusalError
from ftpair.core.actions import NewsAre
from ftpair.core.happenings import Happening
from tests.api.supervisor import node


class Desk:
    """The supervisor's side: its status, what happens, and how often it was asked."""

    def __init__(self):
        self.status, self.happenings, self.asked, self.refusal = node(), [], [], None

    def happen(self, sentence):
        self.happenings.append(Happening(len(self.happenings) + 1, 7.0, "admin", "FTPS_VIP", sentence))

    async def ask(self, after):
        self.asked.append(after)
        await asyncio.sleep(0)
        if self.refusal:
            raise self.refusal
        new = tuple(each for each in self.happenings if each.number > after)
        return NewsAre(self.status, new, len(self.happenings))


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        self.now += 1e-7
        return self.now


class Scene:
    def __init__(self):
        self.desk, self.clock, self.ended = Desk(), Clock(), asyncio.Event()
        self.newsroom = Newsroom(every_s=0.0, clock=self.clock)

    def listen(self, last_id=""):
        return Listener(self.newsroom.follow(self.newsroom.enter(), self.desk.ask, last_id, self.ended))


class Listener:
    def __init__(self, events):
        self.events = events

    async def next(self):
        """The next event: its name, its data, its id; or the text of what is none."""
        text = (await anext(self.events)).decode()
        fields = dict(line.split(": ", 1) for line in text.strip().split("\n"))
        if "event" not in fields:
            return text
        return fields["event"], json.loads(fields["data"]), fields["id"]


def play(scenario):
    async def whole():
        await asyncio.wait_for(scenario(Scene()), 10)

    asyncio.run(whole())


def test_a_listener_gets_the_status_first_and_then_what_changes():
    async def scenario(scene):
        listener = scene.listen()
        assert await listener.next() == "retry: 2000\n\n"
        name, status, _ = await listener.next()
        assert (name, status["revision"], len(status["services"])) == ("status", 4, 2)
        scene.desk.happen("drain FTP_SVR2")
        name, happening, number = await listener.next()
        assert (name, happening["sentence"], number) == ("change", "drain FTP_SVR2", "1700000000-1")
        scene.desk.status = node(is_draining=True)
        assert (await listener.next())[1]["is_draining"]

    play(scenario)


def test_a_status_that_differs_only_in_the_lag_of_a_worker_is_no_news():
    async def scenario(scene):
        listener = scene.listen()
        await listener.next()
        await listener.next()
        worker = replace(scene.desk.status.workers[0], loop_lag_seconds=0.5)
        scene.desk.status = node(workers=(worker,))
        waiting = asyncio.create_task(listener.next())
        await asyncio.sleep(0.02)
        assert not waiting.done()
        assert len(scene.desk.asked) > 3
        scene.desk.happen("now")
        assert (await waiting)[1]["sentence"] == "now"

    play(scenario)


def test_the_supervisor_is_asked_once_for_all_listeners():
    async def scenario(scene):
        scene.newsroom = Newsroom(every_s=0.2)
        listeners = [scene.listen() for _ in range(20)]
        for listener in listeners:
            await listener.next()
        await asyncio.gather(*(listener.next() for listener in listeners))
        assert scene.desk.asked == [0]
        scene.desk.happen("drain FTP_SVR2")
        events = await asyncio.gather(*(listener.next() for listener in listeners))
        assert {event[1]["sentence"] for event in events} == {"drain FTP_SVR2"}
        assert scene.desk.asked == [0, 0]

    play(scenario)


def test_who_comes_when_nobody_has_listened_for_long_is_told_what_is_now_and_nothing_of_before():
    async def scenario(scene):
        scene.newsroom = Newsroom(every_s=1.0, clock=scene.clock)
        first = scene.listen()
        assert (await first.next(), (await first.next())[1]["revision"]) == ("retry: 2000\n\n", 4)
        await first.events.aclose()
        scene.desk.happen("long ago")
        scene.desk.status = node(revision=5)
        scene.clock.now += 3600
        later = scene.listen()
        await later.next()
        name, status, number = await later.next()
        assert (name, status["revision"], number) == ("status", 5, "1700000000-1")

    play(scenario)


def test_a_slow_reader_gets_the_newest_status_and_not_all_that_it_missed():
    async def scenario(scene):
        slow, quick = scene.listen(), scene.listen()
        for listener in (slow, quick):
            await listener.next()
            await listener.next()
        for revision in range(5, 50):
            scene.desk.status = node(revision=revision)
            assert (await quick.next())[1]["revision"] == revision
        assert (await slow.next())[1]["revision"] == 49

    play(scenario)


def test_who_comes_again_gets_what_happened_meanwhile_and_a_stranger_does_not():
    async def scenario(scene):
        for sentence in ("one", "two", "three"):
            scene.desk.happen(sentence)
        again, of_another_run = scene.listen("1700000000-1"), scene.listen("1600000000-1")
        odd = scene.listen("1700000000-" + "9" * 30)
        for listener in (again, of_another_run, odd):
            await listener.next()
        assert [(await again.next())[1]["sentence"] for _ in "ab"] == ["two", "three"]
        assert (await of_another_run.next())[0] == "status"
        assert (await odd.next())[0] == "status"

    play(scenario)


def test_a_quiet_node_is_heard_to_beat():
    async def scenario(scene):
        listener = scene.listen()
        await listener.next()
        await listener.next()
        scene.clock.now += HEARTBEAT_S
        assert (await listener.next()).startswith(": ping")

    play(scenario)


def test_a_supervisor_that_does_not_answer_in_time_ends_no_stream():
    async def scenario(scene):
        listener = scene.listen()
        await listener.next()
        await listener.next()
        scene.desk.refusal = RefusalError("no-answer", "the supervisor did not answer within 10 s")
        scene.clock.now += HEARTBEAT_S
        assert (await listener.next()).startswith(": ping")
        scene.desk.refusal = None
        scene.desk.happen("it is back")
        assert (await listener.next())[1]["sentence"] == "it is back"

    play(scenario)


@pytest.mark.parametrize("how", ["told", "gone"])
def test_the_end_of_ftpair_ends_every_stream_at_once(how):
    async def scenario(scene):
        scene.newsroom = Newsroom(every_s=30.0)
        listener = scene.listen()
        await listener.next()
        await listener.next()
        waiting = asyncio.create_task(listener.next())
        await asyncio.sleep(0.01)
        if how == "gone":
            scene.desk.refusal = RefusalError("stopping", "ftpair stops")
        scene.ended.set()
        with pytest.raises(StopAsyncIteration):
            await waiting

    play(scenario)


def test_a_listener_has_to_come_again_now_and_then():
    async def scenario(scene):
        listener = scene.listen()
        await listener.next()
        await listener.next()
        scene.clock.now += LIFE_S
        scene.desk.happen("a last one")
        with pytest.raises(StopAsyncIteration):
            while True:
                await listener.next()

    play(scenario)


def test_places_are_limited_and_come_free_when_a_listener_goes_or_is_stuck():
    async def scenario(scene):
        listeners = [scene.listen() for _ in range(MOST)]
        with pytest.raises(RefusalError, match="64 listeners are there already; close some pages"):
            scene.newsroom.enter()
        await listeners[0].next()
        await listeners[0].events.aclose()
        scene.newsroom.enter()
        with pytest.raises(RefusalError):
            scene.newsroom.enter()
        scene.clock.now += STUCK_S
        scene.newsroom.enter()

    play(scenario)
