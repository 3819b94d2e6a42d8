"""Waits until a drained server is empty, and tells how far it is."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ftpair.cli.client import Client
from ftpair.cli.failures import ChangedMeanwhileError, DeadlineError
from ftpair.cli.show import talk
from ftpair.core.errors import BusyError
from ftpair.core.status import Admin, ServerStatus
from ftpair.core.text import safe
from ftpair.core.units import counted, duration

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

LOOK_EVERY_S = 0.5


class Progress(Protocol):
    """Tells on stderr how far it is."""

    def tell(self, now: ServerStatus, waited_s: float) -> None:
        """Show the server, and how long it has taken."""


class Words:
    """One line: rewritten on a terminal, else written when its figures change."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._told = ""

    def tell(self, now: ServerStatus, waited_s: float) -> None:
        """Show the server, and how long it has taken."""
        words = f"{now.name}: {_figures(now)} left"
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


def wait_until_empty(
    socket: Path, names: tuple[str, str], timeout_s: float | None, every_s: float | None = None
) -> None:
    """Return when the server (service, server) is empty; with a bar, if it is looked at `every_s` seconds.

    Raises DeadlineError (also when the drain's own deadline had to end sessions) and ChangedMeanwhileError.
    """
    shown = _bar() if every_s is not None and sys.stderr.isatty() else _words()
    try:
        with Client(socket) as client, shown as progress:
            _wait(client, names, timeout_s, progress, every_s or LOOK_EVERY_S)
    except KeyboardInterrupt:
        raise BusyError(f"No longer waiting; {names[1]} goes on draining.") from None


@contextmanager
def _words() -> Iterator[Words]:
    words = Words()
    try:
        yield words
    finally:
        words.end()


@contextmanager
def _bar() -> Iterator[Progress]:
    """Draw how many of the sessions that there were are gone, and the sentence of the drain."""
    from rich.console import Console  # noqa: PLC0415 - Rich doubles the time of a start.
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above.
    from rich.progress import Progress as Bar  # noqa: PLC0415 - as above.

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    columns = (BarColumn(bar_width=20), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Bar(*columns, console=console) as bar:
        yield _Drawn(bar)


class _Drawn:
    """The bar of one server."""

    def __init__(self, bar: "Bar") -> None:
        self._bar, self._most = bar, 1
        self._task = bar.add_task("", total=1)

    def tell(self, now: ServerStatus, _waited_s: float) -> None:
        """Show the server."""
        self._most = max(self._most, now.sessions)
        words = now.drain.sentence if now.drain else f"{now.name}: {_figures(now)} left"
        self._bar.update(self._task, total=self._most, completed=self._most - now.sessions, description=safe(words))


def _wait(client: Client, names: tuple[str, str], timeout_s: float | None, progress: Progress, every_s: float) -> None:
    begin = time.monotonic()
    while True:
        now = client.get(("services", names[0], "servers", names[1]), ServerStatus)
        waited_s = time.monotonic() - begin
        progress.tell(now, waited_s)
        if not now.sessions and not now.transfers:
            _demand_uncut(now)
            return
        if now.admin is Admin.ONLINE:
            raise ChangedMeanwhileError(f"Somebody else brought {now.name} online again; {_figures(now)} on it.")
        if timeout_s is not None and waited_s >= timeout_s:
            raise DeadlineError(
                f"After {duration(timeout_s)} {now.name} still has {_figures(now)}; it goes on draining."
            )
        time.sleep(every_s)


def _demand_uncut(now: ServerStatus) -> None:
    if now.drain and now.drain.cut_sessions:
        cut = counted(now.drain.cut_sessions, "session")
        raise DeadlineError(f"{now.name} is empty, but its deadline ended {cut} with what they still transferred.")


def _figures(now: ServerStatus) -> str:
    return f"{counted(now.sessions, 'session')}, {counted(now.transfers, 'transfer')}"
