"""How connections towards real servers begin: from which address they leave, and which header stands in front."""

import socket
from collections.abc import Callable
from typing import NamedTuple

from ftpair.core.facts import Tls
from ftpair.core.plan import HeaderVersion, ServerPlan, Source
from ftpair.dataplane.ends import Ends, ends_of
from ftpair.ftp.proxy_header import BUILD, Header, Secured

_IPV6_TRANSPARENT = 75  # linux/in6.h; `socket` does not name it.


class Opening(NamedTuple):
    """The beginning of one connection."""

    header: bytes = b""
    """The first bytes on it, in front of TLS too."""
    source: str = ""
    """An address that is not ours, but the client's; empty: the kernel chooses one of ours."""

    def bind(self, sock: socket.socket, host: str) -> None:
        """Let a connection to `host` leave from the source. Raises OSError."""
        if not self.source:
            return
        if (":" in self.source) is not (":" in host):
            raise OSError(None, f"the client's address {self.source} cannot reach {host}, which is of another family")
        make_transparent(sock)
        # The port is chosen at connect: so as many as there are can lead to each server.
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((self.source, 0))


def make_transparent(sock: socket.socket) -> None:
    """Let a socket be bound to an address that is not ours. Raises OSError."""
    if sock.family is socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_TRANSPARENT, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TRANSPARENT, 1)


PLAIN = Opening()
"""From an address of ours, without a header."""


class Guise:
    """How a session shows its client to its real servers, as the plan has it."""

    __slots__ = ("_control", "_session", "_source", "_tls")

    def __init__(self, session: str, control: Ends, source: Source, tls: Callable[[], Tls | None]) -> None:
        """`session` is its id, `control` its control connection, `tls` tells the TLS of that."""
        self._session, self._control, self._source, self._tls = session, control, source, tls

    def control(self, server: ServerPlan) -> Opening:
        """Return how a control connection to that server begins."""
        return self._opening(server.control_header, None, self._secured())

    def data(self, server: ServerPlan, client: socket.socket | None) -> Opening:
        """Return how a data connection begins; the client's handshake there is yet to come: nothing is said of TLS.

        A client in active mode has no leg yet: it is told of by its control connection.
        """
        return self._opening(server.data_header, client, None)

    def _ends_of(self, client: socket.socket | None) -> Ends:
        try:
            return ends_of(client) if client is not None else self._control
        except OSError:  # It is gone already, and what the server hears of it does not matter.
            return self._control

    def _opening(self, version: HeaderVersion, client: socket.socket | None, tls: Secured | None) -> Opening:
        source = self._control.client.host if self._source == "client" else ""
        if version == "off":
            return Opening(source=source) if source else PLAIN
        agreed = self._tls()
        name = agreed.sni if agreed is not None else ""
        header = Header(*self._ends_of(client), unique_id=self._session.encode(), authority=name, tls=tls)
        return Opening(BUILD[version](header), source)

    def _secured(self) -> Secured | None:
        tls = self._tls()
        return Secured(tls.version, tls.cipher, tls.subject) if tls is not None else None
