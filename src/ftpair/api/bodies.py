"""Bodies of requests and answers that `core.status` does not have already. Plain dataclasses, described for OpenAPI."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from ftpair.core.drain import WaitFor
from ftpair.core.log_lines import LogLine
from ftpair.core.revisions import LONGEST_COMMENT
from ftpair.core.status import WorkerStatus
from ftpair.core.transfers import PastTransfer


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; the sentence says what, and what stays."""

    sentence: str


@dataclass(frozen=True, slots=True)
class DrainWish:
    """How a real server is drained; what is left out is as it drains already, or as its service says."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    wait_for: WaitFor | None = None
    """`sessions`: they end by themselves; `transfers`: a session ends after the transfer that it is busy with."""
    deadline_s: Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False)] | None = None
    """After so many seconds what still moves is ended as by halt; 0: never."""


@dataclass(frozen=True, slots=True)
class BanRow:
    """One ban; `until` in seconds since the epoch."""

    service: str
    by: str
    """`address` or `user`."""
    subject: str
    until: float
    reason: str


@dataclass(frozen=True, slots=True)
class BanWish:
    """Whom to ban, and for how many seconds."""

    subject: Annotated[str, Field(min_length=1, max_length=256)]
    by: Literal["address", "user"] = "address"
    for_s: Annotated[float, Field(gt=0, le=31_536_000, allow_inf_nan=False)] = 900.0


@dataclass(frozen=True, slots=True)
class TransferHistory:
    """Ended transfers, the newest first."""

    transfers: tuple[PastTransfer, ...]
    next: int
    """What to give as `before` to go on; 0: there are no more. A long search comes in pieces, even empty ones."""
    unrecorded: int
    """Transfers that could not be recorded since ftpair was started."""


@dataclass(frozen=True, slots=True)
class Report:
    """One figure over time."""

    service: str
    server: str
    measure: str
    unit: str
    """`bytes/s`, `mean`, `peak`, `number` (in a step) or `share` (of the time)."""
    step_s: int
    moments: tuple[int, ...]
    """The beginning of each step, in seconds since the epoch."""
    values: tuple[float | None, ...]
    """The value of each step; null: ftpair did not run."""


@dataclass(frozen=True, slots=True)
class Log:
    """Lines of the log, in the order of time."""

    lines: tuple[LogLine, ...]
    latest: int
    """The highest number of all lines: what to give as `after` to hear what comes next."""


Words = Annotated[str, Field(max_length=LONGEST_COMMENT)]
ConfirmSeconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class ApplyWish:
    """What to do with the configuration file; with `dry_run` the steps are told and nothing is changed."""

    dry_run: bool = False
    author: Words = "api"
    comment: Words = ""
    confirm_s: ConfirmSeconds = 0.0
    """It is taken back unless somebody confirms it within so many seconds; 0: it stays."""


@dataclass(frozen=True, slots=True)
class RollBackWish:
    """How to go back to a revision; with `dry_run` the steps are told and nothing is changed."""

    author: Words = "api"
    comment: Words = ""
    confirm_s: ConfirmSeconds = 0.0
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ConfigurationWish:
    """What the configuration file shall say."""

    content: Annotated[str, Field(max_length=4_000_000)]
    author: Words = "api"
    comment: Words = ""


@dataclass(frozen=True, slots=True)
class ConfigurationText:
    """A configuration as it is written (YAML), where it stands, and the entity tag of the text."""

    name: str
    content: str
    etag: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What is otherwise in the second text, as `diff -u` writes it; empty: nothing."""

    former: str
    later: str
    text: str


@dataclass(frozen=True, slots=True)
class ConfigurationProblem:
    """One thing that is wrong in the configuration file, or will hurt; `line` is 1-based, 0 when unknown."""

    path: str
    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What separates the file from what runs: the steps of an apply, or why it cannot be worked by."""

    is_changed: bool
    steps: tuple[str, ...]
    """Empty, although it is changed: only comments or the spelling are others."""
    problems: tuple[ConfigurationProblem, ...] = ()
    refusal: str = ""
    """Why this machine does not allow it; empty: it does."""
    warnings: tuple[ConfigurationProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplyDone:
    """The steps that were (or with `dry_run` would be) taken, and the revision that runs (or would run)."""

    revision: int
    dry_run: bool
    steps: tuple[str, ...]
    warnings: tuple[ConfigurationProblem, ...] = ()
    """What the configuration will suffer from; nothing of it stops the apply."""
    confirm_until: float = 0.0
    """When it is taken back unless somebody confirms it, in seconds since the epoch; 0: it stays."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What answers here."""

    version: str
    """Of the API process; `status` tells the version of the node."""
    api: str
    python: str


@dataclass(frozen=True, slots=True)
class Alive:
    """The supervisor's loop beats."""

    status: str


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """Whether one service can serve, and why."""

    name: str
    is_serving: bool
    reason: str


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """Whether the node is ready, with the details."""

    status: str
    version: str
    revision: int
    is_draining: bool
    services: tuple[ServiceHealth, ...]
    workers: tuple[WorkerStatus, ...]


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """An error as RFC 9457 has it; `problems` only where a configuration is invalid."""

    type: str
    title: str
    status: int
    detail: str
    problems: tuple[ConfigurationProblem, ...] = field(default_factory=tuple)
