"""Asks the running ftpair for a change and tells what it said."""

import sys
from pathlib import Path

import msgspec
import typer

from ftpair.cli.client import Client
from ftpair.cli.failures import WrongUseError
from ftpair.cli.names import find_server
from ftpair.cli.show import say, show_json, talk
from ftpair.cli.text import safe
from ftpair.config.problems import describe_warnings
from ftpair.core.actions import Problem
from ftpair.core.errors import FtpairError


class Said(msgspec.Struct, frozen=True):
    """What was done, in a sentence."""

    sentence: str


class Steps(msgspec.Struct, frozen=True):
    """What an apply did, or would do, and what the configuration will suffer from."""

    revision: int
    dry_run: bool
    steps: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()


def set_admin(socket: Path, words: list[str], wish: str, as_json: bool) -> tuple[str, str]:
    """Drain, halt or bring online the real server that the words name; return (service, server)."""
    with Client(socket) as client:
        service, server = find_server(client, words)
        _tell(client.post(("services", service, "servers", server, wish), Said), as_json)
    return service, server


def end_session(socket: Path, session: str, as_json: bool) -> None:
    """End one session."""
    with Client(socket) as client:
        _tell(client.delete(("sessions", session), Said), as_json)


def apply_file(socket: Path, dry_run: bool, as_json: bool) -> None:
    """Bring the configuration file in, or tell what that would do."""
    with Client(socket) as client:
        done = client.post(("apply",), Steps, {"dry_run": dry_run})
    if as_json:
        show_json(done)
        return
    for step in done.steps:
        say(step)
    for warning in describe_warnings(done.warnings):
        talk(warning)
    talk(_outcome(done))


def confirm(question: str) -> None:
    """Ask on the terminal; raises unless the answer is yes."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise WrongUseError("This ends sessions, and there is no terminal to ask on: say --yes.")
    if not typer.confirm(safe(question), err=True):
        raise FtpairError("Nothing was changed.")


def _outcome(done: Steps) -> str:
    if done.dry_run:
        return (
            f"Nothing was changed; this would be revision {done.revision}."
            if done.steps
            else _SAME.format(done.revision)
        )
    return f"Revision {done.revision} runs." if done.steps else _SAME.format(done.revision)


_SAME = "The file is what revision {} already runs."


def _tell(said: Said, as_json: bool) -> None:
    if as_json:
        show_json(said)
    else:
        say(said.sentence)
