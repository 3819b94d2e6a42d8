"""Where clients, ftpair and servers stand: on loopback, or on three machines in a row, with a wire between them."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.chaos.wire import Wire, laid
from tests.interop.lab import namespaces
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


@dataclass(frozen=True, slots=True)
class Row:
    """Three machines in a row: clients, the balancer, and all real servers."""

    place: Place
    before: Wire
    """From the clients to the balancer."""
    behind: Wire
    """From the balancer to the servers."""


@contextlib.contextmanager
def in_a_row() -> Iterator[Row]:
    """Have them, with their wires, for the length of a block."""
    clients = [f"198.51.100.{host}" for host in range(10, 60)]
    servers = [f"10.0.0.{host}" for host in range(11, 16)]
    with contextlib.ExitStack() as ends:
        machines = ends.enter_context(namespaces.made("client", "balancer", "server"))
        before = ends.enter_context(laid(machines, ("client", "tun0"), ("balancer", "tun0")))
        behind = ends.enter_context(laid(machines, ("balancer", "tun1"), ("server", "tun0")))
        for machine, device, addresses in (
            ("client", "tun0", clients),
            ("balancer", "tun0", ["198.51.100.1"]),
            ("balancer", "tun1", ["10.0.0.1"]),
            ("server", "tun0", servers),
        ):
            machines.run(machine, *(f"ip address add {each}/24 dev {device}" for each in addresses))
        yield Row(Place("198.51.100.1", iter(servers), iter(clients), machines.inside), before, behind)
