"""The users: a table that the supervisor alone writes."""

import re
from dataclasses import dataclass, field

from ftpair.app.database import Database
from ftpair.core.accounts import Role, UserRow
from ftpair.core.errors import NotFoundError, WrongRequestError

TABLE = """
    CREATE TABLE user (
        name TEXT PRIMARY KEY COLLATE NOCASE,
        password TEXT NOT NULL,
        role TEXT NOT NULL,
        made REAL NOT NULL,
        totp TEXT NOT NULL,
        totp_step INTEGER NOT NULL,
        is_disabled INTEGER NOT NULL,
        last_login REAL NOT NULL,
        last_address TEXT NOT NULL
    );
"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_RESERVED = frozenset({"api", "file", "ftpair", "local"})
"""What revisions and the audit trail call others than users."""


@dataclass(frozen=True, slots=True)
class User:
    """All that is kept of one who may log in; times in seconds since the epoch."""

    name: str
    password: str = field(repr=False)
    """Its hash."""
    role: Role
    made: float
    totp: str = field(default="", repr=False)
    """The secret that his authenticator shares; empty: no code is asked for."""
    totp_step: int = 0
    """The newest code that was used, as the number of its half minute."""
    is_disabled: bool = False
    last_login: float = 0.0
    last_address: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether he can let others in again."""
        return self.role is Role.ADMIN and not self.is_disabled

    @property
    def row(self) -> UserRow:
        """What others may see of him."""
        return UserRow(self.name, self.role, bool(self.totp), self.is_disabled, self.made, self.last_login)


class Users:
    """All of them, by name; small and capital letters are the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[User, ...]:
        """Return all, by name."""
        return tuple(map(_user, self._database.rows("SELECT * FROM user ORDER BY name")))

    def find(self, name: str) -> User | None:
        """Return the user of this name."""
        row = self._database.row("SELECT * FROM user WHERE name = ?", name)
        return _user(row) if row else None

    def named(self, name: str) -> User:
        """Return the user of this name. Raises NotFoundError."""
        user = self.find(name)
        if user is None:
            raise NotFoundError(f"there is no user {name!r}; `ftpair user list` lists them")
        return user

    def save(self, user: User) -> None:
        """Keep a user as he is now."""
        values = (user.name, user.password, user.role.value, user.made, user.totp, user.totp_step)
        rest = (user.is_disabled, user.last_login, user.last_address)
        self._database.write(("INSERT OR REPLACE INTO user VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, *rest)))

    def remove(self, user: User) -> None:
        """Forget a user."""
        self._database.write(("DELETE FROM user WHERE name = ?", (user.name,)))

    def demand_other_admin(self, user: User) -> None:
        """Raise WrongRequestError if nobody but this user can let others in."""
        if user.is_admin and not any(other.is_admin for other in self.all() if other.name != user.name):
            raise WrongRequestError(f"{user.name} is the last admin: make another one first")


def demand_name(name: str) -> None:
    """Raise WrongRequestError for what can be no name of a user or a token."""
    if not _NAME.fullmatch(name) or name.casefold() in _RESERVED:
        raise WrongRequestError(
            f"{name!r} can be no name: write up to 64 letters, digits and . _ @ -, beginning with a letter or digit; "
            f"{', '.join(sorted(_RESERVED))} are taken"
        )


def _user(row: tuple[str, str, str, float, str, int, int, float, str]) -> User:
    name, password, role, made, totp, step, is_disabled, last_login, last_address = row
    return User(name, password, Role(role), made, totp, step, bool(is_disabled), last_login, last_address)
