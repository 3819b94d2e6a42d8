"""Between whom a client's connection really is: what the socket says, or the header of a proxy in front of it."""

import socket
from typing import NamedTuple, Self

from ftpair.core.endpoint import Endpoint


class Ends(NamedTuple):
    """The client, and the address that it dialled."""

    client: Endpoint
    local: Endpoint


class Introduced(socket.socket):
    """A connection from a proxy that has said for whom it is; its header is read, and everything behind it is not."""

    __slots__ = ("ends",)

    ends: Ends

    @classmethod
    def of(cls, sock: socket.socket, ends: Ends) -> Self:
        """Take a socket over."""
        timeout = sock.gettimeout()
        introduced = cls(sock.family, sock.type, sock.proto, sock.detach())
        introduced.settimeout(timeout)
        introduced.ends = ends
        return introduced


def ends_of(sock: socket.socket) -> Ends:
    """Return the ends of a connection that a client has made. Raises OSError when it is gone."""
    if isinstance(sock, Introduced):
        return sock.ends
    client, local = sock.getpeername(), sock.getsockname()
    return Ends(Endpoint(*client[:2]), Endpoint(*local[:2]))


def home_of(sock: socket.socket) -> str:
    """Return our own address on the connection of a proxy, whose client has dialled another; empty without a proxy."""
    return str(sock.getsockname()[0]) if isinstance(sock, Introduced) else ""
