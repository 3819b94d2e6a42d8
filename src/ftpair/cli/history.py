"""Ended transfers, as a table, JSON or CSV."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ftpair.cli.client import Client
from ftpair.cli.failures import WrongUseError
from ftpair.cli.sheet import Cell, Column, Sheet, Table
from ftpair.cli.show import show, show_json, talk
from ftpair.cli.views import BAD, GOOD, WARN
from ftpair.core.transfers import PastTransfer
from ftpair.core.units import counted, duration, rate, size

PATH = ("transfers", "history")
PAGE = 1000
RESULT_STYLE = {"complete": GOOD, "aborted": WARN}
COLUMNS = (
    Column("ENDED"),
    Column("SERVICE", rank=6),
    Column("USER"),
    Column("CLIENT", rank=4),
    Column("SERVER", rank=1),
    Column("VERB"),
    Column("BYTES", is_number=True),
    Column("FOR", rank=5, is_number=True),
    Column("RATE", rank=3, is_number=True),
    Column("RESULT"),
    Column("PATH", rank=2),
    Column("WHY", rank=7),
)


class Found(msgspec.Struct, frozen=True):
    """A page of ended transfers."""

    transfers: tuple[PastTransfer, ...]
    next: int = 0
    unrecorded: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """How many are wanted, and in which form."""

    limit: int = 50
    as_json: bool = False
    as_csv: bool = False


def refuse_watching(every_s: float | None) -> None:
    """Raise WrongUseError for what changes no more."""
    if every_s is not None:
        raise WrongUseError("--watch shows running transfers; leave it out, or leave --history out.")


def refuse_without_history(sought: dict[str, str], as_csv: bool) -> None:
    """Raise WrongUseError for options that mean nothing for running transfers."""
    names = {"from": "since"}
    given = [f"--{names.get(name, name)}" for name, word in sought.items() if word] + ["--csv"] * as_csv
    if given:
        raise WrongUseError(f"{', '.join(given)} is for transfers that have ended: say --history, too.")


def tell_history(socket: Path, wanted: dict[str, str], wish: Wish) -> None:
    """Put ended transfers on stdout, the newest first; a sheet of CSV has all of them. Raises WrongUseError."""
    if wish.as_json and wish.as_csv:
        raise WrongUseError("Say --json or --csv, not both.")
    with Client(socket) as client:
        if wish.as_csv:
            client.copy(PATH, sys.stdout.write, **wanted, format="csv")
            return
        found = gathered(client, wanted, wish.limit)
    if wish.as_json:
        show_json(found)
    else:
        show(history_sheet(found.transfers))
        _talk_of_missing(found)


def gathered(client: Client, wanted: dict[str, str], limit: int) -> Found:
    """Return up to so many; a long search comes in pieces."""
    rows: list[PastTransfer] = []
    before, unrecorded = 0, 0
    while len(rows) < limit:
        most = {"limit": str(min(PAGE, limit - len(rows))), "before": str(before)}
        page = client.get(PATH, Found, **wanted, **most)
        rows += page.transfers
        before, unrecorded = page.next, page.unrecorded
        if not before:
            break
    return Found(tuple(rows), before, unrecorded)


def history_sheet(rows: tuple[PastTransfer, ...]) -> Sheet:
    """Return the ended transfers as a table."""
    return (Table(COLUMNS, tuple(map(_row, rows)), if_empty="No ended transfers."),)


def _talk_of_missing(found: Found) -> None:
    if found.unrecorded:
        talk(f"{counted(found.unrecorded, 'transfer')} could not be recorded since the start; the log says why.")


def _row(row: PastTransfer) -> tuple[Cell, ...]:
    return (
        Cell(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.at))),
        Cell(row.service),
        Cell(row.user),
        Cell(row.client),
        Cell(row.server),
        Cell(row.verb),
        Cell(size(row.bytes)),
        Cell(duration(row.seconds)),
        Cell(rate(row.bytes / max(row.seconds, 1e-6))),
        Cell(row.result, RESULT_STYLE.get(row.result, BAD)),
        Cell(row.path),
        Cell(row.reason),
    )
