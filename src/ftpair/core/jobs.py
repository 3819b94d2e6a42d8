"""Work that takes its time: what doors ask of it, and how far it is."""

from dataclasses import dataclass
from typing import Literal

from ftpair.core.actions import Action, Look, Result
from ftpair.core.doctor import Diagnosis, Order

JobState = Literal["running", "done", "failed", "ended"]


@dataclass(frozen=True, slots=True)
class Job:
    """One examination by the doctor; times in seconds since the epoch."""

    id: str
    service: str
    state: JobState
    """`failed`: it broke off by itself; `ended`: somebody has ended it."""
    started: float
    steps: int
    """How many there are at most."""
    done: int = 0
    """How many of them are done."""
    doing: str = ""
    """The present one, in words."""
    finished: float = 0.0
    """0: not yet."""
    error: str = ""
    """Why there is no diagnosis."""
    diagnosis: Diagnosis | None = None


class StartDoctor(Action, frozen=True, tag=True):
    """Examine a service; answered by `JobIs`."""

    service: str
    order: Order


class GetJobs(Look, frozen=True, tag=True):
    """Answered by `JobsAre`."""


class GetJob(Look, frozen=True, tag=True):
    """Answered by `JobIs`."""

    job: str


class EndJob(Action, frozen=True, tag=True):
    """End a job that runs; answered by `Said`."""

    job: str


class JobsAre(Result, frozen=True, tag=True):
    """The answer to `GetJobs`, the newest first."""

    jobs: tuple[Job, ...]


class JobIs(Result, frozen=True, tag=True):
    """One job as it is now."""

    job: Job
