"""Keys of a terminal, one at a time and without Enter."""

import os
import select
import sys
import termios
import tty
from typing import Any, Self


class Keys:
    """Reads the keys that are pressed while it is entered; from what is no terminal there are none."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._former: list[Any] | None = None

    def __enter__(self) -> Self:
        if os.isatty(self._descriptor):
            self._former = termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        if self._former:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._former)

    def wait(self, seconds: float) -> str:
        """Return the key that is pressed within that time, or nothing."""
        watched = [self._descriptor] if self._former else []
        if not select.select(watched, [], [], seconds)[0]:
            return ""
        pressed = os.read(self._descriptor, 1)
        if not pressed:  # The terminal is gone.
            raise KeyboardInterrupt
        return pressed.decode("ascii", "replace")
