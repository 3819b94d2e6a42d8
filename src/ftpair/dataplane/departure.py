"""From where a data connection in active mode leaves: the address that the client dialled, and a port if one is set."""

import socket
from typing import NamedTuple


class Departure(NamedTuple):
    """The beginning of a connection to a client."""

    host: str
    port: int = 0
    """0: whichever is free."""
    header: bytes = b""
    """Clients get none."""

    def bind(self, sock: socket.socket, _peer: str) -> None:
        """Let the connection leave from here. Raises OSError: the address may be gone, the port forbidden."""
        # Port 20 serves any number of clients at a time: what tells connections apart is the client's port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if not self.port:  # The kernel chooses at connect, so that as many ports as there are lead to each client.
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((self.host, self.port))
