"""`ftpair top`: asks again and again, draws, and obeys keys."""

import sys
import time
from pathlib import Path

import typer

from ftpair.cli.client import Client
from ftpair.cli.keys import Keys
from ftpair.cli.sheet import Cell, Sheet, line
from ftpair.cli.show import show
from ftpair.cli.top import Moment, Past, View, keys_line, next_order, top_sheet
from ftpair.core.errors import NotReachableError
from ftpair.core.status import NodeStatus, SessionRow

ROWS_OF_A_PIPE = 60


def top(socket: Path, every_s: float, order: str) -> None:
    """Draw until `q` or Ctrl-C; where nobody looks on, one frame."""
    with Client(socket) as client:
        look = _Look(client, order)
        if not sys.stdout.isatty():
            look.ask()
            show(look.sheet(ROWS_OF_A_PIPE))
            return
        try:
            _draw(look, every_s)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


def _draw(look: "_Look", every_s: float) -> None:
    from ftpair.cli.drawn import on_screen  # noqa: PLC0415 - Rich doubles the time of a start.

    look.ask()
    asked = time.monotonic()
    with Keys() as keys, on_screen() as screen:
        while True:
            screen.put((*look.sheet(screen.rows - 1), keys_line(look.order)))
            key = keys.wait(max(0.0, asked + every_s - time.monotonic()))
            if key == "q":
                return
            if key == "s":
                look.order = next_order(look.order)
            elif not key:
                look.ask_again()
                asked = time.monotonic()


class _Look:
    """The newest answers, and those before."""

    def __init__(self, client: Client, order: str) -> None:
        self._client, self.order = client, order
        self._past = Past()
        self._moment: Moment
        self._trouble = ""

    def ask(self) -> None:
        """Ask for what is now. Raises NotReachableError."""
        node = self._client.get(("status",), NodeStatus)
        sessions = self._client.get(("sessions",), list[SessionRow])
        self._moment, self._trouble = Moment(time.monotonic(), node, sessions), ""
        self._past.take(self._moment)

    def ask_again(self) -> None:
        """Ask; while nobody answers the former answer stands, and the reason above it."""
        try:
            self.ask()
        except NotReachableError as error:
            self._trouble = error.sentence

    def sheet(self, rows: int) -> Sheet:
        """Return what is known as a sheet of about so many lines."""
        trouble = (line(Cell(self._trouble, "bold red")),) if self._trouble else ()
        return (*trouble, *top_sheet(self._moment, self._past, View(rows, self.order)))
