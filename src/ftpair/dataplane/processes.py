"""Processes that the supervisor watches: those that it has started, and those that it found when it came."""

import asyncio
import os
import select
import signal
from contextlib import suppress
from typing import Protocol


class Process(Protocol):
    """What the supervisor needs of a process; `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Return its number."""

    @property
    def returncode(self) -> int | None:
        """Return how it ended; None: it has not, or nobody can know."""

    def kill(self) -> None:
        """End it at once."""

    def poll(self) -> int | None:
        """Return how it ended; None: it lives."""

    def wait(self) -> int:
        """Wait for its end, and return how it was."""


UNKNOWN = 1 << 16
"""Stands for the exit status of a process that somebody else has started: the kernel tells it to its parent alone."""


class Foreign:
    """A process that this program has not started: an orphan, or a child from before this process became ftpair."""

    def __init__(self, pid: int) -> None:
        """Raises OSError when there is no such process."""
        self.pid = pid
        self.returncode: int | None = None
        self._pidfd = os.pidfd_open(pid)
        self._end = select.poll()  # Not select(): a supervisor of many listeners has descriptors above 1,024.
        self._end.register(self._pidfd, select.POLLIN)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal; one that is gone needs none."""
        if self.returncode is not None:
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def poll(self) -> int | None:
        """Return how it ended; None: it lives."""
        if self.returncode is None and self._end.poll(0):
            self.returncode = self._reap()
        return self.returncode

    def wait(self) -> int:
        """Wait for its end, and return how it was."""
        if self.returncode is None:
            self._end.poll()
            self.returncode = self._reap()
        return self.returncode

    def _reap(self) -> int:
        os.close(self._pidfd)
        try:
            _pid, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            return UNKNOWN
        return os.waitstatus_to_exitcode(status)


def death_of(pid: int) -> asyncio.Event:
    """Return an event that is set when a process has exited. Raises OSError when there is none."""
    loop, gone, pidfd = asyncio.get_running_loop(), asyncio.Event(), os.pidfd_open(pid)

    def exited() -> None:
        loop.remove_reader(pidfd)
        os.close(pidfd)
        gone.set()

    loop.add_reader(pidfd, exited)
    return gone


def ending(status: int | None) -> str:
    """Return in words how a process ended."""
    if status is None or status == UNKNOWN:
        return "ended"
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
