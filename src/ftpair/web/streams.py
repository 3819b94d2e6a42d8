"""Who has streams open, and how many."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from ftpair.core.accounts import Identity

MOST_OF_ONE = 20
"""Streams of one person or token at a time; a tab that nobody sees has none."""


class Streams:
    """The streams that are open: who opens too many ends the oldest of them."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], deque[asyncio.Event]] = {}

    @contextmanager
    def place(self, who: Identity) -> Iterator[asyncio.Event]:
        """Give one a place; the event is set when it must go."""
        must_go = asyncio.Event()
        own = self._of.setdefault((who.via, who.name), deque())
        if len(own) >= MOST_OF_ONE:
            own.popleft().set()
        own.append(must_go)
        try:
            yield must_go
        finally:
            if must_go in own:
                own.remove(must_go)
