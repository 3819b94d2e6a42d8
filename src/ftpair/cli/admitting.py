"""Users, tokens and the audit trail as people see and change them."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import typer

from ftpair.cli.acting import Said, tell
from ftpair.cli.client import Client
from ftpair.cli.configuring import moment
from ftpair.cli.failures import WrongUseError
from ftpair.cli.sheet import Cell, Column, Sheet, Table
from ftpair.cli.show import say, show, show_json, talk
from ftpair.cli.watching import Manner, Question, look
from ftpair.core.accounts import AuditRow, TokenRow, UserRow

USERS = (Column("USER"), Column("ROLE"), Column("CODE", rank=1), Column("STATE"), Column("LAST LOGIN", rank=2))
TOKENS = (
    *(Column("TOKEN"), Column("ROLE"), Column("EXPIRES"), Column("LAST USED", rank=2)),
    *(Column("MADE", rank=3), Column("BY", rank=1)),
)
AUDIT = (
    *(Column("NUMBER", rank=3, is_number=True), Column("WHEN"), Column("WHO"), Column("FROM", rank=2)),
    *(Column("ACTION"), Column("SUBJECT", rank=1), Column("OUTCOME"), Column("WHAT", rank=2)),
)


class Made(msgspec.Struct, frozen=True):
    """A new token."""

    secret: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be otherwise of a user; what is left out stays."""

    password: str
    role: str | None
    disable: bool | None
    no_totp: bool

    def body(self) -> dict[str, Any]:
        """Return what the API is told. Raises WrongUseError if that is nothing."""
        said: dict[str, Any] = {"password": self.password, "role": self.role, "forget_totp": self.no_totp}
        body = {key: value for key, value in said.items() if value}
        body |= {} if self.disable is None else {"is_disabled": self.disable}
        if not body:
            raise WrongUseError("Say what to change: --role, --password, --disable, --enable or --no-totp.")
        return body


def read_password(file: Path | None) -> str:
    """Return what stands on the first line of a file, or what a person types twice. Raises WrongUseError."""
    if file is None:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise WrongUseError("There is no terminal to ask for a password on: say --password-file FILE.")
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise WrongUseError(f"--password-file: {file} cannot be read: {why.lower()}.") from None
    return text.partition("\n")[0].rstrip("\r")


def show_users(socket: Path, as_json: bool) -> None:
    """Show who may log in."""
    look(Question(("users",), tuple[UserRow, ...], users_sheet), Manner(socket, as_json, None))


def add_user(socket: Path, body: dict[str, Any], as_json: bool) -> None:
    """Let somebody log in."""
    with Client(socket) as client:
        tell(client.post(("users",), Said, body), as_json)


def set_user(socket: Path, name: str, change: Change, as_json: bool) -> None:
    """Change a user."""
    with Client(socket) as client:
        tell(client.change(("users", name), Said, change.body()), as_json)


def delete(socket: Path, path: tuple[str, ...], as_json: bool) -> None:
    """Delete a user or a token."""
    with Client(socket) as client:
        tell(client.delete(path, Said), as_json)


def show_tokens(socket: Path, as_json: bool) -> None:
    """Show which programs may ask."""
    look(Question(("tokens",), tuple[TokenRow, ...], tokens_sheet), Manner(socket, as_json, None))


def add_token(socket: Path, body: dict[str, Any], as_json: bool) -> None:
    """Let a program ask; its secret goes to stdout, all else to stderr."""
    with Client(socket) as client:
        made = client.post(("tokens",), Made, body)
    if as_json:
        show_json(made)
    else:
        talk(made.sentence)
        say(made.secret)


def show_audit(socket: Path, wanted: dict[str, str], as_json: bool) -> None:
    """Show who changed what."""
    with Client(socket) as client:  # `look` takes `user` for a user of FTP.
        rows = client.get(("audit",), tuple[AuditRow, ...], **wanted)
    if as_json:
        show_json(rows)
    else:
        show(audit_sheet(rows))


def users_sheet(rows: tuple[UserRow, ...]) -> Sheet:
    """Return the users."""
    return (Table(USERS, tuple(map(_user, rows)), if_empty="No users: `ftpair user add NAME --role admin`."),)


def tokens_sheet(rows: tuple[TokenRow, ...]) -> Sheet:
    """Return the tokens."""
    return (Table(TOKENS, tuple(map(_token, rows)), if_empty="No tokens."),)


def audit_sheet(rows: tuple[AuditRow, ...]) -> Sheet:
    """Return the entries."""
    return (Table(AUDIT, tuple(map(_entry, rows)), if_empty="No entries."),)


def _user(row: UserRow) -> tuple[Cell, ...]:
    state = Cell("disabled", "yellow") if row.is_disabled else Cell("enabled")
    return Cell(row.name), Cell(row.role.value), Cell("asked for" if row.has_totp else "-"), state, _at(row.last_login)


def _token(row: TokenRow) -> tuple[Cell, ...]:
    expires = Cell("expired", "red") if row.expires <= time.time() else _at(row.expires)
    return Cell(row.name), Cell(row.role.value), expires, _at(row.last_used), _at(row.made), Cell(row.made_by)


def _entry(row: AuditRow) -> tuple[Cell, ...]:
    outcome = Cell(row.outcome, "red" if row.outcome == "refused" else "")
    place = f"{row.via} {row.address}" if row.address else row.via
    words = (row.name or "nobody", place, row.action, row.subject)
    return Cell(str(row.number)), _at(row.time), *map(Cell, words), outcome, Cell(row.sentence)


def _at(seconds: float) -> Cell:
    return Cell(moment(seconds) if seconds else "never")
