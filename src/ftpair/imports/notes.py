"""What an import makes: a configuration, and what could not be carried. Pure."""

from dataclasses import dataclass
from typing import Any, NamedTuple


class Note(NamedTuple):
    """Something that was not carried, or not as it was."""

    line: int
    """In the file that was read."""
    sentence: str
    file: str = ""
    """Another file that was read along; the one that was named, if not there."""

    def __str__(self) -> str:
        return f"{self.file + ', ' if self.file else ''}line {self.line}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Imported:
    """The content of a file for ftpair, and what to look at."""

    configuration: dict[str, Any]
    notes: tuple[Note, ...]
