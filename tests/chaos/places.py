"""Where clients, ftpair and servers stand: on loopback, or on three machines with a wire between each two (`wired`)."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.interop.lab.places import fresh_address
from tests.interop.lab.swarm import sources


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses, and how to be on the machine of a role (`client`, `balancer`, `server`)."""

    vip: str
    servers: Iterator[str]
    clients: Iterator[str]
    """Addresses that nobody has taken yet."""
    inside: Callable[[str], AbstractContextManager[None]]


def on_loopback() -> Place:
    """Return a place where all are on this machine."""
    return Place(fresh_address(), _fresh(), sources(), lambda _role: contextlib.nullcontext())


def _fresh() -> Iterator[str]:
    while True:
        yield fresh_address()
