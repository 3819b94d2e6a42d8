"""A file of the state folder: written whole or not at all, read by nobody else; a broken one is set aside."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ftpair.config.save import sync_folder

Content = TypeVar("Content")

BROKEN = ".broken"
_MODE = 0o600
"""Names of users and addresses of clients may stand in it."""


@dataclass(slots=True)
class StateFile:
    """What is in it holds even if it cannot be kept: that is one warning, given to `warn` as a sentence."""

    path: Path
    warn: Callable[[str], None]
    begins: str
    """What becomes of a run that cannot read it, in words: `nobody is banned from before`."""
    ends: str
    """What becomes of a run that cannot write it: `bans end with this run`."""
    _has_warned: bool = field(default=False, init=False)
    _owed: bytes | None = field(default=None, init=False)
    """What could not be written; tried again by `write_again`."""

    def read(self, decode: Callable[[bytes], Content]) -> Content | None:
        """Return what the file holds; None if there is none, or if `decode` raises ValueError: then it is set aside."""
        try:
            return decode(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._set_aside(error)
            return None

    def write(self, content: bytes) -> bool:
        """Keep this and nothing else; return whether it is on the disk."""
        try:
            draft = self._draft()
            with open(draft, "wb", opener=_private) as file:  # Path.open knows no opener.
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            self._owed = content
            with suppress(OSError):  # What a full disk has taken of it is room for others.
                self._draft().unlink()
            self._warn_once(error)
            return False
        if self._owed is not None:
            self.warn(f"{self.path} can be written again: nothing of it is missing")
            self._owed, self._has_warned = None, False
        return True

    def write_again(self) -> None:
        """Keep what could not be written, if there is room by now; called now and then."""
        if self._owed is not None:
            self.write(self._owed)

    def try_to_write(self) -> None:
        """Warn at once if nothing can be kept: later somebody counts on it."""
        try:
            draft = self._draft()
            draft.touch(_MODE)
            draft.unlink()
        except OSError as error:
            self._warn_once(error)

    def _draft(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.with_suffix(".new")

    def _set_aside(self, error: Exception) -> None:
        aside = self.path.with_name(self.path.name + BROKEN)
        why = f"{self.path} cannot be read ({error})"
        try:
            self.path.replace(aside)
        except OSError:
            self.warn(f"{why}: {self.begins}")
        else:
            self.warn(f"{why}: it is set aside as {aside.name}, and {self.begins}")

    def _warn_once(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            self.warn(f"{self.path} cannot be written ({error.strerror}): {self.ends}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, _MODE)
