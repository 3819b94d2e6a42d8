"""Certificates as people see, add and delete them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ftpair.cli.acting import Said, tell
from ftpair.cli.client import Client
from ftpair.cli.configuring import author
from ftpair.cli.failures import WrongUseError
from ftpair.cli.sheet import Cell, Column, Sheet, Table, line
from ftpair.cli.show import say, show, show_json, talk
from ftpair.cli.views import days_cell
from ftpair.config.load import why_unreadable
from ftpair.config.problems import InvalidConfigError
from ftpair.core.certificates import CertificateEntry

COLUMNS = (
    Column("NAME"),
    Column("NAMES", rank=1),
    Column("LEFT"),
    Column("KEY", rank=2),
    Column("CHAIN", rank=3, is_number=True),
    Column("USED BY", rank=1),
    Column("STATE"),
)
UNUSABLE = 3
"""The exit status, as for a configuration that is invalid."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is to be added."""

    name: str
    chain: Path
    key: Path | None
    hosts: tuple[str, ...]
    may_replace: bool
    dry_run: bool
    comment: str


class Done(msgspec.Struct, frozen=True):
    """What was kept, or would be."""

    sentence: str
    dry_run: bool
    revision: int
    certificate: CertificateEntry


def show_all(socket: Path, as_json: bool) -> None:
    """Show the certificates of the file."""
    with Client(socket) as client:
        found = client.get(("certificates",), tuple[CertificateEntry, ...])
    if as_json:
        show_json(found)
    else:
        show(sheet(found))


def add(socket: Path, given: Given, as_json: bool) -> int:
    """Add a certificate, or say why it cannot be used; return the exit status."""
    body = {"certificate": _content(given.chain, "--certificate"), "hosts": given.hosts, "comment": given.comment}
    body |= {"author": author(), "key": _content(given.key, "--key") if given.key else ""}
    query = {"dry_run": "true"} if given.dry_run else {}
    with Client(socket) as client:
        send = client.put if given.may_replace else client.post
        try:
            done = send(("certificates", given.name), Done, body, **query)
        except InvalidConfigError as error:
            if not {problem.path for problem in error.problems} <= {"certificate", "key"}:
                raise  # It is the configuration that is no good.
            _talk((problem.path, problem.sentence) for problem in error.problems)
            talk(f"ftpair: {given.name} cannot be used; nothing was changed.")
            return UNUSABLE
    _tell(done, as_json)
    return UNUSABLE if done.certificate.problems else 0


def delete(socket: Path, name: str, comment: str, as_json: bool) -> None:
    """Take a certificate out of the file."""
    with Client(socket) as client:
        tell(client.delete(("certificates", name), Said, author=author(), comment=comment), as_json)


def sheet(found: Iterable[CertificateEntry]) -> Sheet:
    """Return the certificates, and what is wrong with them below."""
    entries = tuple(found)
    remarks = [
        line(Cell(f"{word}: ", style), f"{entry.name}: {remark.place} {remark.sentence}")
        for entry in entries
        for word, style, said in (("error", "bold red", entry.problems), ("warning", "yellow", entry.warnings))
        for remark in said
    ]
    return (Table(COLUMNS, tuple(map(_row, entries)), if_empty="No certificates."), *remarks)


def _row(entry: CertificateEntry) -> tuple[Cell, ...]:
    facts = entry.facts
    return (
        Cell(entry.name),
        Cell(", ".join(facts.names) if facts else ""),
        days_cell(facts.days_left) if facts else Cell(""),
        Cell(f"{facts.key} {facts.bits}" if facts else ""),
        Cell(str(facts.chain) if facts else ""),
        Cell(", ".join(entry.used_by)),
        Cell("runs" if entry.is_running else "in the file"),
    )


def _tell(done: Done, as_json: bool) -> None:
    if as_json:
        show_json(done)
        return
    entry = done.certificate
    say(done.sentence)
    _talk((f"error: {each.place}", each.sentence) for each in entry.problems[1:])  # The sentence has the first.
    _talk((f"warning: {each.place}", each.sentence) for each in entry.warnings)


def _talk(remarks: Iterable[tuple[str, str]]) -> None:
    for place, sentence in remarks:
        talk(f"{place} {sentence}")


def _content(path: Path, option: str) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise WrongUseError(f"{option}: {why_unreadable(error, path)}.") from None
