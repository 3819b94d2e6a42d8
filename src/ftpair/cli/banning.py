"""Bans as people set, lift and see them."""

import time
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import msgspec

from ftpair.cli.acting import Said
from ftpair.cli.client import Client
from ftpair.cli.failures import WrongUseError
from ftpair.cli.sheet import Cell, Column, Sheet, Table
from ftpair.cli.show import say, show_json
from ftpair.core.errors import NotFoundError
from ftpair.core.status import ServiceStatus
from ftpair.core.units import duration

COLUMNS = (
    Column("SERVICE"),
    Column("BY", rank=1),
    Column("SUBJECT"),
    Column("FOR", is_number=True),
    Column("WHY", rank=2),
)


class BanRow(msgspec.Struct, frozen=True):
    """One ban."""

    service: str
    by: str
    subject: str
    until: float
    reason: str


class Subject(msgspec.Struct, frozen=True):
    """Who is meant: an address or a user, in one service or in all."""

    by: str
    name: str
    service: str = ""


def subject_of(address: str, user: str, service: str) -> Subject:
    """Return who is meant. Raises WrongUseError unless it is exactly one address or one user."""
    if bool(address) is bool(user):
        raise WrongUseError("Name one address, or one user with --user NAME.")
    return Subject("user", user, service) if user else Subject("address", _checked(address), service)


def _checked(address: str) -> str:
    try:
        ip_address(address.removesuffix("/64"))
    except ValueError:
        raise WrongUseError(f"{address} is no IP address: write one such as 198.51.100.7, or --user NAME.") from None
    return address


def add(socket: Path, subject: Subject, for_s: float, as_json: bool) -> None:
    """Ban somebody."""
    with Client(socket) as client:
        names = [subject.service] if subject.service else _services(client)
        body = {"by": subject.by, "subject": subject.name, "for_s": for_s}
        _tell([client.post(("services", name, "bans"), Said, body) for name in names], as_json)


def lift(socket: Path, subject: Subject, as_json: bool) -> None:
    """Lift the bans of somebody: in the one service, or in every one that has such a ban."""
    with Client(socket) as client:
        said = [_lift(client, subject.service, subject)] if subject.service else _lift_everywhere(client, subject)
    _tell(said, as_json)


def _lift(client: Client, service: str, subject: Subject) -> Said:
    return client.delete(("services", service, "bans"), Said, by=subject.by, subject=subject.name)


def _lift_everywhere(client: Client, subject: Subject) -> list[Said]:
    said = []
    for service in _services(client):
        with suppress(NotFoundError):  # Another service may have such a ban.
            said.append(_lift(client, service, subject))
    if not said:
        raise NotFoundError(f"No service has a ban of {subject.by} {subject.name!r}; `ftpair bans` lists them.")
    return said


def bans_sheet(rows: list[BanRow]) -> Sheet:
    """Return the bans in force, those that end first on top."""
    soonest_first = sorted(rows, key=lambda row: row.until)
    return (Table(COLUMNS, tuple(map(_row, soonest_first)), if_empty="No bans."),)


def _row(row: BanRow) -> tuple[Cell, ...]:
    left = duration(max(0.0, row.until - time.time()))
    return Cell(row.service), Cell(row.by), Cell(row.subject), Cell(left), Cell(row.reason)


def _services(client: Client) -> list[str]:
    return [service.name for service in client.get(("services",), tuple[ServiceStatus, ...])]


def _tell(said: list[Said], as_json: bool) -> None:
    if as_json:
        show_json(said)
        return
    for one in said:
        say(one.sentence)
