"""One line of a client as a command: verb, argument and the very bytes (RFC 959, 5.3). Knows no policy."""

import re

import msgspec

from ftpair.ftp.verbs import SECRET_SITE_WORDS, VERBS

LONGEST_SHOWN = 256

_WORD = re.compile(rb"\s*([A-Za-z0-9]{0,16})")


class Command(msgspec.Struct, frozen=True):
    """A command: `verb` in upper case, `raw` as it was typed without its line end."""

    verb: str
    argument: bytes
    raw: bytes

    @property
    def line(self) -> bytes:
        """The command as it goes to a server."""
        return self.raw + b"\r\n"

    def masked(self) -> str:
        """Return the command for people: secrets masked, control characters escaped, the length bounded.

        What is not known to be harmless is masked: a mistyped PASS carries a password too.
        """
        if self._tells_nothing:
            return printable(self.raw)
        return f"{self._word.decode('ascii').upper()} ****".lstrip()

    def to_remember(self) -> "Command":
        """Return what may stay in memory when the command is passed on: itself, or without its secret."""
        if self._tells_nothing:
            return self
        return msgspec.structs.replace(self, argument=b"****", raw=self.masked().encode())

    @property
    def _tells_nothing(self) -> bool:
        return self.raw == self._word or self._is_harmless

    @property
    def _word(self) -> bytes:
        found = _WORD.match(self.raw)
        return found[1] if found else b""

    @property
    def _is_harmless(self) -> bool:
        row = VERBS.get(self.verb)
        if row is None or row.is_secret:
            return False
        return self.verb != "SITE" or not SECRET_SITE_WORDS.intersection(self.argument.upper().split()[:1])


def parse(line: bytes) -> Command | None:
    """Split a line into verb and argument; None if a CR, LF or NUL inside could become a second line elsewhere."""
    if b"\r" in line or b"\0" in line or b"\n" in line:
        return None
    verb, _, argument = line.partition(b" ")
    return Command(verb.upper().decode("ascii", "backslashreplace"), argument, line)


def printable(data: bytes, limit: int = LONGEST_SHOWN) -> str:
    """Decode what a stranger sent so that it harms no terminal, log or page: control characters are escaped."""
    text = data[:limit].decode("utf-8", "backslashreplace")
    if len(data) > limit:
        text += "..."
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
