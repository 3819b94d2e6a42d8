"""The whole laboratory: a real server of every make and every TLS, each behind a virtual service of one ftpair."""

import itertools
from pathlib import Path
from typing import Any

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, service, settings
from tests.interop.lab.clients.basic_ftp import BasicFtp
from tests.interop.lab.clients.curl import Curl
from tests.interop.lab.clients.lftp import Lftp
from tests.interop.lab.clients.python_ftplib import PythonFtplib
from tests.interop.lab.clients.steps import Client, Entrance, Way
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.servers.proftpd import Proftpd
from tests.interop.lab.servers.pure_ftpd import PureFtpd
from tests.interop.lab.servers.pyftpdlib import Pyftpdlib
from tests.interop.lab.servers.real_server import Program, RealServer, ServerTls, Site, TlsVersion
from tests.interop.lab.servers.vsftpd import Vsftpd

PROGRAMS: dict[str, Program] = {each.name: each for each in (Vsftpd(), Proftpd(), PureFtpd(), Pyftpdlib())}
CLIENTS: dict[str, Client] = {each.name: each for each in (Curl(), Lftp(), PythonFtplib(), BasicFtp())}
# How a real server is reached: clear, or explicit TLS of one version.
SERVER_LEGS: dict[str, tuple[ServerTls, TlsVersion]] = {
    "clear": ("clear", "1.3"),
    "explicit-1.2": ("explicit", "1.2"),
    "explicit-1.3": ("explicit", "1.3"),
}
_PORTS: dict[Entrance, int] = {"clear": CONTROL_PORT, "explicit": CONTROL_PORT, "implicit": IMPLICIT_PORT}


def new_server(
    folder: Path, authority: Authority, make: str, tls: ServerTls = "clear", version: TlsVersion = "1.3", **more: Any
) -> RealServer:
    """Return a server of that make, not started yet, on a fresh address; `more` are fields of its site.

    Its certificate carries its address, and the one that it advertises.
    """
    address = fresh_address()
    label = f"{make}-{tls}-{version}-{address}"
    (folder / label).mkdir(parents=True)
    identity = authority.issue(label, *{address, more.get("advertised", address)})
    return RealServer(PROGRAMS[make], Site(address, tls, version, identity, folder / label, **more))


def way_to(balancer_address: str, entrance: Entrance, version: TlsVersion, ca: Path, server: RealServer) -> Way:
    """Return the way to a server through the virtual service on that address."""
    return Way(balancer_address, _PORTS[entrance], entrance, version, ca, server.user, server.password)


def service_name(make: str, leg: str) -> str:
    """Return the name of the virtual service before that server."""
    return f"{make}_{leg}".replace(".", "").replace("-", "_")


class Laboratory:
    """Every server that the matrix needs, and one ftpair in front of all of them."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._authority = authority
        self.servers = {
            (make, leg): new_server(folder, authority, make, *SERVER_LEGS[leg])
            for make, leg in itertools.product(PROGRAMS, SERVER_LEGS)
        }
        self.addresses = {key: fresh_address() for key in self.servers}
        services = {
            service_name(*key): service(
                self.addresses[key], {"SVR": entry(server.address, server.site.tls, authority.ca)}
            )
            for key, server in self.servers.items()
        }
        self.balancer = Balancer(folder, settings(folder, authority, services))

    def start(self) -> None:
        """Start all servers, then ftpair."""
        for server in self.servers.values():
            server.start()
        self.balancer.start()

    def stop(self) -> None:
        """Stop everything."""
        self.balancer.stop()
        for server in self.servers.values():
            server.stop()

    def way(self, make: str, leg: str, entrance: Entrance, version: TlsVersion) -> Way:
        """Return the way to one server through ftpair."""
        key = (make, leg)
        return way_to(self.addresses[key], entrance, version, self._authority.ca, self.servers[key])
