"""Server bytes to replies (RFC 959, 4.2). Knows no command and no policy."""

from ftpair.ftp.reply import Reply

LONGEST_LINE_BYTES = 64 * 1024
LONGEST_REPLY_BYTES = 1024 * 1024
"""STAT answers whole listings on the control connection; beyond this a reply is an attack (flat memory)."""


class ReplyReader:
    """Collects whole replies, raw bytes kept; a multi-line reply ends only at its own code and a space."""

    __slots__ = ("_code", "_parts", "_rest", "_size", "is_garbage", "is_overflowed")

    def __init__(self) -> None:
        self._rest = b""
        self._code = b""
        self._parts: list[bytes] = []
        self._size = 0
        self.is_overflowed = False
        """Whether a line or a reply exceeded its cap; nothing more is read then."""
        self.is_garbage = False
        """Whether something stood where a reply code must stand; nothing more is read then."""

    @property
    def is_pending(self) -> bool:
        """Whether bytes of an unfinished reply wait: after 234 they are an injection."""
        return bool(self._rest or self._code)

    def feed(self, data: bytes) -> list[Reply]:
        """Take more bytes and return the replies that they complete."""
        if self.is_overflowed or self.is_garbage:
            return []
        if not self._rest and not self._code and _is_one_reply(data):  # Nearly all of them.
            return [Reply(int(data[:3]), data)]
        *lines, self._rest = (self._rest + data).split(b"\n")
        replies: list[Reply] = []
        for line in lines:
            if len(line) > LONGEST_LINE_BYTES:
                self._stop()
                return replies
            self._take(line + b"\n", replies)
            if self.is_overflowed or self.is_garbage:
                return replies
        if len(self._rest) > LONGEST_LINE_BYTES:
            self._stop()
        return replies

    def _take(self, line: bytes, replies: list[Reply]) -> None:
        if self._code:
            self._continue(line, replies)
        elif line[:3].isdigit() and b"1" <= line[:1] <= b"6":
            self._begin(line, replies)
        elif line.strip():
            self.is_garbage = True

    def _begin(self, line: bytes, replies: list[Reply]) -> None:
        if line[3:4] != b"-":
            replies.append(Reply(int(line[:3]), line))
            return
        self._code = line[:3]
        self._parts = [line]
        self._size = len(line)

    def _continue(self, line: bytes, replies: list[Reply]) -> None:
        self._parts.append(line)
        self._size += len(line)
        if self._size > LONGEST_REPLY_BYTES:
            self._stop()
        elif line[:3] == self._code and line[3:4] in b" \r\n":
            replies.append(Reply(int(self._code), b"".join(self._parts)))
            self._code = b""
            self._parts = []

    def _stop(self) -> None:
        self.is_overflowed = True
        self._rest = b""
        self._parts = []


def _is_one_reply(data: bytes) -> bool:
    """Return whether it is one line and a whole reply."""
    return (
        data.find(b"\n") == len(data) - 1 < LONGEST_LINE_BYTES
        and data[:3].isdigit()
        and b"1" <= data[:1] <= b"6"
        and data[3:4] != b"-"
    )
