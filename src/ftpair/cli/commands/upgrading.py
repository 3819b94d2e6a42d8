"""The command that makes way for another version."""

from typing import Annotated

import typer

from ftpair.cli import options
from ftpair.cli.names import DEFAULT_SOCKET


def upgrade(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Prove that it would work, and change nothing.")] = False,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Become the version that is installed; no session ends.

    Install it first: pip install --upgrade ftpair.
    """
    from ftpair.cli.upgrading import upgrade as upgrade_running

    upgrade_running(socket, dry_run, as_json)
