"""The command of the doctor."""

from pathlib import Path
from typing import Annotated

import typer

from ftpair.cli import names
from ftpair.cli.options import DEFAULT_CONFIGURATION, JsonOption


def doctor(
    service: Annotated[
        str,
        typer.Argument(metavar="[SERVICE]", help="Only this service.", autocompletion=names.complete_service),
    ] = "",
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", envvar="FTPAIR_CONFIG", help="The configuration file.")
    ] = DEFAULT_CONFIGURATION,
    user: Annotated[str, typer.Option(metavar="USER", help="Who logs in; health.user, if not there.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the user's password on its first line.")
    ] = None,
    directory: Annotated[str, typer.Option(metavar="PATH", help="What is listed, and where --write stores.")] = "",
    write: Annotated[
        bool, typer.Option("--write", help="Store, read back, compare and delete a probe file of a unique name.")
    ] = False,
    file: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="A file that all servers should have alike; repeatable.")
    ] = None,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, max=86_400, help="See whether an idle session lives so long.")
    ] = 0.0,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, max=600, help="How long a single step may take.")
    ] = 10.0,
    ca: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CAs that clients of the VIP trust (FTP mode), PEM.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find out what is wrong with servers and VIP, and what to do.

    Connects as a client would, to every real server and through the VIP, in every mode that the service offers. No
    file is touched without --write. Exit status: 0 if nothing is wrong (notes may be), 1 if there are errors or
    warnings.
    """
    from ftpair.cli.doctoring import Request, consult
    from ftpair.core.doctor import Order

    order = Order(user, "", directory, write, tuple(file or ()), wait, timeout)
    raise typer.Exit(consult(Request(config, service, order, password_file, ca), as_json))
