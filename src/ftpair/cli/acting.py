"""Asks the running ftpair for a change and tells what it said."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import typer

from ftpair.cli.client import Client
from ftpair.cli.failures import WrongUseError
from ftpair.cli.names import find_server
from ftpair.cli.show import say, show_json
from ftpair.core.errors import FtpairError
from ftpair.core.text import safe


class Said(msgspec.Struct, frozen=True):
    """What was done, in a sentence."""

    sentence: str


def set_admin(
    socket: Path, words: list[str], wish: str, as_json: bool, how: Mapping[str, Any] | None = None
) -> tuple[str, str]:
    """Drain (in the way of `how`), halt or bring online the real server that the words name: (service, server)."""
    with Client(socket) as client:
        service, server = find_server(client, words)
        tell(client.post(("services", service, "servers", server, wish), Said, how), as_json)
    return service, server


def end_session(socket: Path, session: str, as_json: bool) -> None:
    """End one session."""
    with Client(socket) as client:
        tell(client.delete(("sessions", session), Said), as_json)


def confirm(question: str) -> None:
    """Ask on the terminal; raises unless the answer is yes."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise WrongUseError("This ends sessions, and there is no terminal to ask on: say --yes.")
    if not typer.confirm(safe(question), err=True):
        raise FtpairError("Nothing was changed.")


def tell(said: Said, as_json: bool) -> None:
    """Put what was done on stdout."""
    if as_json:
        show_json(said)
    else:
        say(said.sentence)
