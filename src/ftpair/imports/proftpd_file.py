"""ProFTPD's file, read: its servers and the lines that hold for each. Files that it includes are read along.

The grammar is that of ProFTPD 1.3.8: words, double quotes, comments, lines that go on behind a backslash, sections.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ftpair.core.errors import FtpairError
from ftpair.imports.notes import Note

Included = Callable[[str], list[tuple[str, str]]]
"""From the path behind Include to the names and texts of its files; OSError if they cannot be read."""

_WORD = re.compile(r'\s*(?:#.*|"((?:\\.|[^"\\])*)"?|(\S+))')
_TAG = re.compile(r"<(/?)(\w+)\s*([^>]*?)\s*>?")
_DEEPEST = 8
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Line:
    """One directive, its words without quotes."""

    number: int
    words: tuple[str, ...]
    file: str = ""
    """The included file that it stands in; the file itself, if not there."""

    @property
    def head(self) -> str:
        """The directive in small letters: capitals mean nothing to ProFTPD."""
        return self.words[0].lower()

    @property
    def value(self) -> str:
        """The first word behind it."""
        return self.words[1] if len(self.words) > 1 else ""

    @property
    def place(self) -> str:
        """Where it stands, for a sentence."""
        return f"{self.file + ', ' if self.file else ''}line {self.number}"

    def __str__(self) -> str:
        return " ".join(self.words)

    def note(self, sentence: str) -> Note:
        """Return a note about it."""
        return Note(self.number, sentence, self.file)


@dataclass(slots=True)
class Server:
    """The main server, or a VirtualHost, with what <Global> says for all of them."""

    opening: Line
    addresses: tuple[str, ...]
    """Those of <VirtualHost>; none for the main server."""
    shared: list[Line]
    lines: list[Line] = field(default_factory=list)

    @property
    def is_main(self) -> bool:
        """Whether it is what stands outside of all sections."""
        return not self.addresses

    def all(self, head: str) -> list[Line]:
        """Return the lines of a directive; those of <Global> count where the server has none of its own."""
        own = [line for line in self.lines if line.head == head]
        return own or [line for line in self.shared if line.head == head]

    def in_force(self) -> list[Line]:
        """Return the lines that count, its own first."""
        own = {line.head for line in self.lines}
        return [*self.lines, *(line for line in self.shared if line.head not in own)]


def servers_of(text: str, included: Included) -> tuple[list[Server], list[Note]]:
    """Return the servers, the main one first, and what was left out. Raises FtpairError if sections are in disorder."""
    reader = _Reader(included)
    reader.read(text)
    return reader.servers, reader.notes


def included_files(path: str) -> list[tuple[str, str]]:
    """Return the files of an Include: one, all of a folder, or those that fit a pattern. Raises OSError."""
    place = Path(path)
    if not place.is_absolute() or "\0" in path:
        raise FileNotFoundError(path)
    if _PATTERN.search(path):
        files = sorted(Path("/").glob(re.sub(r"\*+", "*", path.lstrip("/"))))
    else:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
    return [
        (str(each), each.read_text(encoding="utf-8", errors="replace"))
        for each in files
        if each.is_file() or each == place
    ]


@dataclass(frozen=True, slots=True)
class _Section:
    """A section that is open."""

    tag: Line
    kind: str
    sink: list[Line] | None
    """Where its lines go; None: they are left out."""


class _Reader:
    """Takes one line after the other; knows which sections are open, and where their lines go."""

    def __init__(self, included: Included) -> None:
        shared: list[Line] = []
        self.servers = [Server(Line(1, ("the main server",)), (), shared)]
        self.notes: list[Note] = []
        self._shared = shared
        self._included = included
        self._defined: set[str] = set()
        self._open: list[_Section] = []

    @property
    def _sink(self) -> list[Line] | None:
        return self._open[-1].sink if self._open else self.servers[0].lines

    def read(self, text: str, file: str = "", depth: int = 0) -> None:
        opened = len(self._open)
        for line in _lines(text, file):
            if line.words[0].startswith("<"):
                self._tag(line, opened)
            elif self._sink is not None:
                self._directive(line, depth)
        if len(self._open) > opened:
            line = self._open[-1].tag
            raise FtpairError(f"{line.place}: {line} is not closed: is this ProFTPD's file?")

    def _directive(self, line: Line, depth: int) -> None:
        assert self._sink is not None
        if line.head == "include":
            self._include(line, depth)
        elif line.head == "define":
            self._defined.add(line.value)
        else:
            self._sink.append(line)

    def _include(self, line: Line, depth: int) -> None:
        try:
            files = self._included(line.value) if depth < _DEEPEST else []
        except OSError as error:
            why = (error.strerror or "not an absolute path").lower()
            self.notes.append(line.note(f"{line} could not be read ({why}): what stands there is not carried"))
            return
        if depth >= _DEEPEST:
            self.notes.append(line.note(f"{line} is not followed: files include each other more than {_DEEPEST} deep"))
        for name, text in files:
            self.read(text, name, depth + 1)

    def _tag(self, line: Line, opened: int) -> None:
        found = _TAG.fullmatch(str(line))
        if found is None:
            raise FtpairError(f"{line.place}: {line} is no section: is this ProFTPD's file?")
        slash, kind, words = found.groups()
        if slash:
            if len(self._open) <= opened or self._open[-1].kind != kind.lower():
                raise FtpairError(f"{line.place}: {line} closes nothing that is open: is this ProFTPD's file?")
            self._open.pop()
        else:
            self._open.append(_Section(line, kind.lower(), self._target(line, kind.lower(), words)))

    def _target(self, line: Line, kind: str, words: str) -> list[Line] | None:
        """Return where the lines of a section go."""
        if self._sink is None:
            return None
        if kind == "virtualhost":
            self.servers.append(Server(line, tuple(words.split()) or ("0.0.0.0",), self._shared))  # noqa: S104
            return self.servers[-1].lines
        if kind == "global":
            return self._shared
        if kind == "ifmodule":
            return None if words.startswith("!") else self._sink
        if kind == "ifdefine":
            return self._if_defined(line, words)
        self.notes.append(line.note(f"{line} and what stands in it is not carried"))
        return None

    def _if_defined(self, line: Line, words: str) -> list[Line] | None:
        name = words.lstrip("!")
        if words.startswith("!") != (name in self._defined):
            return self._sink
        if name not in self._defined:
            self.notes.append(
                line.note(f"{line}: {name} is not defined in this file, so what stands there is left out")
            )
        return None


def _lines(text: str, file: str) -> Iterator[Line]:
    """Yield the directives, and the tags of sections as one word."""
    started, whole = 0, ""
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        started = started or number
        whole += raw.rstrip()
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        stripped, at, started, whole = whole.strip(), started, 0, ""
        if stripped.startswith("<"):
            yield Line(at, (stripped[: stripped.find(">") + 1 or None],), file)
        elif words := tuple(_words(stripped)):
            yield Line(at, words, file)


def _words(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        if found[0].lstrip().startswith("#"):
            return
        yield re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
