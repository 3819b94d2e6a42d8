"""Standard error as the sink of the log: whole lines, and nobody who stops reading stops a transfer."""

import os
import select
import sys

PATIENCE_MS = 100
"""How long a reader may keep the log waiting once; as long as it lags after that, lines are lost and counted."""


class Stderr:
    """Writes each line in one piece to a descriptor that several processes share.

    A terminal that was paused or a log collector that hangs must not stop the event loop, and a full disk is no reason
    to end a session. Lines that find no room are lost, and counted.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self.lost = 0
        """Lines lost since the last one that was written."""

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads along."""
        return os.isatty(self._descriptor)

    def msg(self, line: bytes) -> None:
        """Write one line; its end is added."""
        if not self._poll.poll(0 if self.lost else PATIENCE_MS):
            self.lost += 1
            return
        try:
            os.write(self._descriptor, line + b"\n")
        except OSError:
            self.lost += 1
        else:
            self.lost = 0

    debug = info = warning = error = critical = msg


STDERR = Stderr(sys.__stderr__.fileno() if sys.__stderr__ else 2)
