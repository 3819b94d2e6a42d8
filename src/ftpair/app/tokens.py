"""The tokens of programs: a table that the supervisor alone writes. Of a secret only its digest is kept."""

import hashlib
import secrets
from dataclasses import dataclass

from ftpair.app.database import Database
from ftpair.core.accounts import Role, TokenRow
from ftpair.core.errors import NotFoundError

TABLE = """
    CREATE TABLE token (
        name TEXT PRIMARY KEY COLLATE NOCASE,
        digest BLOB NOT NULL UNIQUE,
        role TEXT NOT NULL,
        made REAL NOT NULL,
        made_by TEXT NOT NULL,
        expires REAL NOT NULL,
        last_used REAL NOT NULL DEFAULT 0
    );
"""
PREFIX = "ftpair_"
"""Tells a token from other secrets, also to those who search code for what should not stand there."""
NOTE_S = 60.0
"""That it is used is written down no more often."""
_ROWS = "SELECT name, role, made, made_by, expires, last_used FROM token"


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is to be; times in seconds since the epoch."""

    name: str
    role: Role
    made: float
    made_by: str
    expires: float


class Tokens:
    """All of them, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[TokenRow, ...]:
        """Return all, by name."""
        return tuple(map(_row, self._database.rows(f"{_ROWS} ORDER BY name")))

    def find(self, name: str) -> TokenRow | None:
        """Return the token of this name."""
        row = self._database.row(f"{_ROWS} WHERE name = ?", name)
        return _row(row) if row else None

    def add(self, token: Token) -> str:
        """Keep a token; return its secret, which nobody can find out again."""
        secret = PREFIX + secrets.token_urlsafe(32)
        values = (token.name, digest_of(secret), token.role.value, token.made, token.made_by, token.expires)
        self._database.write(("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, 0)", values))
        return secret

    def remove(self, name: str) -> None:
        """Forget a token. Raises NotFoundError."""
        if self.find(name) is None:
            raise NotFoundError(f"there is no token {name!r}; `ftpair token list` lists them")
        self._database.write(("DELETE FROM token WHERE name = ?", (name,)))

    def owner_of(self, secret: str, now: float) -> TokenRow | None:
        """Return the token of this secret, unless it has expired."""
        found = self._database.row(f"{_ROWS} WHERE digest = ? AND expires > ?", digest_of(secret), now)
        if found is None:
            return None
        token = _row(found)
        if not 0 <= now - token.last_used < NOTE_S:
            self._database.write(("UPDATE token SET last_used = ? WHERE name = ?", (now, token.name)))
        return token


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret: it is random and long, so that nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _row(row: tuple[str, str, float, str, float, float]) -> TokenRow:
    name, role, made, made_by, expires, last_used = row
    return TokenRow(name, Role(role), made, made_by, expires, last_used)
