"""One line of a client as a command: verb, argument and the very bytes (RFC 959, 5.3). Knows no policy."""

import msgspec

from ftpair.ftp.verbs import SECRET_SITE_WORDS, VERBS

LONGEST_SHOWN = 256


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
        """Return the command for people: secrets masked, control characters escaped, the length bounded."""
        if not self.argument:
            return printable(self.raw)
        if self._has_secret():
            return f"{printable(self.verb.encode())} ****"
        return printable(self.raw)

    def _has_secret(self) -> bool:
        row = VERBS.get(self.verb)
        if row is not None and row.is_secret:
            return True
        return self.verb == "SITE" and self.argument.split(b" ", 1)[0].upper() in SECRET_SITE_WORDS


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
