"""HAProxy's file, read: sections, their lines, and the proxies that take clients. Pure.

The grammar is that of HAProxy's configuration manual, 2.2: words, quotes, backslashes, comments. A line remembers that
it was read: what nobody read is told.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ftpair.core.endpoint import PortRange
from ftpair.core.errors import FtpairError

_FIRST_PASSIVE = 1024
_SECTIONS = {"global", "defaults", "listen", "frontend", "backend", "peers", "resolvers", "userlist", "program"}
_SECTIONS |= {"cache", "mailers", "ring", "http-errors", "log-forward", "fcgi-app", "crt-store", "crt-list", "traces"}
_SECTIONS |= {"log-profile", "acme"}


@dataclass(slots=True, eq=False)
class Line:
    """One line, its words without quotes."""

    number: int
    words: list[str]
    was_read: bool = False

    @property
    def head(self) -> str:
        """The first word."""
        return self.words[0]

    @property
    def value(self) -> str:
        """The second word; empty if there is none."""
        return self.words[1] if len(self.words) > 1 else ""


@dataclass(slots=True, eq=False)
class Section:
    """One section."""

    kind: str
    name: str
    number: int
    lines: list[Line] = field(default_factory=list)
    defaults: "Section | None" = None
    """What holds for it where it says nothing; nothing if there is none before it."""

    @property
    def title(self) -> str:
        """How the file calls it."""
        return f"{self.kind} {self.name}".rstrip()

    @property
    def mode(self) -> str:
        """`tcp`, which is HAProxy's own default, or what the file says."""
        line = last([self, self.defaults], "mode")
        return line.value if line else "tcp"

    def all(self, *head: str) -> list[Line]:
        """Return the lines that begin with these words; they count as read."""
        lines = [line for line in self.lines if tuple(line.words[: len(head)]) == head]
        for line in lines:
            line.was_read = True
        return lines


def last(sections: Iterable[Section | None], *head: str) -> Line | None:
    """Return the line that counts: the last one of the first section that has any. What it overrides is read, too."""
    found = [lines for section in sections if section and (lines := section.all(*head))]
    return found[0][-1] if found else None


@dataclass(frozen=True, slots=True)
class ControlPorts:
    """The ports by which an FTP service is known in the file."""

    explicit: int = 21
    implicit: int = 990

    def kind_of(self, port: int) -> str:
        """Return `explicit`, `implicit`, or nothing for another port."""
        return {self.implicit: "implicit", self.explicit: "explicit"}.get(port, "")


@dataclass(frozen=True, slots=True)
class Bind:
    """Where a proxy listens."""

    address: str
    ports: PortRange
    line: int
    kind: str
    """Of the control port that it is; empty: none."""

    @property
    def is_passive(self) -> bool:
        """Whether these can be ports for data connections."""
        return self.ports.first >= _FIRST_PASSIVE and not self.kind


@dataclass(frozen=True, slots=True)
class Door:
    """A proxy that takes clients, and the backends and tables behind it."""

    section: Section
    behind: tuple[Section, ...]
    binds: tuple[Bind, ...]

    @property
    def sections(self) -> list[Section]:
        """Its own section, and those behind it."""
        return [self.section, *self.behind]

    @property
    def scopes(self) -> list[Section]:
        """The sections whose lines hold for it, the nearest first."""
        return [*self.sections, *(each.defaults for each in self.sections if each.defaults)]

    @property
    def servers(self) -> list[tuple[Section, Line]]:
        """The lines of its servers that have an address, with their sections."""
        found = [(section, line) for section in self.sections for line in section.all("server")]
        return [(section, line) for section, line in found if len(line.words) > 2]

    @property
    def kinds(self) -> dict[str, Bind]:
        """Its control ports by kind, the first of each."""
        return {bind.kind: bind for bind in reversed(self.binds) if bind.kind}


def sections_of(text: str) -> list[Section]:
    """Return the sections of a file. Raises FtpairError for what is none of HAProxy's."""
    sections = [Section("global", "", 0)]
    for number, raw in enumerate(text.splitlines(), 1):
        words = _words(raw, number)
        if words and words[0] in _SECTIONS:
            sections.append(_section(number, words, sections))
        elif words:
            sections[-1].lines.append(Line(number, words))
    return sections


def _section(number: int, words: list[str], before: list[Section]) -> Section:
    """Return a new section; its defaults are those that it names, or the last ones before it."""
    kind, name, *more = [*words, ""]
    known = [each for each in before if each.kind == "defaults"]
    if "from" in more[:-1]:
        known = [each for each in known if each.name == more[more.index("from") + 1]]
    return Section(kind, name, number, defaults=known[-1] if known and kind != "defaults" else None)


def _words(raw: str, number: int) -> list[str]:
    try:
        return shlex.split(raw, comments=True, posix=True)
    except ValueError:
        raise FtpairError(f"line {number} has a quote that is not closed: is this HAProxy's file?") from None


def doors_of(sections: list[Section], control: ControlPorts) -> list[Door]:
    """Return the proxies that take clients."""
    return [_door(each, sections, control) for each in sections if each.kind in {"listen", "frontend"}]


def _door(section: Section, sections: list[Section], control: ControlPorts) -> Door:
    rules = [line for line in section.lines if line.head == "use_backend"]
    behind = [_backend(sections, line.value) for line in section.all("default_backend") or rules]
    stuck = [line for each in (section, *filter(None, behind)) for line in each.all("stick", "on", "src", "table")]
    behind += [_backend(sections, line.words[4]) for line in stuck if len(line.words) > 4]
    binds = [bind for line in section.all("bind") for bind in _binds(line, control)]
    return Door(section, tuple(dict.fromkeys(filter(None, behind))), tuple(binds))


def _backend(sections: list[Section], name: str) -> Section | None:
    return next((each for each in sections if each.kind == "backend" and each.name == name), None)


def _binds(line: Line, control: ControlPorts) -> Iterator[Bind]:
    for part in line.value.split(","):
        found = re.fullmatch(r"(?:ipv[46]@)?(.*):(\d+)(?:-(\d+))?", part)
        if found and not found[1].startswith("/"):
            address = found[1].strip("[]")
            ports = PortRange(int(found[2]), int(found[3] or found[2]))
            kind = control.kind_of(ports.first) if len(ports) == 1 else ""
            yield Bind("0.0.0.0" if address in {"", "*"} else address, ports, line.number, kind)  # noqa: S104
