"""One server of ProFTPD's file as it is asked for its settings; what nobody asks for is told as not carried. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ftpair.imports.notes import Note
from ftpair.imports.proftpd_file import Line, Server

_ON = {"on", "yes", "true", "1"}
_UNITS = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hr": 3600}
# What a proxy has no use for, or what ftpair does in its own way without being told.
_NOTHING = re.compile(
    r".*log|logformat|syslog(facility|level)|trace|debuglevel|(module)?controls.*|tls(randomseed|sessiontickets)"
    r"|allow(logsymlinks|overwrite|retrieverestart|storerestart)|authorder|default(root|server)|deferwelcome|delayengine"
    r"|group|user|umask|hiddenstores|identlookups|listoptions|loadmodule|modulepath|multilinerfc2228"
    r"|persistentpasswd|pidfile|proxy(datastore|tables)|requirevalidshell|scoreboard(file|mutex)|server(admin|type)|showsymlinks"
    r"|socketbindtight|timeoutlinger|use(ftpusers|ipv6|reversedns)"
)


@dataclass(slots=True)
class Site:
    """A server, and what became of its lines so far."""

    server: Server
    notes: set[Note] = field(default_factory=set)
    _asked: set[str] = field(default_factory=set)

    def all(self, directive: str) -> list[Line]:
        """Return the lines of a directive that count."""
        self._asked.add(directive.lower())
        return self.server.all(directive.lower())

    def last(self, directive: str) -> Line | None:
        """Return the line that counts."""
        return next(iter(self.all(directive)[::-1]), None)

    def value(self, directive: str, default: str = "") -> str:
        """Return its first word."""
        line = self.last(directive)
        return line.value if line else default

    def is_on(self, directive: str, *, default: bool = False) -> bool:
        """Return what a switch says."""
        line = self.last(directive)
        return line.value.lower() in _ON if line else default

    def options(self, directive: str) -> dict[str, Line]:
        """Return the words of all its lines, in small letters."""
        return {word.lower(): line for line in self.all(directive) for word in line.words[1:]}

    def whole(self, directive: str) -> int:
        """Return a whole number, 0 if there is none (ProFTPD's own word for no limit is none)."""
        line = self.last(directive)
        if line is None or line.value.lower() == "none":
            return 0
        if line.value.isascii() and line.value.isdigit():
            return int(line.value)
        self.tell(line, f"{line}: {line.value} is no number: left out")
        return 0

    def seconds(self, directive: str, most: int, *, may_be_endless: bool = False) -> int | None:
        """Return a time in seconds, None if there is none; the most for one that ftpair cannot have."""
        line = self.last(directive)
        if line is None:
            return None
        time = _seconds(line.value)
        if time is None:
            self.tell(line, f"{line}: {line.value} is no time: left out")
        elif (time == 0 and not may_be_endless) or time > most:
            self.tell(line, f"{line} becomes {most}, the most that ftpair knows")
            return most
        return time

    def tell(self, line: Line, sentence: str) -> None:
        """Note something about a line."""
        self.notes.add(line.note(sentence))

    def tell_all(self, sentence: str, *directives: str) -> None:
        """Note the same about every line of some directives."""
        for directive in directives:
            for line in self.all(directive):
                self.tell(line, f"{line}: {sentence}")

    def pass_over(self, beginning: str) -> None:
        """Take the directives of this beginning for read: they have no effect."""
        self._asked |= {line.head for line in self.server.in_force() if line.head.startswith(beginning)}

    def left_out(self) -> Iterator[Note]:
        """Yield a note for each line that nobody has asked for."""
        for line in self.server.in_force():
            if line.head not in self._asked and not _NOTHING.fullmatch(line.head):
                yield line.note(f"{line.words[0]} is not carried")


def _seconds(text: str) -> int | None:
    clock = re.fullmatch(r"(\d{1,5}):(\d{1,2}):(\d{1,2})", text)
    if clock:
        hours, minutes, seconds = (int(each) for each in clock.groups())
        return hours * 3600 + minutes * 60 + seconds
    found = re.fullmatch(r"(\d{1,9}) ?(s|sec|m|min|h|hr|)", text.lower())
    return int(found[1]) * _UNITS[found[2]] if found else None
