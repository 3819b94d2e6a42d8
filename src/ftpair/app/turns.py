"""A costly question, asked once for all who ask it at the same time, and with a rest after each answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

REST = 3.0
"""Times as long as the answer took: whoever asks on and on, workers spend most of their time on transfers."""
LONGEST_REST_S = 1.0

Answer = TypeVar("Answer")


class Turns(Generic[Answer]):
    """Asks for everybody. Who comes while a question is under way gets the next answer: that one knows what he did."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[Answer] | None = None
        self._rests_until = 0.0

    async def ask(self, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the answer to a question that was not asked before now; raises what the question raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._asked(question))
        return await asyncio.shield(self._next)

    async def _asked(self, question: Callable[[], Awaitable[Answer]]) -> Answer:
        clock = asyncio.get_running_loop().time
        async with self._turn:
            await asyncio.sleep(self._rests_until - clock())
            self._next = None
            began = clock()
            try:
                return await question()
            finally:
                self._rests_until = clock() + min(REST * (clock() - began), LONGEST_REST_S)
