"""HAProxy's file, read: sections, their lines, and the proxies that take clients. Pure.

The grammar is that of HAProxy's configuration manual, 2.2: words, quotes, backslashes, comments.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ftpair.core.endpoint import PortRange
from ftpair.core.errors import FtpairError

EXPLICIT, IMPLICIT = 21, 990
_FIRST_PASSIVE = 1024
_SECTIONS = {
    "global",
    "defaults",
    "listen",
    "frontend",
    "backend",
    "peers",
    "resolvers",
    "userlist",
    "program",
    "cache",
}


@dataclass(slots=True)
class Line:
    """One line, its words without quotes."""

    number: int
    words: list[str]

    @property
    def head(self) -> str:
        """The first word."""
        return self.words[0]


@dataclass(slots=True)
class Section:
    """One section."""

    kind: str
    name: str
    number: int
    lines: list[Line] = field(default_factory=list)

    def all(self, *head: str) -> Iterator[Line]:
        """Yield the lines that begin with these words."""
        return (line for line in self.lines if tuple(line.words[: len(head)]) == head)

    def last(self, *head: str) -> Line | None:
        """Return the line that counts: the last one."""
        return next(iter([*self.all(*head)][::-1]), None)


@dataclass(frozen=True, slots=True)
class Bind:
    """Where a proxy listens."""

    address: str
    ports: PortRange
    line: int
    takes_header: bool = False

    @property
    def is_passive(self) -> bool:
        """Whether these can be ports for data connections."""
        return self.ports.first >= _FIRST_PASSIVE and self.ports.first not in (EXPLICIT, IMPLICIT)


@dataclass(frozen=True, slots=True)
class Door:
    """A proxy that takes clients, and the sections whose lines hold for it, its own first."""

    section: Section
    behind: Section | None
    binds: tuple[Bind, ...]

    @property
    def sections(self) -> list[Section]:
        """Its own section, and that of its backend."""
        return [self.section, *([self.behind] if self.behind else [])]

    @property
    def servers(self) -> list[Line]:
        """The lines of its servers."""
        return [line for section in self.sections for line in section.all("server")]


def sections_of(text: str) -> Iterator[Section]:
    """Yield the sections of a file. Raises FtpairError for what is none of HAProxy's."""
    section = Section("global", "", 0)
    for number, raw in enumerate(text.splitlines(), 1):
        words = _words(raw, number)
        if not words:
            continue
        if words[0] in _SECTIONS:
            yield section
            section = Section(words[0], words[1] if len(words) > 1 else "", number)
        else:
            section.lines.append(Line(number, words))
    yield section


def _words(raw: str, number: int) -> list[str]:
    try:
        return shlex.split(raw, comments=True, posix=True)
    except ValueError:
        raise FtpairError(f"line {number} has a quote that is not closed: is this HAProxy's file?") from None


def defaults_of(sections: Iterable[Section]) -> Section:
    """Return all defaults as one section, the later ones behind."""
    whole = Section("defaults", "", 0)
    for section in sections:
        if section.kind == "defaults":
            whole.lines += section.lines
    return whole


def door_of(section: Section, sections: list[Section]) -> Door | None:
    """Return a section as a proxy that takes clients; None if it takes none."""
    if section.kind not in {"listen", "frontend"}:
        return None
    chosen = section.last("default_backend")
    name = chosen.words[1] if chosen else None
    behind = next((each for each in sections if each.kind == "backend" and each.name == name), None)
    return Door(section, behind, tuple(bind for line in section.all("bind") for bind in _binds(line)))


def _binds(line: Line) -> Iterator[Bind]:
    takes_header = "accept-proxy" in line.words
    for part in line.words[1].split(","):
        found = re.fullmatch(r"(?:ipv[46]@)?(.*):(\d+)(?:-(\d+))?", part)
        if found:
            address = found[1].strip("[]")
            ports = PortRange(int(found[2]), int(found[3] or found[2]))
            yield Bind("0.0.0.0" if address in {"", "*"} else address, ports, line.number, takes_header)  # noqa: S104
