"""Where the demonstration takes place: addresses, ports, files on loopback; nothing of it is seen from outside."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.errors import SetupError

Entrance = Literal["explicit", "implicit"]
USER = "demo"
PASSWORD = "demo"  # noqa: S105 - of servers that live as long as the demonstration, on loopback.
NAME_FILE = "server.txt"
SERVICE = "DEMO_VIP"
SECOND_VIP = "127.0.0.20"
"""For a virtual service that one makes oneself; the certificate is for it, too."""
LISTENING = "listening"
"""What a real server says on stderr when clients may come."""


@dataclass(frozen=True, slots=True)
class Place:
    """The VIP and the real servers, all on loopback; and the folder that everything is written to."""

    folder: Path
    vip: str = "127.0.0.10"
    ports: dict[Entrance, int] = field(default_factory=lambda: {"explicit": 2121, "implicit": 2990})
    passive: PortRange = field(default_factory=lambda: PortRange(10000, 10027))
    web: Endpoint = field(default_factory=lambda: Endpoint("127.0.0.1", 8443))
    """Where the web UI is served."""
    servers: dict[str, Endpoint] = field(
        default_factory=lambda: {
            "FTP_SVR1": Endpoint("127.0.0.11", 2121),
            "FTP_SVR2": Endpoint("127.0.0.12", 2121),
            "FTP_SVR3": Endpoint("127.0.0.13", 2121),
        }
    )

    @property
    def configuration(self) -> Path:
        """The configuration file of the demonstration."""
        return self.folder / "ftpair.yaml"

    @property
    def socket(self) -> Path:
        """Where the running ftpair is asked."""
        return self.folder / "run" / "ftpair.sock"

    def root(self, server: str) -> Path:
        """Return the folder that a real server serves."""
        return self.folder / "servers" / server

    def require_ports(self) -> None:
        """Raise `SetupError` if something listens where the demonstration wants to."""
        for endpoint in self._endpoints():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((endpoint.host, endpoint.port))
                except OSError as error:
                    raise SetupError(
                        f"The demonstration cannot listen on {endpoint} ({error.strerror}). "
                        "Does another one run? End what uses the port (`ss -ltnp` names it), then start again."
                    ) from None

    def _endpoints(self) -> Iterator[Endpoint]:
        yield from (self.web, *self.servers.values())
        yield from (Endpoint(self.vip, port) for port in (*self.ports.values(), *self.passive))
