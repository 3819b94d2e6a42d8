"""A store on a disk that fails: what it did not take is counted, and said when it begins and when it is over."""

from collections.abc import Callable
from pathlib import Path


class Mishaps:
    """Of one file. `warn` hears sentences."""

    def __init__(self, path: Path, noun: str, warn: Callable[[str], None]) -> None:
        self._path, self._noun, self._warn = path, noun, warn
        self._is_failing = False
        self.missed = 0
        """How many were not written since the start."""

    def miss(self, count: int, error: Exception) -> None:
        """So many were not written, and why."""
        self.missed += count
        if not self._is_failing:
            self._warn(f"{self._path} cannot be written ({error}): {self._noun} are not recorded until it can")
        self._is_failing = True

    def recover(self) -> None:
        """It was written."""
        if self._is_failing:
            self._warn(f"{self._path} is written again; {self.missed} {self._noun} are missing in it")
        self._is_failing = False
