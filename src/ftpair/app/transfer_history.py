"""The history of transfers as the supervisor keeps it: batches of workers in, questions answered, nobody waits."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from ftpair.app.clerk import ANSWER_TIMEOUT_S, Clerk
from ftpair.app.transfer_store import FILE, TransferStore
from ftpair.core.actions import GetTransferHistory, Refused, TransferHistoryIs
from ftpair.core.errors import BusyError
from ftpair.core.messages import TransfersEnded

SAY_EVERY_S = 60.0


class TransferHistory:
    """Written on the supervisor's loop, stored by a thread. `warn` hears sentences."""

    def __init__(
        self,
        state: Path,
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._path, self._warn, self._clock = state / FILE, warn, clock
        self._clerk = Clerk("history of transfers", lambda: TransferStore(self._path, warn), timeout_s)
        self._missed = self._said = 0
        self._said_at = -SAY_EVERY_S

    def hear(self, message: TransfersEnded) -> None:
        """Take what a worker tells at its beat."""
        self._miss(message.unrecorded, "more ended at a time than a worker tells of")
        if not self._clerk.post(lambda store: store.add(message.transfers)):
            self._miss(len(message.transfers), "the disk is too slow")

    async def find(self, wanted: GetTransferHistory) -> TransferHistoryIs | Refused:
        """Answer a question."""
        try:
            (transfers, next_), missed = await self._clerk.ask(lambda store: (store.find(wanted), store.unrecorded))
        except BusyError as error:
            return Refused("busy", error.sentence)
        except sqlite3.Error as error:
            remedy = f"stop ftpair, move {self._path} away, and it begins anew"
            return Refused("setup", f"the history of transfers cannot be read ({error}): {remedy}")
        return TransferHistoryIs(transfers, next_, missed + self._missed)

    def close(self) -> None:
        """Write what waits, and leave the file."""
        self._clerk.close()

    def _miss(self, count: int, why: str) -> None:
        """Count transfers that are not recorded; it is said once a minute."""
        self._missed += count
        if self._missed > self._said and self._clock() - self._said_at >= SAY_EVERY_S:
            self._warn(f"{self._missed - self._said} transfers are missing in the history: {why}")
            self._said, self._said_at = self._missed, self._clock()
