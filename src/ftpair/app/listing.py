"""Asks every worker for its sessions and puts the answers together."""

import asyncio
from collections.abc import Callable, Iterable

from ftpair.app.turns import Turns
from ftpair.core.actions import ClientsAre, SessionTable
from ftpair.core.clientele import client_rows
from ftpair.core.halting import Halted
from ftpair.core.messages import Clients, EndSessions, ListClients, ListSessions, Message, Sessions
from ftpair.dataplane.children import Child

ANSWER_TIMEOUT_S = 2.0


class _Question:
    """One question to several workers."""

    def __init__(self, asked: set[str]) -> None:
        self.missing = asked
        self.answers: list[Sessions | Clients] = []
        self.is_answered = asyncio.Event()

    def close(self, worker: str) -> None:
        """Wait for this worker no more."""
        self.missing.discard(worker)
        if not self.missing:
            self.is_answered.set()


class Listing:
    """Questions that wait for their answers."""

    def __init__(self, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._answer_timeout_s = answer_timeout_s
        self._number = 0
        self._questions: dict[int, _Question] = {}
        self._tables: Turns[SessionTable] = Turns()
        self._clients: Turns[ClientsAre] = Turns()

    async def ask(self, workers: Iterable[Child]) -> SessionTable:
        """Return the sessions and transfers of all workers that answer in time."""
        return await self._tables.ask(lambda: self._table(workers))

    async def clients(self, workers: Iterable[Child]) -> ClientsAre:
        """Return what all workers that answer in time have seen of their clients."""
        return await self._clients.ask(lambda: self._seen(workers))

    async def _table(self, workers: Iterable[Child]) -> SessionTable:
        return _table(await self._sessions(workers, ListSessions))

    async def _seen(self, workers: Iterable[Child]) -> ClientsAre:
        answers = await self._answers(workers, ListClients)
        return ClientsAre(
            client_rows(seen for answer in answers if isinstance(answer, Clients) for seen in answer.seen)
        )

    async def end(self, workers: Iterable[Child], reason: str, session: str) -> bool:
        """End a session; return whether a worker had it."""
        answers = await self._sessions(workers, lambda number: EndSessions(reason, session=session, number=number))
        return any(answer.ended for answer in answers)

    async def halt(self, workers: Iterable[Child], reason: str, slot: int) -> Halted:
        """End all sessions of a server's row, or send them elsewhere; return what the workers say of them."""
        answers = await self._sessions(workers, lambda number: EndSessions(reason, slot=slot, number=number))
        return Halted(
            sum(each.ended for each in answers), sum(each.moved for each in answers), sum(each.cut for each in answers)
        )

    async def _sessions(self, workers: Iterable[Child], message: Callable[[int], Message]) -> list[Sessions]:
        answers = await self._answers(workers, message)
        return [answer for answer in answers if isinstance(answer, Sessions)]

    async def _answers(self, workers: Iterable[Child], message: Callable[[int], Message]) -> list[Sessions | Clients]:
        ready = [worker for worker in workers if worker.is_ready]
        self._number += 1
        number, question = self._number, _Question({worker.name for worker in ready})
        self._questions[number] = question
        for worker in ready:
            worker.send(message(number))
        try:
            async with asyncio.timeout(self._answer_timeout_s):
                await (question.is_answered.wait() if ready else asyncio.sleep(0))
        except TimeoutError:
            pass  # A worker that hangs hides its sessions, not those of the others.
        finally:
            del self._questions[number]
        return question.answers

    def hear(self, worker: str, answer: Sessions | Clients) -> None:
        """Take a worker's answer; a late one is dropped."""
        question = self._questions.get(answer.number)
        if question:
            question.answers.append(answer)
            question.close(worker)

    def bury(self, worker: str) -> None:
        """Wait no more for a worker that died."""
        for question in self._questions.values():
            question.close(worker)


def _table(answers: Iterable[Sessions]) -> SessionTable:
    sessions = [row for answer in answers for row in answer.sessions]
    transfers = [row for answer in answers for row in answer.transfers]
    return SessionTable(
        tuple(sorted(sessions, key=lambda row: -row.seconds)), tuple(sorted(transfers, key=lambda row: -row.seconds))
    )
