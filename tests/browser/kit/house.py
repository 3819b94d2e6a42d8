"""The house: a real `ftpair serve` with its web UI, and two real FTP servers behind one virtual service."""

from pathlib import Path
from typing import Any

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, service, settings
from tests.interop.lab.clients.steps import Entrance, Way
from tests.interop.lab.laboratory import new_server, way_to
from tests.interop.lab.places import fresh_address

SERVICE = "FTPS_VIP"
MAKES = {"FTP_SVR1": "ProFTPD", "FTP_SVR2": "pyftpdlib"}
WEB_PORT = 8443
SPARE = "spare"
"""A certificate of the configuration that no service has yet: it carries the address `House.spare`."""
INVITATION = "web UI: there is no user yet: make the first one by this link"


class House:
    """Everything that a browser test walks through; `more` are further keys of the configuration file."""

    def __init__(self, folder: Path, **more: object) -> None:
        self.authority = Authority(folder)
        self.vip, self.spare, self.web = fresh_address(), fresh_address(), fresh_address()
        self.servers = {name: new_server(folder, self.authority, make) for name, make in MAKES.items()}
        behind = {name: entry(server.address) for name, server in self.servers.items()}
        health = {"check": "banner", "interval_s": 1, "rise": 1}
        services = {SERVICE: service(self.vip, behind, health=health)}
        web = {"web": {"address": self.web, "port": WEB_PORT}}
        written = settings(folder, self.authority, services, **web, **more)
        papers = self.authority.issue(SPARE, self.spare)
        written["certificates"][SPARE] = {"certificate": str(papers.certificate), "key": str(papers.key)}
        self.balancer = Balancer(folder, written)

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"https://{self.web}:{WEB_PORT}"

    @property
    def set_up_link(self) -> str:
        """Return the link for the first user that the last start has logged."""
        return next(str(record["link"]) for record in reversed(self.balancer.records(INVITATION)))

    def server(self, server: str, service: str = SERVICE) -> dict[str, Any]:
        """Return what the API tells of a real server."""
        return dict(self.balancer.ask(f"/services/{service}/servers/{server}"))

    def admin(self, server: str) -> str:
        """Return what the administrator wants of a real server, as the API tells it."""
        return str(self.server(server)["admin"])

    def way(self, entrance: Entrance, address: str = "") -> Way:
        """Return the way in for an FTP client, to the VIP or another address; its user is known to both servers."""
        return way_to(address or self.vip, entrance, "1.3", self.authority.ca, self.servers["FTP_SVR1"])

    def start(self) -> None:
        """Start the servers, then ftpair."""
        for server in self.servers.values():
            server.start()
        self.balancer.start()

    def stop(self) -> None:
        """Stop everything."""
        self.balancer.stop()
        for server in self.servers.values():
            server.stop()
