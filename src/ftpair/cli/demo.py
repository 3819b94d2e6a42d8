"""The command `demo`: a balancer with three real servers on loopback, proven with real files."""

from importlib.util import find_spec
from typing import Annotated

import typer

from ftpair.core.errors import SetupError


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the table; 0 only if every row is right.")] = False,
) -> None:
    """See it work: real servers, real files, until Ctrl-C.

    Start ftpair with three real FTP servers behind it, prove it with real files, stay up until Ctrl-C.
    """
    if find_spec("pyftpdlib") is None:
        raise SetupError("The demonstration needs its real servers: pip install 'ftpair[demo]'.")
    from ftpair.demo.run import demonstrate  # noqa: PLC0415 - Only this command needs all that it brings.

    raise typer.Exit(demonstrate(is_once=once))
