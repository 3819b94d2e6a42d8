"""Commands that change what runs: drain, halt, online, kill."""

from typing import Annotated

import typer

from ftpair.cli import options
from ftpair.cli.failures import WrongUseError
from ftpair.cli.names import DEFAULT_SOCKET

WaitOption = Annotated[bool, typer.Option("--wait", help="Wait until no session is left on it.")]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout", metavar="SECONDS", min=0, help="With --wait or --watch: wait so long at most, then exit with 8."
    ),
]
WaitForOption = Annotated[
    options.WaitFor | None,
    typer.Option("--wait-for", help="What is waited for; what the service says, if not given."),
]
DeadlineOption = Annotated[
    float | None,
    typer.Option(
        "--deadline", metavar="SECONDS", min=0, max=604_800, help="End then what still moves, as halt does; 0 is never."
    ),
]
WatchOption = Annotated[
    float | None,
    typer.Option(
        "--watch",
        "-w",
        min=0.1,
        metavar="[SECONDS]",
        help="The same, with a bar of how far it is, looked at every 2 (or SECONDS).",
    ),
]


def drain(
    names: options.ServerArgument,
    wait_for: WaitForOption = None,
    deadline: DeadlineOption = None,
    wait: WaitOption = False,
    watch: WatchOption = None,
    timeout: TimeoutOption = None,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Give a real server no new sessions; live ones end later.

    They end by themselves, or (`--wait-for transfers`) as soon as none of their transfers runs.
    """
    from ftpair.cli.acting import set_admin
    from ftpair.cli.waiting import wait_until_empty

    is_waiting = wait or watch is not None
    if timeout is not None and not is_waiting:
        raise WrongUseError("--timeout says how long to wait; it needs --wait or --watch.")
    how = {"wait_for": wait_for and wait_for.value, "deadline_s": deadline}
    service, server = set_admin(socket, names, "drain", as_json, how)
    if is_waiting:
        wait_until_empty(socket, (service, server), timeout, watch)


def halt(
    names: options.ServerArgument,
    yes: options.YesOption = False,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Give a real server no new sessions; live ones end now.

    Where they are rescued (`rescue`) they go to other servers instead.
    """
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
