"""The command that brings configurations of other balancers along."""

from pathlib import Path
from typing import Annotated

import typer


def import_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Whose file it is: haproxy or proftpd.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file.")],
) -> None:
    """Turn the file of another balancer into one of ftpair."""
    from ftpair.cli.importing import tell_import

    tell_import(kind, file)
