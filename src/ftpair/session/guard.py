"""Who watches over logins: asked by a session before it goes on, told when a password was wrong. Decides nothing."""

from typing import Protocol


class Guard(Protocol):
    """What a session asks of the one who knows rates, counts and bans; an answer is the refusal's text, "" for none."""

    def may_secure(self) -> str:
        """Before a TLS handshake."""

    def may_ask(self, user: str) -> str:
        """At USER, before a server hears of it."""

    def may_try(self, user: str) -> str:
        """At PASS, before a server hears of it."""

    def begins_try(self, user: str) -> bool:
        """Return whether the password may go to a server now; if so, `end_try` follows its answer."""

    def end_try(self) -> None:
        """A password is answered."""

    def may_stay(self, user: str) -> str:
        """Once the server has accepted the login; counts the session as the user's."""

    def delay_s(self, user: str) -> float:
        """Return how long the answer to a wrong password waits; counts it."""


class _Nobody:
    """Lets everybody pass."""

    def may_secure(self) -> str:
        return ""

    def may_ask(self, _user: str) -> str:
        return ""

    def may_try(self, _user: str) -> str:
        return ""

    def begins_try(self, _user: str) -> bool:
        return True

    def end_try(self) -> None:
        pass

    def may_stay(self, _user: str) -> str:
        return ""

    def delay_s(self, _user: str) -> float:
        return 0.0


NOBODY: Guard = _Nobody()
