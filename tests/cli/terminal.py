"""A command on a real terminal (a pty) of a given size, with the keys that a person types."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """How the command ended and what stood on the terminal."""

    status: int
    text: str


class Terminal:
    """One command on a terminal of `columns` by `rows`."""

    def __init__(self, arguments, columns=120, rows=40, **environment):
        self._main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        self._process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", sys.executable, "-m", "ftpair.cli.main", *arguments],
            stdin=side,
            stdout=side,
            stderr=side,
            env=variables | {"TERM": "xterm-256color", **environment},
        )
        os.close(side)
        self.text = ""

    def wait_for(self, words, timeout_s=20):
        deadline = time.monotonic() + timeout_s
        while words not in self.text:
            assert time.monotonic() < deadline, f"{words!r} never came, but {self.text!r}"
            if not self._read(0.2) and self._process.poll() is not None:
                assert words in self.text, f"ended without {words!r}: {self.text!r}"
        return self.text

    def type(self, keys):
        os.write(self._main, keys.encode())

    def end(self, timeout_s=20):
        deadline = time.monotonic() + timeout_s
        while self._process.poll() is None and time.monotonic() < deadline:
            self._read(0.1)
        while self._read(0.05):
            pass
        os.close(self._main)
        return Seen(self._process.wait(1), self.text)

    def _read(self, wait_s):
        coming = select.poll()
        coming.register(self._main, select.POLLIN)
        if not coming.poll(1000 * wait_s):
            return False
        try:
            data = os.read(self._main, 65536)
        except OSError:
            return False
        self.text += data.decode(errors="replace")
        return bool(data)


def on_terminal(*arguments, **options):
    return Terminal(arguments, **options).end()
