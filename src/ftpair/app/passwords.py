"""Passwords of users: the rules, and what is kept of them (Argon2id, RFC 9106)."""

import asyncio
import base64
import unicodedata

import argon2

from ftpair.core.errors import FtpairError, WrongRequestError

SHORTEST = 12
LONGEST = 1024
"""What is longer is no password, and would only cost time."""
MOST_WAITING = 16
"""A hash takes some 50 ms and 64 MiB: they are made one at a time, and no more than so many wait."""


class CrowdedError(FtpairError):
    """Too many passwords wait to be looked at."""


def demand_strength(user: str, password: str) -> None:
    """Raise WrongRequestError for a password that is too weak: length is all that counts (NIST SP 800-63B)."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WrongRequestError(f"a password has {SHORTEST} to {LONGEST} characters; several words are easy to keep")
    if password.casefold() == user.casefold():
        raise WrongRequestError("a password is not the name of its user: choose another")


class Passwords:
    """Makes hashes and compares with them, in a thread, one at a time. Raises CrowdedError if too many wait."""

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2.PasswordHasher()
        self._nobodys = _impossible(self._hasher)
        self._turn, self._waiting = asyncio.Lock(), 0

    async def hash_of(self, password: str) -> str:
        """Return what is to be kept."""
        return await self._in_turn(password)

    async def is_right(self, kept: str, password: str) -> bool:
        """Tell whether it is the password of this hash; no hash costs the same time, and nothing is right for it."""
        if len(password) > LONGEST:
            return False
        return bool(await self._in_turn(password, kept or self._nobodys))

    async def _in_turn(self, password: str, kept: str = "") -> str:
        if self._waiting >= MOST_WAITING:
            raise CrowdedError("too many people log in at this moment: try again in a few seconds")
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self._work, unicodedata.normalize("NFC", password), kept)
        finally:
            self._waiting -= 1

    def _work(self, password: str, kept: str) -> str:
        """Return a new hash, or the kept one if the password is right, else nothing."""
        given = password.encode("utf-8", "surrogatepass")
        if not kept:
            return self._hasher.hash(given)
        try:
            self._hasher.verify(kept, given)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return ""
        return kept


def _impossible(hasher: argon2.PasswordHasher) -> str:
    """Return a hash that costs what others cost, and that no password is known to have."""
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19${costs}${salt}${digest}"
