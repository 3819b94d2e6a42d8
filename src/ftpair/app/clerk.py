"""A thread of its own for a store on the disk: however slow the disk is, nobody in the supervisor waits for it."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, Protocol, TypeVar

import structlog

from ftpair.core.errors import BusyError

log = structlog.get_logger("ftpair")

MOST_WAITING = 64
"""Jobs; a disk that hangs costs that much memory, and no more."""
MOST_QUESTIONS = MOST_WAITING * 3 // 4
"""A page of reports asks a dozen at once; who asks far too much takes no room from what is to be kept."""
ANSWER_TIMEOUT_S = 8.0
"""Shorter than the API waits for the supervisor, so that the reason is told."""
FAREWELL_S = 2.0


class Closable(Protocol):
    """What a clerk keeps."""

    def close(self) -> None:
        """Leave the disk."""


Store = TypeVar("Store", bound=Closable)
Found = TypeVar("Found")


class Clerk(Generic[Store]):
    """Does jobs on a store, one after the other; the store is made, used and closed in the thread alone."""

    def __init__(self, name: str, make: Callable[[], Store], timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._name, self._make, self._timeout_s = name, make, timeout_s
        self._jobs: queue.Queue[Callable[[Store], object] | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def post(self, job: Callable[[Store], object]) -> bool:
        """Let a job be done later; return whether there was room for it."""
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return False
        return True

    async def ask(self, question: Callable[[Store], Found]) -> Found:
        """Return what a job returns; raises what it raises, and BusyError if it does not come to its turn in time."""
        future: Future[Found] = Future()
        if self._jobs.qsize() < MOST_QUESTIONS and self.post(lambda store: _settle(future, question, store)):
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await asyncio.wrap_future(future)
            except TimeoutError:
                pass
        raise BusyError(f"the disk of the {self._name} does not answer in time; try again when it is less busy")

    def close(self, patience_s: float = FAREWELL_S) -> None:
        """Do what waits, then close the store; a disk that hangs is not waited for."""
        try:
            self._jobs.put(None, timeout=patience_s)
        except queue.Full:
            return
        self._thread.join(patience_s)

    def _work(self) -> None:
        store = self._make()
        while job := self._jobs.get():
            try:
                job(store)
            except Exception:  # A bug in one job must not end the history.
                log.exception("a job of the history failed", store=self._name)
        store.close()


def _settle(future: "Future[Found]", question: Callable[[Store], Found], store: Store) -> None:
    if not future.set_running_or_notify_cancel():
        return  # Nobody waits for it any more.
    try:
        future.set_result(question(store))
    except Exception as error:  # noqa: BLE001 - it is raised where it was asked.
        future.set_exception(error)
