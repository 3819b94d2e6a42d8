"""Who is awaited on one passive port. Whoever comes fits one expectation at most, so no session gets another's data."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, assert_never

from ftpair.core.binding import DataPeer
from ftpair.core.networks import around
from ftpair.dataplane.accepting import OnAccepted

ANYBODY = "*"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much waiting a worker bears, of sessions and of connections that are yet to prove whose they are."""

    waits_per_client: int = 1000
    """So many sessions of one address may wait at a time; an IPv6 client counts as its network of 64 bits (S14)."""
    candidates: int = 1024
    """So many connections may wait for one data connection; of those that are silent the oldest makes way."""
    candidates_in_worker: int = 4096
    """When so many wait in all, a further one must displace a silent one of its own session, which keeps `few`."""
    few: int = 16
    handshakes: int = 64
    """So many candidates may shake hands at a time: that takes some 50 KiB each, silence next to nothing."""


class Guest(NamedTuple):
    """Whom a session awaits."""

    client: str
    """The address of its control connection."""
    peer: DataPeer = "same-address"
    may_come_again: bool = False
    """Whether further connections are taken until the wait is cancelled."""

    @property
    def key(self) -> str:
        """Return what connections are known by: an address, a network, or anybody."""
        match self.peer:
            case "same-address":
                return self.client
            case "same-network":
                return around(self.client)
            case "any":
                return ANYBODY
            case _:
                assert_never(self.peer)


class Expectation:
    """One session waits on one port."""

    __slots__ = ("_on_over", "guest", "number", "on_accepted")

    def __init__(self, guest: Guest, number: int, on_accepted: OnAccepted) -> None:
        """`on_accepted` takes the socket and the address of its peer."""
        self.guest, self.number, self.on_accepted = guest, number, on_accepted
        self._on_over: Callable[[Expectation], None] | None = None

    def begin(self, on_over: Callable[["Expectation"], None]) -> None:
        """Wait from now on; `on_over` hears of the end."""
        self._on_over = on_over

    def cancel(self) -> None:
        """Wait no more; harmless when the connection has come."""
        if self._on_over is not None:
            on_over, self._on_over = self._on_over, None
            on_over(self)


class Awaited:
    """All expectations of one port."""

    __slots__ = ("_by_key", "_neighbours")

    def __init__(self) -> None:
        self._by_key: dict[str, Expectation] = {}
        self._neighbours: Counter[str] = Counter()
        """How many single addresses are awaited of each network."""

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def has_room_for(self, guest: Guest) -> bool:
        """Return whether nobody who comes could be meant for this guest and for another."""
        if guest.peer == "any" or ANYBODY in self._by_key:
            return not self._by_key
        network = around(guest.client)
        if guest.peer == "same-network":
            return network not in self._by_key and network not in self._neighbours
        return network not in self._by_key and guest.client not in self._by_key

    def add(self, expectation: Expectation) -> None:
        """Wait for one more; `has_room_for` has said yes."""
        guest = expectation.guest
        self._by_key[guest.key] = expectation
        if guest.peer == "same-address":
            self._neighbours[around(guest.client)] += 1

    def remove(self, expectation: Expectation) -> None:
        """Wait for this one no more."""
        guest = expectation.guest
        del self._by_key[guest.key]
        if guest.peer == "same-address":
            network = around(guest.client)
            self._neighbours[network] -= 1
            if not self._neighbours[network]:
                del self._neighbours[network]

    def find(self, host: str) -> Expectation | None:
        """Return who waits for a connection from this address."""
        awaited = self._by_key
        return awaited.get(host) or awaited.get(around(host)) or awaited.get(ANYBODY)
