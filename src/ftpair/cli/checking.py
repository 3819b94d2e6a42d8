"""Examines a configuration file without a running ftpair and tells what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ftpair.cli.sheet import Cell, Column, Table
from ftpair.cli.show import say, show, show_json, talk
from ftpair.config.capacity import Room
from ftpair.config.check import Checked, check
from ftpair.config.problems import InvalidConfigError
from ftpair.config.slots import Slots
from ftpair.core.actions import Problem
from ftpair.core.units import counted

_COLUMNS = (Column("THIS MACHINE HAS ROOM FOR"), Column("", is_number=True), Column("WHY"))


@dataclass(frozen=True, slots=True)
class Report:
    """What an examination found; warnings stop nothing."""

    file: str
    is_valid: bool
    services: int = 0
    servers: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    rooms: tuple[Room, ...] = ()
    """What the machine has room for."""


def examine(file: Path) -> Report:
    """Return everything that is wrong with the file, or how much is in it."""
    try:
        checked = check(file, 0, Slots())
    except InvalidConfigError as error:
        return Report(str(file), is_valid=False, problems=error.problems)
    return _valid(file, checked)


def tell(report: Report, as_json: bool) -> None:
    """Put the report on stdout as JSON, or problems and warnings on stderr and the verdict on stdout."""
    if as_json:
        show_json(report)
        return
    for text in (*_listed(report, report.problems), *_listed(report, report.warnings, "warning: ")):
        talk(text)
    if report.is_valid:
        services, servers = counted(report.services, "service"), counted(report.servers, "server")
        say(f"{report.file} is valid: {services}, {servers}")
        if report.rooms:
            say("")
            show((Table(_COLUMNS, tuple(map(_row, report.rooms))),))
    else:
        talk(f"{report.file} is invalid: {counted(len(report.problems), 'problem')}")


def _valid(file: Path, checked: Checked) -> Report:
    services = checked.plan.all_services
    servers = sum(len(service.servers) for service in services)
    return Report(
        str(file),
        is_valid=True,
        services=len(services),
        servers=servers,
        warnings=checked.warnings,
        rooms=checked.rooms,
    )


def _row(room: Room) -> tuple[Cell, ...]:
    return Cell(room.what), Cell(f"{room.most:,}"), Cell(room.why)


def _listed(report: Report, problems: Iterable[Problem], lead: str = "") -> list[str]:
    return [": ".join(filter(None, (_place(report, at), at.path, lead + at.sentence))) for at in problems]


def _place(report: Report, problem: Problem) -> str:
    if not problem.path and problem.sentence.startswith(report.file):
        return ""  # The file itself cannot be read, and the sentence names it.
    return f"{report.file}:{problem.line}" if problem.line else report.file
