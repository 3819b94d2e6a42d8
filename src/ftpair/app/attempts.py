"""Tries to get in, of which the wrong ones make who tries wait."""

from ftpair.app.accounts import Accounts
from ftpair.app.throttle import network_of


class Attempt:
    """One try with a password or a code: counted for the address, and for the user unless he was let in there last."""

    def __init__(self, accounts: Accounts, user: str, address: str) -> None:
        known = accounts.users.find(user)
        is_at_home = known is not None and bool(address) and known.last_address == address
        counts = [(accounts.of_address, network_of(address))]
        self._counts = counts if is_at_home else [*counts, (accounts.of_user, user.casefold())]

    def wait_s(self) -> int:
        """Return how many seconds there are to wait."""
        return max(throttle.wait_s(key) for throttle, key in self._counts)

    def begin(self) -> None:
        """Count it as a failure."""
        for throttle, key in self._counts:
            throttle.count(key)

    def succeed(self) -> None:
        """It was none. What failed before still counts for the address: it may have guessed at others."""
        for throttle, key in self._counts[:1]:
            throttle.take_back(key)
        for throttle, key in self._counts[1:]:
            throttle.forget(key)
