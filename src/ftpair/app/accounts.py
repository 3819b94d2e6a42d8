"""Who may ask: users, their sessions and tokens, kept in one database of the state folder."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ftpair.app import tokens, users, web_sessions
from ftpair.app.codes import Codes
from ftpair.app.database import Contents, Database
from ftpair.app.passwords import Passwords
from ftpair.app.throttle import Throttle
from ftpair.app.tokens import PREFIX, Tokens, digest_of
from ftpair.app.users import User, Users
from ftpair.app.web_sessions import WebSessions, csrf_of
from ftpair.core.account_actions import IdentityIs, LoggedIn
from ftpair.core.accounts import Identity

FILE = "accounts.sqlite"
LONGEST_WAIT_S = {"user": 60.0, "address": 900.0}
"""A user is kept waiting for less: others can make him wait, though not at the address of his last login."""
_CONTENTS = Contents("accounts", (users.TABLE + tokens.TABLE + web_sessions.TABLE,))


class Accounts:
    """All that may ask, but for the owner of the control socket. `warn` hears sentences."""

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], None],
        passwords: Passwords | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database, self.now = Database(path, _CONTENTS, warn), now
        self.users, self.tokens = Users(self._database), Tokens(self._database)
        self.sessions = WebSessions(self._database)
        self.passwords, self.codes = passwords or Passwords(), Codes(now)
        self.of_user, self.of_address = (Throttle(LONGEST_WAIT_S[key]) for key in ("user", "address"))
        self._had_users = False
        self._invitation = "" if self.has_users() else secrets.token_urlsafe(32)

    def close(self) -> None:
        """Leave the database."""
        self._database.close()

    def has_users(self) -> bool:
        """Tell whether anybody can log in; before that, nothing may listen on a public address.

        The last admin stays, so that this stays true: a database that breaks later makes nobody the first user.
        """
        self._had_users = self._had_users or bool(self.users.all())
        return self._had_users

    @property
    def invitation(self) -> str:
        """The secret of the set-up link; empty once there is a user. Each start makes another one."""
        return "" if self.has_users() else self._invitation

    def is_invitation(self, secret: str) -> bool:
        """Tell whether this is the secret of the set-up link."""
        return bool(self.invitation) and hmac.compare_digest(digest_of(secret), digest_of(self.invitation))

    def identify(self, secret: str, address: str) -> IdentityIs | None:
        """Return whose token or session this is."""
        if secret.startswith(PREFIX):
            token = self.tokens.owner_of(secret, self.now())
            return IdentityIs(Identity(token.name, token.role, "token", address)) if token else None
        user = self.users.find(self.sessions.user_of(secret, self.now()) or "")
        if user is None or user.is_disabled:
            return None
        return IdentityIs(Identity(user.name, user.role, "web", address), csrf_of(secret))

    def begin_session(self, user: User, address: str) -> LoggedIn:
        """Let a user in, whose password was right."""
        self.users.save(replace(user, last_login=self.now(), last_address=address))
        secret = self.sessions.begin(user.name, address, self.now())
        return LoggedIn(secret, Identity(user.name, user.role, "web", address), csrf_of(secret))

    def kept(self, sentence: str) -> str:
        """Return the sentence, and that the change ends with this run if it does."""
        return sentence if self._database.is_kept else f"{sentence}, until ftpair ends: the disk cannot be written"
