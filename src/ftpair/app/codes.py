"""Codes of authenticators (TOTP, RFC 6238): each counts once, and half a minute too early or too late."""

import time
from collections.abc import Callable

import pyotp

from ftpair.core.account_actions import TotpIs
from ftpair.core.errors import WrongRequestError

ISSUER = "ftpair"
STEP_S = 30
TRY_S = 600.0
"""How long a new secret waits for its first code."""


class Codes:
    """Knows new secrets until a first code shows that the authenticator has them."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._begun: dict[str, tuple[str, float]] = {}

    def begin(self, user: str) -> TotpIs:
        """Return a new secret for a user."""
        secret = pyotp.random_base32()
        self._begun[user] = (secret, self._now() + TRY_S)
        return TotpIs(pyotp.TOTP(secret).provisioning_uri(name=user, issuer_name=ISSUER), secret)

    def confirm(self, user: str, code: str) -> tuple[str, int]:
        """Return the secret and the step of its first code. Raises WrongRequestError."""
        secret, until = self._begun.get(user, ("", 0.0))
        if self._now() >= until:
            self._begun.pop(user, None)
            raise WrongRequestError("no new authenticator waits for a code: begin again")
        step = self.step_of(secret, code)
        if not step:
            raise WrongRequestError("that is no code of the new authenticator: is the clock of the device right?")
        del self._begun[user]
        return secret, step

    def step_of(self, secret: str, code: str, used: int = 0) -> int:
        """Return the step that a code belongs to; 0: it is wrong, or was used already."""
        now, digits = int(self._now()) // STEP_S, "".join(code.split())
        authenticator = pyotp.TOTP(secret)
        steps = [now + late for late in (-1, 0, 1)]
        right = [step for step in steps if pyotp.utils.strings_equal(authenticator.at(step * STEP_S), digits)]
        return next((step for step in right if step > used), 0)
