"""The configuration as people bring it in, compare it, and go back to what it was."""

import os
import pwd
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ftpair.cli.acting import Said, tell
from ftpair.cli.client import Client
from ftpair.cli.sheet import Cell, Column, Sheet, Table
from ftpair.cli.show import say, show_json, talk
from ftpair.config.problems import describe_warnings
from ftpair.core.actions import Problem
from ftpair.core.revisions import Revision

COLUMNS = (
    Column("REVISION", is_number=True),
    Column("MADE"),
    Column("BY", rank=1),
    Column("APPLIED", rank=2),
    Column("COMMENT", rank=1),
)
_SAME = "The file is what revision {} already runs."


class Steps(msgspec.Struct, frozen=True):
    """What an apply did, or would do, and what the configuration will suffer from."""

    revision: int
    dry_run: bool
    steps: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()
    confirm_until: float = 0.0


class Difference(msgspec.Struct, frozen=True):
    """What is otherwise in the later of two configurations."""

    former: str
    later: str
    text: str


def apply_file(socket: Path, wish: dict[str, Any], as_json: bool) -> None:
    """Bring the configuration file in, or tell what that would do."""
    with Client(socket) as client:
        done = client.post(("apply",), Steps, wish | {"author": author()})
    show_steps(done, as_json)


def roll_back(socket: Path, revision: int, wish: dict[str, Any], as_json: bool) -> None:
    """Go back to a revision."""
    with Client(socket) as client:
        done = client.post(("revisions", str(revision), "rollback"), Steps, wish | {"author": author()})
    show_steps(done, as_json)


def confirm_apply(socket: Path, as_json: bool) -> None:
    """Let an apply stay that waits to be confirmed."""
    with Client(socket) as client:
        tell(client.post(("confirm",), Said), as_json)


def show_difference(socket: Path, former: str, later: str, as_json: bool) -> None:
    """Compare two configurations."""
    with Client(socket) as client:
        found = client.get(("difference",), Difference, former=former, later=later)
    if as_json:
        show_json(found)
        return
    for line in found.text.splitlines():
        say(line)
    if not found.text:
        talk(f"{found.former} and {found.later} say the same.")


def revisions_sheet(rows: list[Revision]) -> Sheet:
    """Return the revisions."""
    return (Table(COLUMNS, tuple(map(_row, rows)), if_empty="No revisions."),)


def author() -> str:
    """Return who runs this command: the user behind sudo, if there is one."""
    with suppress(KeyError):
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    return str(os.getuid())


def _row(row: Revision) -> tuple[Cell, ...]:
    applied = moment(row.applied) if row.applied else "never"
    return Cell(str(row.number)), Cell(moment(row.made)), Cell(row.author), Cell(applied), Cell(row.comment)


def moment(seconds: float) -> str:
    """Return a moment in the time of this machine."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def show_steps(done: Steps, as_json: bool, outcome: str = "") -> None:
    """Tell what an apply did, or would do, and what came of it."""
    if as_json:
        show_json(done)
        return
    for step in done.steps:
        say(step)
    for warning in describe_warnings(done.warnings):
        talk(warning)
    talk(outcome or _outcome(done))


def _outcome(done: Steps) -> str:
    if done.dry_run:
        would_be = f"Nothing was changed; this would be revision {done.revision}."
        return would_be if done.steps else _SAME.format(done.revision)
    if done.confirm_until:
        left = max(0.0, done.confirm_until - time.time())
        return f"Revision {done.revision} runs for {left:.0f} s, and stays if `ftpair confirm` comes before that."
    return f"Revision {done.revision} runs." if done.steps else _SAME.format(done.revision)
