"""Several machines in one, each a network namespace: client, balancer and server in a row, or all at one switch."""

import ctypes
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
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

# The first packet of every TCP connection leaves where it came from and the port that it wanted.
WATCHED: Commands = (
    "nft add table inet arrivals",
    "nft add chain inet arrivals input { type filter hook input priority 0 ; }",
    *(
        command
        for kind, family in (("ip", "ipv4_addr"), ("ip6", "ipv6_addr"))
        for command in (
            f"nft add set inet arrivals {kind}_seen {{ type {family} . inet_service ; flags dynamic ; }}",
            f"nft add rule inet arrivals input tcp flags syn / syn,ack add @{kind}_seen {{ {kind} saddr . tcp dport }}",
        )
    ),
)


class Machines:
    """Some, each by its name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name: f"ftpair-{os.getpid()}-{name}" for name in names}

    def set_up(self) -> None:
        """Make them; each is alone yet."""
        for name, whole in self._names.items():
            _run(f"ip netns add {whole}")
            self.run(name, "ip link set lo up")

    def tear_down(self) -> None:
        """Remove them and all that was in them."""
        for name in self._names.values():
            subprocess.run([parts.program("ip"), "netns", "del", name], check=False, capture_output=True)

    def join(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        """Lay a cable between two devices, each given as machine and device; both come up."""
        ends = [f"name {device} netns {self._names[name]}" for name, device in (one, other)]
        _run(f"ip link add {ends[0]} type veth peer {ends[1]}")
        for name, device in (one, other):
            self.run(name, f"ip link set {device} up")

    def run(self, name: str, *commands: str) -> None:
        """Run commands on one of them."""
        with self.inside(name):
            for command in commands:
                _run(command)

    def arrivals(self, name: str) -> set[tuple[str, int]]:
        """Return who has connected to which port there since it ran `WATCHED`: addresses as its kernel saw them."""
        with self.inside(name):
            said = json.loads(_run("nft -j list table inet arrivals"))
        sets = [item["set"] for item in said["nftables"] if "set" in item]
        return {tuple(each["concat"]) for found in sets for each in found.get("elem", ())}

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


def _run(command: str) -> str:
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


@contextmanager
def made(*names: str) -> Iterator[Machines]:
    """Have these machines for the length of a block."""
    machines = Machines(names)
    try:
        machines.set_up()
        yield machines
    finally:
        machines.tear_down()


def documented(label: str, page: str = "proxy-protocol.md") -> Commands:
    """Return the commands of a block of the documentation that begins with this comment."""
    text = (parts.REPOSITORY / "docs" / page).read_text()
    (block,) = re.findall(rf"```sh\n# {label}\n(.*?)```", text, re.DOTALL)
    return tuple(block.strip().splitlines())


@contextmanager
def routed() -> Iterator[Machines]:
    """Set up client, balancer and server with the routes and rules of the documentation of `source: client`."""
    with made(*_SET_UP) as three:
        three.join(("client", "eth0"), ("balancer", "eth0"))
        three.join(("server", "eth0"), ("balancer", "eth1"))
        for name, commands in _SET_UP.items():
            three.run(name, *commands)
        three.run("server", *documented("on-server"), "ip -6 route replace default via 2001:db8:2::1")
        three.run("balancer", *documented("on-balancer"), *documented("on-balancer-ipv6"))
        yield three


@contextmanager
def on_one_segment(addresses: Mapping[str, Iterable[str]]) -> Iterator[Machines]:
    """Set up machines at one switch, each with these addresses (`10.0.0.1/24`) on its `eth0`."""
    with made("switch", *addresses) as machines:
        machines.run("switch", "ip link add br0 type bridge", "ip link set br0 up")
        for name, own in addresses.items():
            machines.join((name, "eth0"), ("switch", name))
            machines.run("switch", f"ip link set {name} master br0")
            machines.run(name, *(f"ip address add {each} dev eth0" for each in own))
        yield machines
