"""Waits until a drained server is empty, and tells how far it is."""

import sys
import time
from pathlib import Path

from ftpair.cli.client import Client
from ftpair.cli.failures import ChangedMeanwhileError, DeadlineError
from ftpair.cli.show import talk
from ftpair.core.errors import BusyError
from ftpair.core.status import Admin, ServerStatus
from ftpair.core.text import safe
from ftpair.core.units import counted, duration

LOOK_EVERY_S = 0.5


class Progress:
    """One line on stderr: rewritten on a terminal, else written when it changes."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._told = ""

    def tell(self, words: str, waited_s: float) -> None:
        """Show the words and how long it has taken."""
        if self._is_terminal:
            sys.stderr.write(f"\r\x1b[K{safe(words)}, {duration(waited_s)}")
            sys.stderr.flush()
        elif words != self._told:
            talk(words)
        self._told = words

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._told:
            sys.stderr.write("\n")


def wait_until_empty(socket: Path, names: tuple[str, str], timeout_s: float | None) -> None:
    """Return when the server (service, server) is empty. Raises DeadlineError, ChangedMeanwhileError."""
    progress = Progress()
    try:
        with Client(socket) as client:
            _wait(client, names, timeout_s, progress)
    except KeyboardInterrupt:
        raise BusyError(f"No longer waiting; {names[1]} goes on draining.") from None
    finally:
        progress.end()


def _wait(client: Client, names: tuple[str, str], timeout_s: float | None, progress: Progress) -> None:
    begin = time.monotonic()
    while True:
        now = client.get(("services", names[0], "servers", names[1]), ServerStatus)
        waited_s = time.monotonic() - begin
        figures = f"{counted(now.sessions, 'session')}, {counted(now.transfers, 'transfer')}"
        progress.tell(f"{now.name}: {figures} left", waited_s)
        if not now.sessions:
            return
        if now.admin is Admin.ONLINE:
            raise ChangedMeanwhileError(f"Somebody else brought {now.name} online again; {figures} on it.")
        if timeout_s is not None and waited_s >= timeout_s:
            raise DeadlineError(f"After {duration(timeout_s)} {now.name} still has {figures}; it goes on draining.")
        time.sleep(LOOK_EVERY_S)
