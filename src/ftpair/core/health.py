"""What the probes say of the real servers, now and lately, as doors ask for it. Times in seconds since the epoch."""

from dataclasses import dataclass

from ftpair.core.actions import Look, Result
from ftpair.core.plan import CheckLevel
from ftpair.core.status import Admin, Health, ServerCertificate


@dataclass(frozen=True, slots=True)
class PastVerdict:
    """What the probes said from then on, until they said something else."""

    at: float
    health: Health
    reason: str


@dataclass(frozen=True, slots=True)
class ServerHealth:
    """One real server as its probes see it."""

    service: str
    server: str
    admin: Admin
    health: Health
    reason: str
    since: float
    check: CheckLevel
    probe: str
    """What its probe does, in words."""
    last_check: float
    """When the last check ended; 0: there was none yet."""
    next_check: float
    """When the next one begins; 0: it is not known, or there is none."""
    check_seconds: float
    history: tuple[PastVerdict, ...]
    """The last verdicts, the newest first."""
    warnings: tuple[str, ...] = ()
    """What will bring it down, or is amiss although it is up, in words."""
    certificates: tuple[ServerCertificate, ...] = ()
    """What it showed to its probes; several where its entrances show different ones."""


class GetHealth(Look, frozen=True, tag=True):
    """Answered by `HealthIs`."""


class HealthIs(Result, frozen=True, tag=True):
    """The answer to `GetHealth`: every real server, in the order of the configuration."""

    servers: tuple[ServerHealth, ...]
