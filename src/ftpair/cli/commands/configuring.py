"""Commands of the configuration: apply, confirm, diff, revisions, rollback."""

from typing import Annotated

import typer

from ftpair.cli import options
from ftpair.cli.names import DEFAULT_SOCKET

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only tell the steps.")]
CommentOption = Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="Why, for `ftpair revisions`.")]
ConfirmOption = Annotated[
    float,
    typer.Option(
        "--confirm",
        metavar="SECONDS",
        min=0,
        max=86_400,
        help="Take it back by itself unless `ftpair confirm` comes within so many seconds.",
    ),
]
RevisionArgument = Annotated[int, typer.Argument(metavar="REVISION", min=1, help="As `ftpair revisions` shows it.")]
WHICH = "A revision: its number, `running` or `file`."
FormerArgument = Annotated[str, typer.Argument(metavar="[FORMER]", help=WHICH)]
LaterArgument = Annotated[str, typer.Argument(metavar="[LATER]", help=WHICH)]
LimitOption = Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, max=1000, help="How many, at most.")]


def apply(
    dry_run: DryRunOption = False,
    comment: CommentOption = "",
    confirm: ConfirmOption = 0,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Bring the changed configuration file in; no session ends."""
    from ftpair.cli.configuring import apply_file

    apply_file(socket, {"dry_run": dry_run, "comment": comment, "confirm_s": confirm}, as_json)


def confirm(as_json: options.JsonOption = False, socket: options.SocketOption = DEFAULT_SOCKET) -> None:
    """Let an apply stay that waits to be confirmed."""
    from ftpair.cli.configuring import confirm_apply

    confirm_apply(socket, as_json)


def diff(
    former: FormerArgument = "running",
    later: LaterArgument = "file",
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Compare what runs with the file, or any two revisions."""
    from ftpair.cli.configuring import show_difference

    show_difference(socket, former, later, as_json)


def revisions(
    limit: LimitOption = 50,
    as_json: options.JsonOption = False,
    watch: options.WatchOption = None,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show who changed the configuration when, the newest first."""
    from ftpair.cli.configuring import revisions_sheet
    from ftpair.cli.watching import Manner, Question, look
    from ftpair.core.revisions import Revision

    look(
        Question(("revisions",), list[Revision], revisions_sheet, {"limit": str(limit)}), Manner(socket, as_json, watch)
    )


def rollback(
    revision: RevisionArgument,
    comment: CommentOption = "",
    confirm: ConfirmOption = 0,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Bring a former revision back; no session ends."""
    from ftpair.cli.configuring import roll_back

    roll_back(socket, revision, {"comment": comment, "confirm_s": confirm}, as_json)
