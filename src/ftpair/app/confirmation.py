"""An apply that must be confirmed: who is cut off by a change of his own gets the former state back."""

import time
from dataclasses import dataclass, field

from ftpair.app.revisions import Revisions
from ftpair.core.revisions import Unconfirmed


@dataclass(slots=True)
class Confirmation:
    """What waits to be confirmed; it is kept on the disk too, for the next start."""

    revisions: Revisions
    waiting: Unconfirmed | None = None
    _due: float = field(default=0.0, init=False)
    """By the clock that nobody sets."""

    def begin(self, revision: int, former: int, seconds: float) -> None:
        """Let a revision wait to be confirmed."""
        self.waiting, self._due = Unconfirmed(revision, former, time.time() + seconds), time.monotonic() + seconds
        self.revisions.await_confirmation(self.waiting)

    def end(self) -> None:
        """It is confirmed, or taken back."""
        self.waiting = None
        self.revisions.await_confirmation(None)

    @property
    def is_overdue(self) -> bool:
        """Whether nobody confirmed in time."""
        return self.waiting is not None and time.monotonic() >= self._due

    @property
    def seconds_left(self) -> float:
        """How long there still is to confirm."""
        return max(0.0, self._due - time.monotonic())
