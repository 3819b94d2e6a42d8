"""A port of ours: bound, or why it cannot be."""

import errno
import socket
from collections.abc import Callable

from ftpair.core.endpoint import Endpoint
from ftpair.dataplane.owners import Owner, port_owner


def bind(endpoint: Endpoint, *, is_shared: bool = False) -> socket.socket:
    """Return a socket that is bound there and does not listen yet; `is_shared`: others may be, too. Raises OSError."""
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setblocking(False)  # noqa: FBT003 - the name of the call says it.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, is_shared)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((endpoint.host, endpoint.port))
    except OSError:
        sock.close()
        raise
    return sock


def why_unbindable(endpoint: Endpoint, error: OSError) -> str:
    """Return why nothing can be bound there, and the remedy."""
    remedy = _REMEDIES.get(error.errno or 0)
    return remedy(endpoint) if remedy else str(error.strerror)


def in_use(owner: Owner | None, instead: str = "another port") -> str:
    """Say that a port is in use, by whom if it is known, and the remedy."""
    return f"the port is in use{f' by {owner}' if owner else ''}; stop it, or choose {instead}"


def _not_allowed(endpoint: Endpoint) -> str:
    return (
        f"no permission for port {endpoint.port}; start ftpair as root, give it"
        " AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit, run `setcap cap_net_bind_service=ep` on its"
        " Python, or choose a port from 1024"
    )


def _not_here(endpoint: Endpoint) -> str:
    return f"the address is not on this machine; add it (`ip address add {endpoint.host} dev ...`) or correct `address`"


_REMEDIES: dict[int, Callable[[Endpoint], str]] = {
    errno.EADDRINUSE: lambda endpoint: in_use(port_owner(endpoint.host, endpoint.port)),
    errno.EACCES: _not_allowed,
    errno.EADDRNOTAVAIL: _not_here,
}
