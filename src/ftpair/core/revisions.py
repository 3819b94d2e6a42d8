"""What is known of a configuration through time: who made it what it is, when, and what runs."""

import hashlib
from dataclasses import dataclass

LONGEST_COMMENT = 500
"""In characters, for the author too; a difference says the rest."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of the configuration file; times in seconds since the epoch."""

    number: int
    made: float
    author: str
    comment: str
    applied: float = 0.0
    """When it was worked by last; 0: never yet."""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An apply that is taken back unless somebody confirms it."""

    revision: int
    former: int
    """The revision that comes back."""
    until: float
    """Seconds since the epoch."""


def etag_of(content: bytes) -> str:
    """Return the entity tag of a configuration's text (RFC 9110, 8.8.3), with its quotation marks."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
