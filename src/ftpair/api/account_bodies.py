"""Bodies of requests and answers about users, tokens and who asks. Secrets are in no repr."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from ftpair.core.accounts import Role, Via

_Name = Annotated[str, Field(min_length=1, max_length=64)]
_Secret = Annotated[str, Field(max_length=1024)]
_Code = Annotated[str, Field(max_length=20)]


@dataclass(frozen=True, slots=True)
class LoginWish:
    """Who wants to log in; `code` is that of the authenticator, if the user has one."""

    user: Annotated[str, Field(max_length=200)]
    password: _Secret = field(repr=False)
    code: _Code = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SetUpLink:
    """Where a browser makes the first user; it works once."""

    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks, and how that is known; `csrf` is what `X-CSRF-Token` must be in this session."""

    name: str
    role: Role
    via: Via
    csrf: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PasswordWish:
    """The password that is, and the one that shall be."""

    password: _Secret = field(repr=False)
    wanted: _Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeWish:
    """What the authenticator shows."""

    code: _Code = field(repr=False)


@dataclass(frozen=True, slots=True)
class TotpBegun:
    """A new secret for an authenticator: for a QR code, and for who types it."""

    uri: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UserWish:
    """Who shall be let in."""

    name: _Name
    password: _Secret = field(repr=False)
    role: Role = Role.VIEWER


@dataclass(frozen=True, slots=True)
class UserChange:
    """What shall be otherwise of a user; what is left out stays."""

    password: _Secret = field(default="", repr=False)
    role: Role | None = None
    is_disabled: bool | None = None
    forget_totp: bool = False
    """Ask for no code any more: the authenticator is lost."""


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What program shall be let in, and for how many seconds."""

    name: _Name
    role: Role = Role.VIEWER
    for_s: Annotated[float, Field(gt=0, le=315_360_000, allow_inf_nan=False)] = 7_776_000.0


@dataclass(frozen=True, slots=True)
class TokenMade:
    """A new token; its secret is told this once."""

    secret: str = field(repr=False)
    sentence: str
