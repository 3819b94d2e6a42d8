"""Services in TCP mode: pairs of real servers that answer PASV with the VIP, and share their files as behind a NAS."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, running, settings
from tests.interop.lab.clients.steps import Entrance, TlsVersion, Way
from tests.interop.lab.laboratory import new_server, way_to
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.servers.real_server import RealServer, ServerTls

Engine = Literal["haproxy", "builtin"]
Pairing = Literal["source", "port"]
PASSIVE = (21000, 21027)
SLICES = ((21000, 21013), (21014, 21027))
NAMES = ("A", "B")


Servers = tuple[RealServer, RealServer]


def pair(folder: Path, authority: Authority, make: str, tls: ServerTls, vip: str, pairing: Pairing) -> Servers:
    """Return two servers of a make behind one VIP, not started yet."""
    ranges = SLICES if pairing == "port" else (PASSIVE, PASSIVE)
    first, second = (new_server(folder, authority, make, tls, advertised=vip, passive=ports) for ports in ranges)
    first.site.prepare()
    second.site.home.symlink_to(first.site.home)
    return first, second


def tcp_service(
    vip: str, servers: tuple[RealServer, ...], engine: Engine = "haproxy", pairing: Pairing = "source", **more: Any
) -> dict[str, Any]:
    """Return the settings of a service before servers that all have the same TLS."""
    is_implicit = servers[0].site.tls == "implicit"
    ports: dict[str, Any] = {"passive": "{}-{}".format(*PASSIVE)}
    ports |= {"implicit": IMPLICIT_PORT} if is_implicit else {"explicit": CONTROL_PORT}
    entries = {name: {"address": server.address} for name, server in zip(NAMES, servers, strict=False)}
    if pairing == "port":
        for name, server in zip(NAMES, servers, strict=False):
            entries[name]["passive"] = "{}-{}".format(*server.site.passive)
    behind = {"server_ports": {"implicit": CONTROL_PORT}} if is_implicit else {}
    return {
        "mode": "tcp",
        "engine": engine,
        "pairing": pairing,
        "address": vip,
        "ports": ports,
        "real_servers": entries,
        "health": {"interval_s": 0.5, "rise": 1, "fall": 2},
        **behind,
        **more,
    }


@contextlib.contextmanager
def started(*servers: RealServer) -> Iterator[None]:
    """Run servers for the length of a block."""
    with contextlib.ExitStack() as ends:
        for server in servers:
            ends.callback(server.stop)
            server.start()
        yield


@dataclass(frozen=True, slots=True)
class House:
    """One service in TCP mode and its two servers."""

    vip: str
    servers: tuple[RealServer, RealServer]
    authority: Authority
    balancer: Balancer

    def way(self, entrance: Entrance, version: TlsVersion) -> Way:
        """Return the way in."""
        return way_to(self.vip, entrance, version, self.authority.ca, self.servers[0])


@contextlib.contextmanager
def house(
    folder: Path, authority: Authority, make: tuple[str, ServerTls], engine: Engine, pairing: Pairing, **more: Any
) -> Iterator[House]:
    """Run two servers of a make and an ftpair before them."""
    folder.mkdir()
    vip = fresh_address()
    servers = pair(folder, authority, *make, vip, pairing)
    services = {"S": tcp_service(vip, servers, engine, pairing, **more)}
    with started(*servers), running(folder, settings(folder, authority, services)) as balancer:
        yield House(vip, servers, authority, balancer)
