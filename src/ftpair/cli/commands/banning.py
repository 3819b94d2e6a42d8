"""The command of bans: list, add, lift."""

from typing import Annotated

import typer

from ftpair.cli import options
from ftpair.cli.failures import WrongUseError
from ftpair.cli.names import DEFAULT_SOCKET

WhatArgument = Annotated[str, typer.Argument(metavar="[list|add|lift]", help="What to do.")]
AddressArgument = Annotated[str, typer.Argument(metavar="[ADDRESS]", help="The address to ban, or whose ban to lift.")]
BannedUserOption = Annotated[str, typer.Option("--user", metavar="USER", help="This user instead of an address.")]
ForOption = Annotated[
    float, typer.Option("--for", metavar="SECONDS", min=1, max=31_536_000, help="With add: how long the ban lasts.")
]


def bans(
    what: WhatArgument = "list",
    address: AddressArgument = "",
    user: BannedUserOption = "",
    service: options.ServiceOption = "",
    for_s: ForOption = 900,
    as_json: options.JsonOption = False,
    watch: options.WatchOption = None,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show who is banned; ban somebody by hand, or lift a ban."""
    from ftpair.cli import banning
    from ftpair.cli.watching import Manner, Question, look

    if what == "list":
        if address or user:
            raise WrongUseError("`ftpair bans list` shows all bans; --service SERVICE shows those of one service.")
        wanted = {"service": service}
        question = Question(("bans",), list[banning.BanRow], banning.bans_sheet, wanted)
        look(question, Manner(socket, as_json, watch))
    elif what == "add":
        banning.add(socket, banning.subject_of(address, user, service), for_s, as_json)
    elif what == "lift":
        banning.lift(socket, banning.subject_of(address, user, service), as_json)
    else:
        raise WrongUseError(f"`ftpair bans` can list, add and lift; not {what}.")
