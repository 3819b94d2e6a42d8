"""Who asks for something, what such a person may, and what is known of the people and programs that may ask."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What somebody may; each role may all that the one before it may."""

    VIEWER = "viewer"
    """Sees."""
    OPERATOR = "operator"
    """Drains, halts, brings online, ends sessions, bans, runs the doctor."""
    ADMIN = "admin"
    """Changes the configuration, certificates, users and tokens."""

    def may(self, needed: "Role") -> bool:
        """Tell whether this role is the needed one, or more."""
        roles = list(Role)
        return roles.index(self) >= roles.index(needed)


Via = Literal["socket", "web", "token", "nobody", "itself"]
"""How it is known who asks: the control socket, a session of the web UI, a token; it is not known; nobody asked."""
Outcome = Literal["done", "refused", "happened"]
"""What became of what was asked; or it happened, and nobody asked."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks."""

    name: str
    role: Role | None
    """None: nobody knows who it is."""
    via: Via
    address: str = ""
    """The IP address that was asked from; empty over the control socket."""

    def may(self, needed: Role) -> bool:
        """Tell whether the needed role is this one's, or less."""
        return self.role is not None and self.role.may(needed)


LOCAL = Identity("local", Role.ADMIN, "socket")
"""Whoever may open the control socket owns ftpair."""
NOBODY = Identity("", None, "nobody")


@dataclass(frozen=True, slots=True)
class UserRow:
    """One who may log in; times in seconds since the epoch."""

    name: str
    role: Role
    has_totp: bool
    """Whether a code of an authenticator is asked for as well."""
    is_disabled: bool
    made: float
    last_login: float = 0.0
    """0: never yet."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A program that may ask; times in seconds since the epoch."""

    name: str
    role: Role
    made: float
    made_by: str
    expires: float
    last_used: float = 0.0
    """To the minute; 0: never yet."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Somebody changed something or was refused, or it happened; the time in seconds since the epoch."""

    number: int
    time: float
    name: str
    """Empty: nobody knows who it was."""
    via: Via
    address: str
    action: str
    subject: str
    outcome: Outcome
    sentence: str
