"""The command of certificates: list, add, delete."""

from pathlib import Path
from typing import Annotated

import typer

from ftpair.cli import options
from ftpair.cli.commands.configuring import CommentOption
from ftpair.cli.failures import WrongUseError
from ftpair.cli.names import DEFAULT_SOCKET

WhatArgument = Annotated[str, typer.Argument(metavar="[list|add|delete]", help="What to do.")]
NameArgument = Annotated[str, typer.Argument(metavar="[NAME]", help="The name by which services use it.")]
ChainOption = Annotated[
    Path | None,
    typer.Option("--certificate", metavar="FILE", help="With add: the server's certificate, then each issuer's, PEM."),
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="Its key, PEM, without a passphrase; if not there, it stands with it."),
]
HostOption = Annotated[
    list[str] | None,
    typer.Option("--host", metavar="HOST", help="A name that clients dial: is it valid for that? Repeatable."),
]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="With add: in the place of one of that name.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="With add: only say what is wrong with it.")]


def certificate(
    what: WhatArgument = "list",
    name: NameArgument = "",
    chain: ChainOption = None,
    key: KeyOption = None,
    host: HostOption = None,
    replace: ReplaceOption = False,
    dry_run: DryRunOption = False,
    comment: CommentOption = "",
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show the certificates of the file; add or delete one."""
    from ftpair.cli import certifying

    if what == "list":
        if name:
            raise WrongUseError("`ftpair certificate list` shows all of them and takes no name.")
        certifying.show_all(socket, as_json)
    elif what == "add":
        if not name or chain is None:
            raise WrongUseError("add needs a name and a file: ftpair certificate add NAME --certificate FILE.")
        given = certifying.Given(name, chain, key, tuple(host or ()), replace, dry_run, comment)
        raise typer.Exit(certifying.add(socket, given, as_json))
    elif what == "delete":
        if not name:
            raise WrongUseError("delete needs a name: ftpair certificate delete NAME.")
        certifying.delete(socket, name, comment, as_json)
    else:
        raise WrongUseError(f"`ftpair certificate` can list, add and delete; not {what}.")
