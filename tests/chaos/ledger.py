"""What happened to whom: sessions, transfers and wrong files, counted under one lock for all clients."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class LostError(Exception):
    """A transfer ended without a whole file; the sentence is what the client was told or saw."""


class Ledger:
    """The counts of one run; `struck` is when the fault began, 0 before."""

    def __init__(self) -> None:
        self.transfers = self.lost = self.stood = self.held = 0
        self.struck = 0.0
        self.wrong: list[str] = []
        self.reasons: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._standing: set[int] = set()
        self._last = 0
        self._served: dict[str, float] = {}
        self._busy: dict[str, float] = {}
        """Who was in a transfer when the fault began that became whole: how long it would have taken, undisturbed."""

    @contextmanager
    def session(self) -> Iterator[None]:
        """Count a session, logged in, for the length of a block; one that an exception leaves is lost."""
        with self._lock:
            self._last += 1
            number = self._last
            self._open.add(number)
        try:
            yield
        except Exception as error:
            self._end(number, is_lost=True)
            self.note(error)
            raise
        self._end(number, is_lost=False)

    def _end(self, number: int, *, is_lost: bool) -> None:
        with self._lock:
            self._open.discard(number)
            if number in self._standing and is_lost:
                self.held -= 1

    @contextmanager
    def transfer(self, client: str, usual_s: float) -> Iterator[None]:
        """Count a transfer for the length of a block; one that an exception leaves is lost, all others are whole."""
        with self._lock:
            self.transfers += 1
        try:
            with self.serving(client, usual_s):
                yield
        except Exception:
            with self._lock:
                self.lost += 1
            raise

    @contextmanager
    def serving(self, client: str, usual_s: float = 0.0) -> Iterator[None]:
        """Note that a client was served, unless an exception leaves the block; undisturbed it takes `usual_s`."""
        began = time.monotonic()
        yield
        ended = time.monotonic()
        with self._lock:
            if began < self.struck:
                self._busy[client] = max(0.0, began + usual_s - self.struck)
            else:
                late = ended - self.struck - usual_s - self._busy.get(client, 0.0)
                self._served.setdefault(client, max(0.0, late))

    def strike(self) -> None:
        """Note that the fault begins: whoever has a session now can keep or lose it."""
        with self._lock:
            self.struck = time.monotonic()
            self._standing = set(self._open)
            self.stood = self.held = len(self._standing)
            self._served.clear()
            self._busy.clear()

    def served(self) -> dict[str, float]:
        """Return who has been served since the fault (before it: at all), and how many seconds late."""
        with self._lock:
            return dict(self._served)

    def mistaken(self, what: str) -> None:
        """Note a file that looked whole and is not."""
        with self._lock:
            self.wrong.append(what)

    def note(self, why: Exception) -> None:
        """Count what a client was told or saw."""
        with self._lock:
            self.reasons[_sentence(why)] += 1


def _sentence(why: Exception) -> str:
    words = str(why).strip() or type(why).__name__
    return re.sub(r"\d+ bytes", "N bytes", words.splitlines()[0])[:160]
