"""Commands that change the configuration file: virtual services and real servers."""

from typing import Annotated, Literal

import typer

from ftpair.cli import options
from ftpair.cli.commands.configuring import CommentOption, ConfirmOption
from ftpair.cli.names import DEFAULT_SOCKET

Doing = Literal["add", "set", "delete"]
DoingArgument = Annotated[Doing, typer.Argument(metavar="add|set|delete", help="What to do.")]
ServiceNameArgument = Annotated[str, typer.Argument(metavar="SERVICE", help="The virtual service.")]
ServerNameArgument = Annotated[str, typer.Argument(metavar="SERVER", help="The real server.")]
SettingsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]...",
        help="As in the file, with dots for what lies deeper: tls.certificate=files. KEY= goes back to the default.",
    ),
]
ApplyOption = Annotated[bool, typer.Option("--apply", help="Bring it in at once, as `ftpair apply` does.")]


def service(
    doing: DoingArgument,
    name: ServiceNameArgument,
    settings: SettingsArgument = None,
    comment: CommentOption = "",
    now: ApplyOption = False,
    confirm: ConfirmOption = 0,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Add, change or delete a virtual service in the file."""
    from ftpair.cli.editing import Manner, change

    change(Manner(socket, comment, now, confirm, as_json), doing, (name,), settings or [])


def server(
    doing: DoingArgument,
    service: ServiceNameArgument,
    name: ServerNameArgument,
    settings: SettingsArgument = None,
    comment: CommentOption = "",
    now: ApplyOption = False,
    confirm: ConfirmOption = 0,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Add, change or delete a real server in the file."""
    from ftpair.cli.editing import Manner, change

    change(Manner(socket, comment, now, confirm, as_json), doing, (service, name), settings or [])
