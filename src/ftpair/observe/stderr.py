"""Standard error as the sink of the log: whole lines, and nobody who stops reading stops a transfer."""

import os
import select
import socket
import stat
import sys
import time

PATIENCE_MS = 100
"""How long a reader may keep the log waiting; where it lags on, lines are lost and counted."""
REST_S = 10.0
"""Seconds from one wait to the next, so that a slow reader is not waited for with every line."""

_ANEW = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Stderr:
    """Writes each line in one piece to a descriptor that several processes share.

    A terminal that was paused or a log collector that hangs must not stop the event loop, and a full disk is no reason
    to end a session. Lines that find no room are lost, and counted. A line of up to PIPE_BUF bytes arrives whole.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = self._own = descriptor
        self._socket: socket.socket | None = None
        self._poll = select.poll()
        self._next_wait = 0.0
        self._is_torn = False
        self.lost = 0
        """Lines lost since the last one that was written."""
        self.open()

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads along."""
        return os.isatty(self._descriptor)

    def open(self) -> None:
        """Find a way to write that never blocks and leaves the descriptor, which others share, as it is."""
        self._close()
        kind = _kind(self._descriptor)
        if stat.S_ISSOCK(kind):
            self._socket = socket.socket(fileno=os.dup(self._descriptor))
        elif stat.S_ISFIFO(kind) or stat.S_ISCHR(kind):
            self._own = _opened_anew(self._descriptor)
        self._poll = select.poll()
        self._poll.register(self._own, select.POLLOUT)

    def pass_on(self) -> None:
        """Put the way that never blocks in place of the descriptor, for children that may not open it themselves."""
        if self._own != self._descriptor:
            os.dup2(self._own, self._descriptor)

    def msg(self, line: bytes) -> None:
        """Write one line; its end is added."""
        whole = b"\n" * self._is_torn + line + b"\n"
        try:
            written = self._write(whole) if self._has_room() else 0
        except OSError:
            written = 0
        if written:
            self._is_torn = written < len(whole)
        self.lost = 0 if written == len(whole) else self.lost + 1

    debug = info = warning = error = critical = msg

    def _has_room(self) -> bool:
        if self._poll.poll(0):
            return True
        now = time.monotonic()
        if now < self._next_wait:
            return False
        self._next_wait = now + REST_S
        return bool(self._poll.poll(PATIENCE_MS))

    def _write(self, line: bytes) -> int:
        if self._socket is not None:
            return self._socket.send(line, socket.MSG_DONTWAIT)
        return os.write(self._own, line)

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._own != self._descriptor:
            os.close(self._own)
        self._socket, self._own = None, self._descriptor


def _kind(descriptor: int) -> int:
    try:
        return os.fstat(descriptor).st_mode
    except OSError:  # Closed by who started us: every line is lost, and counted.
        return 0


def _opened_anew(descriptor: int) -> int:
    """Return another way to the same pipe or terminal; the descriptor itself where the user has no right to open it.

    Files are written through the shared descriptor, whose place in the file is shared too; they do not block.
    """
    try:
        return os.open(f"/proc/self/fd/{descriptor}", _ANEW)
    except OSError:
        return descriptor


STDERR = Stderr(sys.__stderr__.fileno() if sys.__stderr__ else 2)
