"""What a person sees of the demonstration: progress bars, one table, and command lines to go on with."""

import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from ftpair.demo.certificates import Papers
from ftpair.demo.place import NAME_FILE, PASSWORD, SECOND_VIP, SERVICE, USER, Entrance, Place
from ftpair.demo.trial import DIRECTIONS, WAYS, Direction, Outcome, Way

MIB = 1 << 20
PIPE_WIDTH = 140
SCHEMES: dict[Entrance, str] = {"explicit": "ftpes", "implicit": "ftps"}
ENCRYPTION: dict[Entrance, str] = {
    "explicit": "Require explicit FTP over TLS",
    "implicit": "Require implicit FTP over TLS",
}

console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, emoji=False)
"""Without emoji: a fingerprint may hold `:cd:`."""


class Bars:
    """One bar for each way in and direction, over all its files."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
        )
        self.progress = Progress(*columns, console=console, transient=True)
        self._tasks: dict[tuple[Way, Direction], TaskID] = {
            (way, direction): self.progress.add_task(f"{way!s:14} {direction}", total=sum(sizes))
            for way in WAYS
            for direction in DIRECTIONS
        }

    def moved(self, way: Way, direction: Direction, _size: int, count: int) -> None:
        """Let a bar grow."""
        self.progress.advance(self._tasks[way, direction], count)


def table(outcomes: list[Outcome]) -> Table:
    """Return the table of all transfers."""
    drawn = Table(title="Real files through the VIP", title_justify="left")
    for heading in ("way in", "TLS version and cipher", "data TLS", "server", "file"):
        drawn.add_column(heading)
    for heading in ("bytes", "MiB/s"):
        drawn.add_column(heading, justify="right")
    drawn.add_column("verdict", overflow="fold")
    for outcome in outcomes:
        drawn.add_row(*_cells(outcome))
    return drawn


def sum_up(outcomes: list[Outcome]) -> str:
    """Return the sentence under the table."""
    wrong = sum(not outcome.is_right for outcome in outcomes)
    served = len({outcome.server for outcome in outcomes if outcome.server})
    if wrong:
        return f"[red]{wrong} of {len(outcomes)} transfers went wrong.[/red]"
    return f"[green]All {len(outcomes)} transfers arrived byte for byte; {served} real servers took part.[/green]"


def go_on(place: Place, papers: Papers, link: str) -> str:
    """Return command lines for the clients that people have, and ways to look at the running ftpair."""
    lines = [*_clients(place, papers), "", *_looking(place), "", *_browsing(place, link), "", "Ctrl-C ends it all."]
    return "\n".join(lines)


def _cells(outcome: Outcome) -> list[str]:
    reuse = ("resumed" if outcome.is_resumed else "full") if outcome.is_right else ""
    verdict = "[green]right[/green]" if outcome.is_right else f"[red]wrong:[/red] {escape(outcome.fault)}"
    file = f"{_short(outcome.size)} {outcome.direction}"
    return [str(outcome.way), outcome.tls, reuse, outcome.server, file, f"{outcome.size:,}", _rate(outcome), verdict]


def _rate(outcome: Outcome) -> str:
    if not outcome.seconds:
        return ""
    # The time of a small file is that of its commands, not of its bytes.
    return f"{outcome.size / MIB / outcome.seconds:,.1f}" if outcome.size >= MIB else "-"


def _short(size: int) -> str:
    return f"{size // MIB} MiB" if size >= MIB else f"{size // 1024} KiB"


def _clients(place: Place, papers: Papers) -> list[str]:
    lines = [f"User {USER}, password {PASSWORD}; the CA is {papers.ca}. Explicit, then implicit TLS, each:"]
    for client in (_lftp, _curl, _winscp, _filezilla):
        lines += ["", *(client(place, papers, entrance) for entrance in place.ports)]
    return lines


def _lftp(place: Place, papers: Papers, entrance: Entrance) -> str:
    scheme = "ftps" if entrance == "implicit" else "ftp"
    settings = (
        f"set ssl:ca-file {papers.ca}; set ftp:ssl-force true; set ftp:ssl-protect-data true; ls; cat {NAME_FILE}; exit"
    )
    return f"  lftp -u {USER},{PASSWORD} -e {shlex.quote(settings)} {scheme}://{place.vip}:{place.ports[entrance]}"


def _curl(place: Place, papers: Papers, entrance: Entrance) -> str:
    scheme, force = ("ftps", "") if entrance == "implicit" else ("ftp", "--ssl-reqd ")
    url = f"{scheme}://{place.vip}:{place.ports[entrance]}/{NAME_FILE}"
    return f"  curl --cacert {papers.ca} {force}--user {USER}:{PASSWORD} {url}"


def _winscp(place: Place, papers: Papers, entrance: Entrance) -> str:
    url = _url(place, entrance)
    return f'  winscp.com /command "open {url} -certificate=""{papers.fingerprint}""" "ls" "exit"'


def _filezilla(place: Place, _papers: Papers, entrance: Entrance) -> str:
    site = f"Host {place.vip}, Port {place.ports[entrance]}, Encryption: {ENCRYPTION[entrance]}, Logon Type: Normal"
    return f"  filezilla {_url(place, entrance)}    # Site Manager: Protocol FTP, {site}"


def _url(place: Place, entrance: Entrance) -> str:
    return f"{SCHEMES[entrance]}://{USER}:{PASSWORD}@{place.vip}:{place.ports[entrance]}/"


def _looking(place: Place) -> list[str]:
    command = "ftpair" if shutil.which("ftpair") else str(Path(sys.executable).parent / "ftpair")
    server = next(iter(place.servers))
    words = ("status", "sessions", f"drain {SERVICE} {server}", f"online {SERVICE} {server}")
    return ["Look at it and steer it:", *(f"  {command} {word} --socket {place.socket}" for word in words)]


def _browsing(place: Place, link: str) -> list[str]:
    servers = ", ".join(str(endpoint) for endpoint in place.servers.values())
    return [
        "The web UI: set a password by this link, which works once. The certificate is its own: let the browser go on.",
        f"  {link}",
        f"Make a Virtual Service of your own there: on {SECOND_VIP}, with the real servers {servers}.",
        f"From another machine: ssh -L {place.web.port}:{place.web} HOST",
    ]
