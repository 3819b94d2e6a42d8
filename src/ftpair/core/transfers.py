"""The history of transfers: one row for each that has ended."""

from dataclasses import dataclass

CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class PastTransfer:
    """One transfer that has ended, as the log told of it; control characters in names are escaped."""

    number: int
    """From 1 on, in the order in which they were recorded."""
    at: float
    """When it ended, in seconds since the epoch."""
    service: str
    server: str
    user: str
    client: str
    session: str
    verb: str
    path: str
    direction: str
    bytes: int
    seconds: float
    result: str
    """`complete`, `refused`, `cut` or `aborted`: only the first means that both legs closed in order."""
    reason: str
    reply: str
    """The server's final reply."""
    tls: str
    """Of the client's data connection: `TLSv1.3`, or `clear`."""
    server_tls: str
