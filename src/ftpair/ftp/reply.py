"""FTP replies: bytes to words and back (RFC 959, 4.2). Knows no socket and no policy."""

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """What a server answered; `raw` is every byte of it, line ends included, so that it can go on unchanged."""

    code: int
    raw: bytes

    @property
    def is_preliminary(self) -> bool:
        """Whether a further reply to the same command follows (1xx)."""
        return self.code < 200

    @property
    def is_final(self) -> bool:
        """Whether the command is answered with this."""
        return self.code >= 200

    @property
    def is_positive(self) -> bool:
        """Whether the command was accepted (2xx)."""
        return 200 <= self.code < 300
