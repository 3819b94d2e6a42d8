"""Who guesses passwords, and who is banned for it: counted, decided, forgotten here. Pure; the clock is the caller's.

Time is in seconds since the epoch, because bans outlive a restart. What is kept is bounded, whoever attacks.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from ftpair.core.limits import Ban, BannedBy, BanPolicy
from ftpair.core.networks import contain

MOST_BANS = 20_000
MOST_WATCHED = 20_000
"""Addresses and users with wrong passwords that are no ban yet."""
LONGEST_DELAY_S = 30.0
LONGEST_SUBJECT = 256
_NETWORK_BITS = 64

Key = tuple[str, str, str]


@lru_cache(maxsize=4096)
def subject_of_address(host: str) -> str:
    """Return what an address is counted by: itself, or its network of 64 bits, which one IPv6 client has for itself."""
    address = ip_address(host.partition("%")[0])
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    network = IPv6Address(int(address) >> _NETWORK_BITS << _NETWORK_BITS)
    return f"{network}/{_NETWORK_BITS}"


def subject_of_user(user: str) -> str:
    """Return what a user is counted by: many servers take ADMIN for admin."""
    return user.casefold()[:LONGEST_SUBJECT]


def is_allowed(policy: BanPolicy, host: str) -> bool:
    """Return whether an address is beyond bans."""
    return contain(policy.allow, host)


def delay_s(policy: BanPolicy, failures: int) -> float:
    """Return how long the answer to so many wrong passwords in a row waits."""
    doublings = min(max(0, failures - 1), 16)
    return float(min(LONGEST_DELAY_S, policy.delay_s * 2**doublings))


class Bans:
    """All bans and all wrong passwords that may become one. Changes come back as values: new bans, lifted keys."""

    def __init__(self, bans: Iterable[Ban] = ()) -> None:
        self._bans: OrderedDict[Key, Ban] = OrderedDict()
        self._failures: OrderedDict[Key, tuple[float, ...]] = OrderedDict()
        self.lost: list[Ban] = []
        """Bans that made way for newer ones since somebody looked; the owner empties it."""
        for ban in bans:
            self._put(ban)

    def all(self, now: float) -> tuple[Ban, ...]:
        """Return the bans in force, oldest first."""
        return tuple(ban for ban in self._bans.values() if ban.until > now)

    def fail(self, policy: BanPolicy, service: str, host: str, user: str, now: float) -> tuple[Ban, ...]:
        """Count a wrong password and return the bans that it leads to."""
        if is_allowed(policy, host):
            return ()
        subjects: dict[BannedBy, str] = {"address": subject_of_address(host), "user": subject_of_user(user)}
        new = (self._fail(policy, (service, by, subjects[by]), now) for by in policy.by if subjects[by])
        return tuple(ban for ban in new if ban is not None)

    def _fail(self, policy: BanPolicy, key: Key, now: float) -> Ban | None:
        if key in self._bans and self._bans[key].until > now:
            return None
        recent = [at for at in self._failures.pop(key, ()) if now - at < policy.within_s]
        times = (*recent, now)
        if len(times) < policy.failures:
            self._failures[key] = times
            if len(self._failures) > MOST_WATCHED:
                self._failures.popitem(last=False)
            return None
        service, by, subject = key
        reason = f"{policy.failures} wrong passwords within {policy.within_s:g} s"
        ban = Ban(service, "user" if by == "user" else "address", subject, now + policy.for_s, reason)
        self._put(ban)
        return ban

    def add(self, ban: Ban) -> None:
        """Take a ban that somebody wants; it replaces one of the same subject."""
        self._put(ban)

    def lift(self, key: Key) -> Ban | None:
        """Take a ban back and forget its wrong passwords; return it, None if there is none."""
        self._failures.pop(key, None)
        return self._bans.pop(key, None)

    def expire(self, now: float) -> tuple[Ban, ...]:
        """Forget bans that are over and return them."""
        over = tuple(ban for ban in self._bans.values() if ban.until <= now)
        for ban in over:
            del self._bans[ban.key]
        return over

    def keep_services(self, names: Collection[str]) -> tuple[Ban, ...]:
        """Forget the bans of services that are gone and return them."""
        gone = tuple(ban for ban in self._bans.values() if ban.service not in names)
        for ban in gone:
            del self._bans[ban.key]
        return gone

    def _put(self, ban: Ban) -> None:
        self._bans.pop(ban.key, None)
        self._bans[ban.key] = ban
        if len(self._bans) > MOST_BANS:
            self.lost.append(self._bans.popitem(last=False)[1])
