"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ftpair.cli import names

DEFAULT_CONFIGURATION = Path("/etc/ftpair/ftpair.yaml")
DEFAULT_WATCH_S = "2"


class SessionOrder(StrEnum):
    """How `top` sorts sessions."""

    RATE = "rate"
    AGE = "age"
    USER = "user"
    SERVER = "server"


class WaitFor(StrEnum):
    """What a drain waits for."""

    SESSIONS = "sessions"
    TRANSFERS = "transfers"


SocketOption = Annotated[
    Path,
    typer.Option(
        "--socket",
        metavar="PATH",
        envvar=names.SOCKET_VARIABLE,
        readable=False,  # Whether it may be used is told by the attempt, in a sentence of ours.
        help="The socket of the running ftpair.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
WatchOption = Annotated[
    float | None,
    typer.Option("--watch", "-w", min=0.1, metavar="[SECONDS]", help="Show it anew every 2 (or SECONDS) until Ctrl-C."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
ServiceOption = Annotated[
    str,
    typer.Option("--service", metavar="SERVICE", help="Only of this service.", autocompletion=names.complete_service),
]
ServerOption = Annotated[
    str,
    typer.Option("--server", metavar="SERVER", help="Only on this real server.", autocompletion=names.complete_server),
]
UserOption = Annotated[str, typer.Option("--user", metavar="USER", help="Only of this user.")]
HistoryOption = Annotated[bool, typer.Option("--history", help="Those that have ended, the newest first.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="With --history: all of them as CSV, for spreadsheets.")]
ClientOption = Annotated[
    str, typer.Option("--client", metavar="ADDRESS", help="With --history: only from this address.")
]
PathOption = Annotated[str, typer.Option("--path", metavar="TEXT", help="With --history: only where the path has it.")]
ResultOption = Annotated[
    str,
    typer.Option(
        "--result",
        metavar="RESULT",
        help="With --history: complete, refused, cut, aborted; failed is the last three.",
    ),
]
SinceOption = Annotated[
    str, typer.Option("--since", metavar="TIME", help="With --history: from then on (30min, 2h, 3d, 2026-01-31T08:00).")
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=1, max=100_000, metavar="NUMBER", help="With --history: at most so many (50).")
]
LevelOption = Annotated[
    str, typer.Option("--level", metavar="LEVEL", help="Of this level and above: debug, info, warning, error.")
]
ContainsOption = Annotated[str, typer.Option("--contains", metavar="TEXT", help="Only lines with this, in any case.")]
ProcessOption = Annotated[
    str, typer.Option("--process", metavar="NAME", help="Only of this process: supervisor, 'worker 0', prober, api.")
]
LinesOption = Annotated[int, typer.Option("--lines", "-n", min=1, max=2500, metavar="NUMBER", help="At most so many.")]
FollowOption = Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes next, until Ctrl-C.")]
EveryOption = Annotated[
    float, typer.Option("--every", min=0.1, max=3600.0, metavar="SECONDS", help="How often it is drawn anew (2).")
]
SortOption = Annotated[
    SessionOrder, typer.Option("--sort", metavar="BY", help="How sessions are sorted: rate, age, user, server.")
]
ServiceArgument = Annotated[
    str,
    typer.Argument(metavar="[SERVICE]", help="Only this service.", autocompletion=names.complete_service),
]
ServerArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="[SERVICE] SERVER",
        help="The real server; SERVICE may be left out where its name is unique.",
        autocompletion=names.complete_server,
    ),
]
SessionArgument = Annotated[
    str,
    typer.Argument(
        metavar="SESSION", help="The session, as `ftpair sessions` shows it.", autocompletion=names.complete_session
    ),
]


def with_watch_seconds(arguments: list[str]) -> list[str]:
    """Return the command line with the seconds that `--watch` may leave out."""
    return [
        f"--watch={DEFAULT_WATCH_S}" if word in ("--watch", "-w") and not _is_number(following) else word
        for word, following in zip(arguments, [*arguments[1:], ""], strict=False)
    ]


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).removeprefix("-").isdecimal()
