"""Where words go: data to stdout (a terminal gets it drawn, a pipe plain), talk to stderr. All of it is escaped."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from ftpair.cli.plain import plain
from ftpair.cli.sheet import Sheet
from ftpair.core.text import safe


def show(sheet: Sheet) -> None:
    """Put the sheet on stdout."""
    if sys.stdout.isatty():
        from ftpair.cli.drawn import draw  # noqa: PLC0415 - Rich doubles the time of a start.

        draw(sheet)
    else:
        sys.stdout.write(plain(sheet))


def watch(sheet_now: Callable[[], Sheet], every_s: float) -> None:
    """Show the sheet anew every `every_s` seconds until Ctrl-C; into a pipe, one after the other."""
    if sys.stdout.isatty():
        from ftpair.cli.drawn import draw_until_stopped  # noqa: PLC0415 - as above.

        draw_until_stopped(sheet_now, every_s)
    repeat(lambda: sys.stdout.write(plain(sheet_now()) + "\n"), every_s)


def repeat(put: Callable[[], object], every_s: float) -> None:
    """Put something on stdout every `every_s` seconds until Ctrl-C."""
    while True:
        put()
        sys.stdout.flush()
        time.sleep(every_s)


def show_json(value: Any, indent: int | None = 2) -> None:
    """Put a value on stdout as JSON; everything but ASCII is escaped, so that a terminal is safe from it."""
    text = json.dumps(msgspec.to_builtins(value), indent=indent)
    sys.stdout.write(text.replace("\x7f", "\\u007f") + "\n")


def say(sentence: str) -> None:
    """Put a sentence that is the data of a command on stdout."""
    sys.stdout.write(safe(sentence) + "\n")


def talk(sentence: str) -> None:
    """Tell the person something on stderr."""
    sys.stderr.write(safe(sentence) + "\n")
