"""Client bytes to command lines (RFC 959, 5.3.1). Knows no verb and no policy."""

LONGEST_LINE_BYTES = 8192
"""More than any real path; an endless line ends the session (flat memory)."""

IAC, DM, SE, WILL = 255, 242, 240, 251


class LineSplitter:
    """Cuts the bytes of a client into lines, however they are split: CRLF, bare LF and CR CR LF end a line."""

    __slots__ = ("_limit", "_rest", "is_overflowed")

    def __init__(self, limit_bytes: int = LONGEST_LINE_BYTES) -> None:
        self._limit = limit_bytes
        self._rest = b""
        self.is_overflowed = False
        """Whether a line exceeded the cap; nothing more is split then."""

    @property
    def is_pending(self) -> bool:
        """Whether bytes of an unfinished line wait: after AUTH they are an injection."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """Take more bytes and return the lines that they complete, their ends stripped."""
        if self.is_overflowed:
            return []
        *whole, self._rest = (self._rest + data).split(b"\n")
        lines: list[bytes] = []
        for line in whole:
            if len(line) > self._limit:
                self._overflow()
                return lines
            stripped = line.rstrip(b"\r")
            lines.append(_without_telnet(stripped) if stripped[:1] == b"\xff" else stripped)
        if len(self._rest) > self._limit:
            self._overflow()
        return lines

    def _overflow(self) -> None:
        self.is_overflowed = True
        self._rest = b""


def _without_telnet(line: bytes) -> bytes:
    """Strip Telnet sequences in front of the verb: clients send IAC IP IAC DM before ABOR (RFC 959, 4.1.3).

    The DM is urgent data and may be missing, which leaves a lone IAC, or may stand alone.
    """
    at = 0
    while at < len(line) and (line[at] == IAC or (at and line[at] == DM)):
        at += _telnet_length(line, at)
    return line[at:]


def _telnet_length(line: bytes, at: int) -> int:
    following = line[at + 1] if line[at] == IAC and at + 1 < len(line) else 0
    if WILL <= following < IAC:
        return 3
    return 2 if SE <= following < WILL else 1
