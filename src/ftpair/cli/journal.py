"""The latest lines of the log of a running ftpair."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import typer

from ftpair.cli.client import Client
from ftpair.cli.show import show_json
from ftpair.core.log_lines import LogLine
from ftpair.core.text import safe

EVERY_S = 1.0


class Lines(msgspec.Struct, frozen=True):
    """Some lines, and where to go on."""

    lines: tuple[LogLine, ...]
    latest: int = 0


@dataclass(frozen=True, slots=True)
class Manner:
    """How they are shown."""

    as_json: bool = False
    follow: bool = False


def tell_log(socket: Path, wanted: dict[str, str], manner: Manner) -> None:
    """Put the latest lines on stdout; with `follow` what comes next too, until Ctrl-C."""
    with Client(socket) as client:
        latest = _tell(client, wanted, manner)
        try:
            while manner.follow:
                time.sleep(EVERY_S)
                latest = _tell(client, wanted | {"after": str(latest), "limit": "2500"}, manner)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


def _tell(client: Client, wanted: dict[str, str], manner: Manner) -> int:
    found = client.get(("log",), Lines, **wanted)
    for line in found.lines:
        if manner.as_json:
            show_json(line, indent=None)
        else:
            sys.stdout.writelines(f"{safe(each)}\n" for each in line.text.split("\n"))
    sys.stdout.flush()
    return found.latest
