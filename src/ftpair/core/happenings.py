"""What happened to the node that people want to hear of at once: changes that somebody made, servers that went down."""

from typing import Literal

import msgspec

Kind = Literal["configuration", "admin", "health", "ban", "session", "doctor"]
"""A configuration was saved, applied, confirmed or taken back; a server was drained, halted, brought online; its health
is another; somebody was banned or let in again; a session was ended by hand;
the doctor began or ended."""


class Happening(msgspec.Struct, frozen=True):
    """One of them, in the sentence that the log has too."""

    number: int
    """From 1 on, in the order in which they happened."""
    at: float
    """Seconds since the epoch."""
    kind: Kind
    service: str
    """The virtual service that it is about; empty: the whole node."""
    sentence: str
