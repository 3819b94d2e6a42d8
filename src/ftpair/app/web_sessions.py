"""The sessions of the web UI: a table that the supervisor alone writes; they live on when the API is replaced."""

import hashlib
import secrets

from ftpair.app.database import Database
from ftpair.app.tokens import NOTE_S, digest_of

TABLE = """
    CREATE TABLE session (
        digest BLOB PRIMARY KEY,
        user TEXT NOT NULL COLLATE NOCASE,
        address TEXT NOT NULL,
        made REAL NOT NULL,
        seen REAL NOT NULL
    );
    CREATE INDEX session_user ON session (user);
"""
IDLE_S = 30 * 60.0
LONGEST_S = 12 * 3600.0
PER_USER = 20
"""Who logs in more often than that ends the session that was unused for longest."""
_END_OLDEST = """
    DELETE FROM session WHERE user = ?1 AND digest NOT IN
        (SELECT digest FROM session WHERE user = ?1 ORDER BY seen DESC, made DESC LIMIT ?2)
"""


class WebSessions:
    """All of them, by the digest of the cookie."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, user: str, address: str, now: float) -> str:
        """Begin a session; return the cookie."""
        secret = secrets.token_urlsafe(32)
        self._database.write(
            ("DELETE FROM session WHERE seen <= ? OR made <= ?", (now - IDLE_S, now - LONGEST_S)),
            (_END_OLDEST, (user, PER_USER - 1)),
            ("INSERT INTO session VALUES (?, ?, ?, ?, ?)", (digest_of(secret), user, address, now, now)),
        )
        return secret

    def user_of(self, secret: str, now: float) -> str | None:
        """Return whose session it is, unless it was idle or went on for too long; it is not idle now."""
        digest = digest_of(secret)
        row = self._database.row("SELECT user, made, seen FROM session WHERE digest = ?", digest)
        if row is None:
            return None
        user, made, seen = row
        if now - made >= LONGEST_S or now - seen >= IDLE_S:
            self.end(secret)
            return None
        if not 0 <= now - seen < NOTE_S:
            self._database.write(("UPDATE session SET seen = ? WHERE digest = ?", (now, digest)))
        return str(user)

    def end(self, secret: str) -> None:
        """End one session."""
        self._database.write(("DELETE FROM session WHERE digest = ?", (digest_of(secret),)))

    def end_all(self, user: str) -> None:
        """End all sessions of a user."""
        self._database.write(("DELETE FROM session WHERE user = ?", (user,)))


def csrf_of(secret: str) -> str:
    """Return what forms of this session carry; who knows it does not know the cookie."""
    return hashlib.sha256(b"csrf:" + digest_of(secret)).hexdigest()
