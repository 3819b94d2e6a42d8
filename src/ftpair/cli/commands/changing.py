"""Commands that change what runs: drain, halt, online, kill."""

from typing import Annotated

import typer

from ftpair.cli import options
from ftpair.cli.failures import WrongUseError
from ftpair.cli.names import DEFAULT_SOCKET

WaitOption = Annotated[bool, typer.Option("--wait", help="Wait until no session is left on it.")]
TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", min=0, help="With --wait: wait so long at most, then exit with 8."),
]


def drain(
    names: options.ServerArgument,
    wait: WaitOption = False,
    timeout: TimeoutOption = None,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Give a real server no new sessions; live ones go on."""
    from ftpair.cli.acting import set_admin
    from ftpair.cli.waiting import wait_until_empty

    if timeout is not None and not wait:
        raise WrongUseError("--timeout says how long to wait; it needs --wait.")
    service, server = set_admin(socket, names, "drain", as_json)
    if wait:
        wait_until_empty(socket, (service, server), timeout)


def halt(
    names: options.ServerArgument,
    yes: options.YesOption = False,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Give a real server no new sessions and end the live ones."""
    from ftpair.cli.acting import confirm, set_admin

    if not yes:
        confirm(f"Halt {' '.join(names)} and end its sessions, transfers included?")
    set_admin(socket, names, "halt", as_json)


def online(
    names: options.ServerArgument,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Give a real server new sessions again."""
    from ftpair.cli.acting import set_admin

    set_admin(socket, names, "online", as_json)


def kill(
    session: options.SessionArgument,
    yes: options.YesOption = False,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """End one session; a running transfer is cut."""
    from ftpair.cli.acting import confirm, end_session

    if not yes:
        confirm(f"End session {session}, a running transfer included?")
    end_session(socket, session, as_json)
