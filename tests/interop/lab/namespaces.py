"""Three machines in one: client, balancer and server, each a network namespace, joined by two cables."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.interop.lab import parts

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000

Commands = tuple[str, ...]

# The addresses of docs/proxy-protocol.md; clients are behind eth0 of the balancer, servers behind its eth1.
CLIENT, VIP, SERVER = "198.51.100.7", "192.0.2.10", "10.0.0.11"
CLIENT6, VIP6, SERVER6 = "2001:db8:1::7", "2001:db8:1::1", "2001:db8:2::11"
_SET_UP: dict[str, Commands] = {
    "client": (
        f"ip address add {CLIENT}/24 dev eth0",
        f"ip address add {CLIENT6}/64 dev eth0 nodad",
        f"ip route add {VIP}/32 via 198.51.100.1",
    ),
    "balancer": (
        "ip address add 198.51.100.1/24 dev eth0",
        f"ip address add {VIP}/32 dev eth0",
        f"ip address add {VIP6}/64 dev eth0 nodad",
        "ip address add 10.0.0.1/24 dev eth1",
        "ip address add 2001:db8:2::1/64 dev eth1 nodad",
    ),
    "server": (
        f"ip address add {SERVER}/24 dev eth0",
        f"ip address add {SERVER6}/64 dev eth0 nodad",
    ),
}


class Machines:
    """The three, by name: `client`, `balancer`, `server`."""

    def __init__(self) -> None:
        self._names = {name: f"ftpair-{os.getpid()}-{name}" for name in _SET_UP}

    def set_up(self) -> None:
        """Make them, join them, give them their addresses."""
        for name in self._names.values():
            _run(f"ip netns add {name}")
        client, balancer, server = self._names.values()
        _run(f"ip link add eth0 netns {client} type veth peer name eth0 netns {balancer}")
        _run(f"ip link add eth0 netns {server} type veth peer name eth1 netns {balancer}")
        for name, commands in _SET_UP.items():
            devices = ("lo", "eth0", "eth1") if name == "balancer" else ("lo", "eth0")
            self.run(name, *(f"ip link set {device} up" for device in devices), *commands)

    def tear_down(self) -> None:
        """Remove them and all that was in them."""
        for name in self._names.values():
            subprocess.run([parts.program("ip"), "netns", "del", name], check=False, capture_output=True)

    def run(self, name: str, *commands: str) -> None:
        """Run commands on one of them."""
        with self.inside(name):
            for command in commands:
                _run(command)

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Be on one of them: sockets and processes that this thread makes are there."""
        with ExitStack() as ends:
            here = ends.enter_context(Path("/proc/thread-self/ns/net").open())
            there = ends.enter_context(Path("/run/netns", self._names[name]).open())
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(here.fileno())


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace; run the tests as root")


def _run(command: str) -> None:
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"


@contextmanager
def machines() -> Iterator[Machines]:
    """Set up the three machines for the length of a block."""
    made = Machines()
    try:
        made.set_up()
        yield made
    finally:
        made.tear_down()
