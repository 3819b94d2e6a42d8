"""The doctor's jobs: each is a child process that is started when it is asked for, and ends with its examination."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from ftpair.core.errors import BusyError, NotFoundError
from ftpair.core.jobs import Job
from ftpair.core.messages import Examine, Examined, FromExaminer, LogLines, Message, Progress
from ftpair.dataplane.children import Child, Recipe

log = structlog.get_logger("ftpair")

KEPT = 20
MOST_RUNNING = 4
"""Each is a process, and visits up to eight servers side by side."""
FAREWELL_S = 2.0


Tell = Callable[[str, str], None]
"""Takes a service, and a sentence."""


@dataclass(frozen=True, slots=True)
class Examiner:
    """How the child of a job is started."""

    user: str = ""
    module: str = "ftpair.app.examiner"

    def recipe(self, service: str) -> Recipe:
        """Return it for one service."""
        return Recipe(f"doctor of {service}", self.module, FromExaminer, user=self.user)


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a child works at."""

    job: str
    told: Examine


def _nobody(_service: str, _sentence: str) -> None:
    pass


class Jobs:
    """The last jobs, finished ones too; written on the supervisor's loop alone. Hears its children (`Parent`)."""

    def __init__(
        self,
        examiner: Examiner,
        tell: Tell = _nobody,
        now: Callable[[], float] = time.time,
        hear_log: Callable[[str, LogLines], None] = lambda _process, _lines: None,
    ) -> None:
        """Begin; `tell` hears what those who look on shall know, `hear_log` what the children log."""
        self._examiner, self._tell, self._now, self._hear_log = examiner, tell, now, hear_log
        self._jobs: dict[str, Job] = {}
        self._running: dict[Child, _Begun] = {}
        self._new: asyncio.Queue[Child] = asyncio.Queue()

    async def run(self) -> None:
        """Let the children live; until cancelled, which ends them."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    child = await self._new.get()
                    group.create_task(child.run(), name=child.name)
        finally:
            for child in list(self._running):
                self._finish(child, state="ended", error="ftpair was stopped")

    def start(self, told: Examine, steps: int) -> Job:
        """Begin an examination of at most so many steps. Raises BusyError."""
        service = told.plan.all_services[0].name
        self._demand_room(service)
        job = Job(secrets.token_hex(4), service, "running", self._now(), steps)
        child = Child(self._examiner.recipe(service), self)
        self._running[child] = _Begun(job.id, told)
        self._jobs[job.id] = job
        self._forget_oldest()
        self._new.put_nowait(child)
        log.info("the doctor begins", service=service, job=job.id)
        self._tell(service, f"the doctor begins to examine {service}")
        return job

    def all(self) -> tuple[Job, ...]:
        """Return all that are known, the newest first."""
        return tuple(reversed(self._jobs.values()))

    def of(self, name: str) -> Job:
        """Return one. Raises NotFoundError."""
        if name not in self._jobs:
            raise NotFoundError(f"no job {name!r}; the last {KEPT} are kept until ftpair ends")
        return self._jobs[name]

    def make_of(self, service: str, server: str) -> str:
        """Return the make of a server as the last examination that knows it has found it; empty: none does."""
        seen = (job.diagnosis.servers for job in self.all() if job.service == service and job.diagnosis)
        return next((servers[server] for servers in seen if servers.get(server)), "")

    def end(self, name: str) -> str:
        """End a job and return the sentence that says so. Raises NotFoundError."""
        job = self.of(name)
        child = next((child for child, begun in self._running.items() if begun.job == name), None)
        if child is None:
            return f"job {name} is {job.state} already: there is nothing to end"
        self._finish(child, state="ended", error="it was ended by the administrator")
        child.kill("ended by the administrator")
        return f"job {name}: the examination of {job.service} is ended"

    # What the children say.

    def child_started(self, child: Child) -> None:
        """Tell it what to examine."""
        child.send(self._running[child].told)

    def child_said(self, child: Child, message: Message) -> None:
        """Note how far it is, or what it found; one that was ended may still speak for a moment."""
        if isinstance(message, LogLines):
            self._hear_log(child.name, message)
        if child not in self._running:
            return
        job = self._jobs[self._running[child].job]
        match message:
            case Progress(done, doing):
                self._jobs[job.id] = replace(job, done=done, doing=doing)
            case Examined(diagnosis):
                self._finish(child, state="done", done=job.steps, diagnosis=diagnosis)

    def child_ended(self, child: Child, why: str) -> None:
        """Take it as a failure if it was not done; a job has one life."""
        error = f"its process ended before it was done ({why}): the log may say more; start it again"
        self._finish(child, state="failed", error=error)

    # How it is done.

    def _finish(self, child: Child, **how: Any) -> None:
        """Note how a job that runs came to its end, and let its child go; one that has ended stays as it is."""
        begun = self._running.pop(child, None)
        if begun is None:
            return
        job = self._jobs[begun.job] = replace(self._jobs[begun.job], doing="", finished=self._now(), **how)
        log.info("the doctor ends", service=job.service, job=job.id, state=job.state, error=job.error)
        self._tell(job.service, _outcome(job))
        child.stop(FAREWELL_S)

    def _demand_room(self, service: str) -> None:
        running = [self._jobs[begun.job] for begun in self._running.values()]
        same = next((job for job in running if job.service == service), None)
        if same:
            raise BusyError(f"the doctor examines {service} already: wait for job {same.id}, or end it")
        if len(running) >= MOST_RUNNING:
            raise BusyError(f"the doctor examines {MOST_RUNNING} services already: wait until one is done, or end one")

    def _forget_oldest(self) -> None:
        running = {begun.job for begun in self._running.values()}
        past = [name for name in self._jobs if name not in running]
        for name in past[: max(0, len(self._jobs) - KEPT)]:
            del self._jobs[name]


def _outcome(job: Job) -> str:
    if job.diagnosis is None:
        return f"the examination of {job.service} has {'failed' if job.state == 'failed' else 'ended'}: {job.error}"
    found = len(job.diagnosis.findings)
    things = "1 thing" if found == 1 else f"{found or 'no'} things"
    return f"the doctor has examined {job.service}: {things} to mend"
