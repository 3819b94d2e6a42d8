"""Shows an answer of the running ftpair, once or again and again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from ftpair.cli.client import Client
from ftpair.cli.hidden import why_no_user
from ftpair.cli.names import require_known
from ftpair.cli.sheet import Cell, Sheet, line
from ftpair.cli.show import repeat, show, show_json, talk, watch
from ftpair.core.errors import NotReachableError


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, what kind of value comes back, and how people see it."""

    path: tuple[str, ...]
    kind: Any
    sheet: Callable[[Any], Sheet]
    wanted: dict[str, str] = field(default_factory=dict)

    def ask(self, client: Client) -> Any:
        """Return the answer. Raises NotFoundError if there is nothing, and no service or server of that name."""
        answer = client.get(self.path, self.kind, **self.wanted)
        if not answer:  # Sessions of a server that was taken out of the file are still shown by its name.
            require_known(client, self.wanted.get("service", ""), self.wanted.get("server", ""))
        return answer


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is shown."""

    socket: Path
    as_json: bool
    every_s: float | None


def look(question: Question, manner: Manner) -> None:
    """Ask and show; with `every_s` until Ctrl-C."""
    with Client(manner.socket) as client:
        if manner.every_s is None:
            _once(question, manner, client)
            return
        try:
            _again_and_again(question, manner, client, manner.every_s)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


class Patience:
    """Gives sheet after sheet; while nobody answers, the former one and the reason, for whoever watches waits."""

    def __init__(self, sheet_now: Callable[[], Sheet]) -> None:
        self._sheet_now = sheet_now
        self._last: Sheet = ()

    def sheet(self) -> Sheet:
        """Return the newest sheet. Raises NotReachableError if there never was one."""
        try:
            self._last = self._sheet_now()
        except NotReachableError as error:
            if not self._last:
                raise
            return (line(Cell(error.sentence, "bold red")), line(), *self._last)
        return self._last


def _once(question: Question, manner: Manner, client: Client) -> None:
    answer = question.ask(client)
    if manner.as_json:
        show_json(answer)
    else:
        show(question.sheet(answer))
    reason = "" if answer else why_no_user(client, question.wanted)
    if reason:
        talk(reason)


def _again_and_again(question: Question, manner: Manner, client: Client, every_s: float) -> None:
    if manner.as_json:
        repeat(lambda: show_json(question.ask(client), indent=None), every_s)
    else:
        watch(Patience(lambda: question.sheet(question.ask(client))).sheet, every_s)
