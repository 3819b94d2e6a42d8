"""Lines of the log, as they are looked at on a page or on the command line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of one process."""

    number: int
    """From 1 on, in the order in which the supervisor heard of them."""
    at: float
    """Seconds since the epoch."""
    level: str
    process: str
    """`supervisor`, `worker 0`, `prober`, `api`."""
    text: str
    """As it was written: JSON, or words for people, whose tracebacks have several lines."""
