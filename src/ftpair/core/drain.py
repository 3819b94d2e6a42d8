"""How a real server is drained: what is waited for, until when, and how far that is. Values and their sentence."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from ftpair.core.units import counted, duration, rate, size

WaitFor = Literal["sessions", "transfers"]


class DrainPlan(msgspec.Struct, frozen=True):
    """How the servers of a service are drained, unless the administrator says otherwise."""

    wait_for: WaitFor = "sessions"
    deadline_s: float = 0.0
    """After so many seconds, what still moves is ended as by halt; 0: never."""


@dataclass(frozen=True, slots=True)
class Drain:
    """One drain, as it was begun; moments in seconds since the epoch, so that they hold over a restart."""

    wait_for: WaitFor = "sessions"
    since: float = 0.0
    until: float = 0.0
    """When what still moves is ended; 0: never."""

    def is_overdue(self, now: float) -> bool:
        """Return whether its deadline has passed."""
        return 0 < self.until <= now


@dataclass(frozen=True, slots=True)
class DrainStatus:
    """How far a drain is."""

    wait_for: WaitFor
    since: float
    """Seconds since the epoch."""
    until: float
    """Likewise: when what still moves is ended; 0: never."""
    bytes: int
    """What the server's transfers have moved since."""
    cut_sessions: int
    """How many sessions its deadline has ended."""
    sentence: str
    """`drain FTP_SVR2: 3 sessions stay, 2 transfers move (1.2 GiB so far, 9.5 MiB/s), 4 min 0 s left`."""


@dataclass(frozen=True, slots=True)
class Moving:
    """What a server still has; bytes since its drain began, and how many a second."""

    sessions: int
    transfers: int
    bytes: int
    bytes_per_second: float


def told(server: str, drain: Drain, moving: Moving, cut: int, now: float) -> str:
    """Return how far a drain is, in a sentence; what is not known is left out."""
    if not moving.sessions and not moving.transfers:
        return f"drain {server}: done, " + (f"{_sessions(cut)} ended at the deadline" if cut else "no session is left")
    moves = "moves" if moving.transfers == 1 else "move"
    so_far = [f"{size(moving.bytes)} so far"] if moving.bytes else []
    so_far += [rate(moving.bytes_per_second)] if moving.bytes_per_second >= 1 and moving.transfers else []
    figures = f" ({', '.join(so_far)})" if so_far else ""
    clauses = [
        f"{_sessions(moving.sessions)} {'stays' if moving.sessions == 1 else 'stay'}",
        f"{counted(moving.transfers, 'transfer')} {moves}{figures}",
    ]
    if drain.until:
        clauses.append(f"{duration(max(0.0, drain.until - now))} left")
    return f"drain {server}: {', '.join(clauses)}"


def _sessions(count: int) -> str:
    return counted(count, "session")
