"""Addresses, ports and ranges of ports."""

from collections.abc import Iterator
from ipaddress import ip_address

import msgspec


class Endpoint(msgspec.Struct, frozen=True):
    """An IP address in text and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class PortRange(msgspec.Struct, frozen=True):
    """TCP ports from `first` to `last`, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self.first <= port <= self.last

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def overlaps(self, other: "PortRange") -> bool:
        """Return whether a port is in both."""
        return self.first <= other.last and other.first <= self.last

    def of_worker(self, worker: int, workers: int) -> tuple[int, ...]:
        """Return the ports that one of `workers` workers owns: a data connection arrives where its session lives."""
        return tuple(port for port in self if port % workers == worker)


def are_one_host(one: str, other: str) -> bool:
    """Return whether listeners on both would meet; `::` is IPv6 alone (IPV6_V6ONLY), so 0.0.0.0 may stand beside it."""
    first, second = ip_address(one), ip_address(other)
    return first.version == second.version and (first == second or first.is_unspecified or second.is_unspecified)
