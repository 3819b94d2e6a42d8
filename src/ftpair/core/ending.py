"""How a connection ends: in FTP "closed" means "file complete", so there are two words for it."""

from enum import Enum


class End(Enum):
    """The two ways in which a connection ends; the word travels unchanged through every floor."""

    ENDED = "ended"
    """Closed in order: FIN on clear text, close_notify on TLS."""
    CUT = "cut"
    """Anything else: reset, missing close_notify, dead peer, deadline. Never a complete file."""


class Leg(Enum):
    """The two halves of a control or data connection."""

    CLIENT = "client"
    SERVER = "server"
