"""The command that brings configurations of other balancers along."""

from pathlib import Path
from typing import Annotated

import typer


def import_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Whose file it is: haproxy or proftpd.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file.")],
    explicit: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65535, help="Port for explicit TLS in an HAProxy file, if not 21."),
    ] = None,
    implicit: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65535, help="Port for implicit TLS in an HAProxy file, if not 990."),
    ] = None,
) -> None:
    """Turn the file of another balancer into one of ftpair."""
    from ftpair.cli.importing import tell_import

    given = {"explicit": explicit, "implicit": implicit}
    tell_import(kind, file, {name: port for name, port in given.items() if port is not None})
