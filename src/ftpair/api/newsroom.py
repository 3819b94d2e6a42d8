"""What is new, for everybody who listens: the supervisor is asked once a second, however many they are.

Nobody runs in the background: of those who wait for news, the first asks and the others get the same bulletin. There is
no queue: who comes late for news finds the newest state, and the happenings that are still remembered.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import count

import msgspec
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from ftpair.api.problems import RefusalError
from ftpair.core.actions import NewsAre
from ftpair.core.happenings import Happening
from ftpair.core.status import NodeStatus

EVERY_S = 1.0
HEARTBEAT_S = 15.0
MOST = 64
"""Listeners at a time."""
STUCK_S = 60.0
"""Who has not come for news for so long reads no more, and its place may be given away."""
LIFE_S = 600.0
"""Then a listener has to come again, and to show again who it is."""
RETRY_MS = 2000
REMEMBERED = 200
FULL = f"{MOST} listeners are there already; close some pages, or ask /api/v1/status now and then"

Ask = Callable[[int], Awaitable[NewsAre]]
"""Asks the supervisor for what happened after a number."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The numbers of what a listener has seen."""

    bulletin: int = 0
    status: int = 0
    happening: int = 0


NOTHING = Seen()


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What was known at one moment."""

    number: int
    run: str
    """Names the life of the supervisor: happenings are numbered anew in each."""
    status: NodeStatus
    status_number: int
    """The number of the first bulletin that had this status."""
    status_json: str
    happenings: tuple[Happening, ...]
    latest: int

    def seen_by(self, last_id: str) -> Seen:
        """Return what a listener has seen that comes, or comes again with the identifier of its last event."""
        run, _, number = last_id.partition("-")
        is_known = run == self.run and number.isascii() and number.isdigit() and len(number) < 10
        return Seen(happening=min(int(number), self.latest) if is_known else self.latest)


class Newsroom:
    """Keeps the newest bulletin and the places of the listeners. `ended` is set when ftpair stops."""

    def __init__(self, every_s: float = EVERY_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._clock = every_s, clock
        self._bulletin: Bulletin | None = None
        self._asked = -every_s
        self._turn = asyncio.Lock()
        self._numbers = count(1)
        self._places: dict[int, float] = {}
        """Listeners and when they came for news last."""

    async def newest(self, ask: Ask, seen: int, ended: asyncio.Event) -> Bulletin:
        """Return a bulletin of a higher number than `seen`, asking for it unless another listener has just now.

        Raises what `ask` raises.
        """
        async with self._turn:
            bulletin, age_s = self._bulletin, self._clock() - self._asked
            if bulletin is None or bulletin.number <= seen or age_s > self._every_s:
                await _pause(self._every_s - age_s, ended)
                self._asked = self._clock()
                bulletin = self._bulletin = await self._fetched(ask)
            return bulletin

    def enter(self) -> int:
        """Take a place; return the name of it. Raises RefusalError if there is none."""
        now = self._clock()
        self._places = {name: came for name, came in self._places.items() if now - came < STUCK_S}
        if len(self._places) >= MOST:
            raise RefusalError("too-many", FULL)
        name = next(self._numbers)
        self._places[name] = now
        return name

    async def follow(self, place: int, ask: Ask, last_id: str, ended: asyncio.Event) -> AsyncIterator[bytes]:
        """Yield server-sent events (text/event-stream) until ftpair stops, or for `LIFE_S`; then give the place up."""
        spoke = self._clock()
        until, seen = spoke + LIFE_S, NOTHING
        try:
            yield format_sse_event(retry=RETRY_MS)
            while not ended.is_set() and self._clock() < until:
                self._places[place] = self._clock()
                bulletin = await self.newest(ask, seen.bulletin, ended)
                events = news(bulletin, seen if seen is not NOTHING else bulletin.seen_by(last_id))
                seen = Seen(bulletin.number, bulletin.status_number, bulletin.latest)
                if not events and self._clock() - spoke >= HEARTBEAT_S:
                    events = [KEEPALIVE_COMMENT]
                for event in events:
                    spoke = self._clock()
                    yield event
        except RefusalError:
            return  # ftpair stops.
        finally:
            self._places.pop(place, None)

    async def _fetched(self, ask: Ask) -> Bulletin:
        former, number = self._bulletin, next(self._numbers)
        if former is None:
            return _bulletin(number, await ask(0))
        try:
            answer = await ask(former.latest)
        except RefusalError as refusal:
            if refusal.kind == "stopping":
                raise
            return replace(former, number=number)  # It does not answer in time: nothing is new.
        happenings = (*former.happenings, *answer.happenings)[-REMEMBERED:]
        if _steady(answer.status) == _steady(former.status):
            return replace(former, number=number, happenings=happenings, latest=answer.latest)
        return replace(_bulletin(number, answer), happenings=happenings)


def news(bulletin: Bulletin, seen: Seen) -> list[bytes]:
    """Return the events for who has seen that much."""
    events = [
        _event("change", msgspec.json.encode(each).decode(), f"{bulletin.run}-{each.number}")
        for each in bulletin.happenings
        if each.number > seen.happening
    ]
    if bulletin.status_number > seen.status:
        events.append(_event("status", bulletin.status_json, f"{bulletin.run}-{bulletin.latest}"))
    return events


def _bulletin(number: int, answer: NewsAre) -> Bulletin:
    status, run = answer.status, str(int(answer.status.started))
    text = msgspec.json.encode(status).decode()
    return Bulletin(number, run, status, number, text, answer.happenings, answer.latest)


def _event(name: str, text: str, number: str) -> bytes:
    return format_sse_event(data_str=text, event=name, id=number)


def _steady(status: NodeStatus) -> NodeStatus:
    """Return the status without what is never the same twice."""
    return replace(status, workers=tuple(replace(worker, loop_lag_seconds=0.0) for worker in status.workers))


async def _pause(seconds: float, ended: asyncio.Event) -> None:
    if seconds > 0:
        try:
            await asyncio.wait_for(ended.wait(), seconds)
        except TimeoutError:
            return
