"""What a data connection needs of the worker and of its session, and what the session's plan says about it."""

import socket
from collections.abc import Callable
from typing import Protocol

from ftpair.core.binding import Binding
from ftpair.core.facts import Fact, Tls
from ftpair.core.plan import Clocks
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.opening import PLAIN, Opening
from ftpair.dataplane.passive import PassivePorts
from ftpair.dataplane.relay import Throttle
from ftpair.dataplane.stock import Stock
from ftpair.dataplane.watch import Watch


class Clocked(Protocol):
    """Something with deadlines."""

    def check(self, now: float) -> None:
        """Cut what has missed its deadline; called about every second."""

    def give_up(self) -> None:
        """End after a bug in `check`."""


class Surroundings(Protocol):
    """What a data connection needs of the worker and of its session."""

    sockets: Watch
    stock: Stock
    ports: PassivePorts

    def note(self, fact: Fact) -> None:
        """Report a fact."""

    def watch(self, data: Clocked) -> None:
        """Call `check` about every second from now on."""

    def unwatch(self, data: Clocked) -> None:
        """Call it no more."""


class Terms:
    """What the session's plan says about its data connections."""

    __slots__ = (
        "binding",
        "client_may_end_bare",
        "clocks",
        "may_server_end_bare",
        "opening",
        "saw",
        "service",
        "throttle",
        "wrap_client",
        "wrap_server",
    )

    def __init__(
        self,
        service: str,
        clocks: Clocks,
        wrap_client: Callable[[socket.socket], BufferedTls],
        wrap_server: Callable[[socket.socket], BufferedTls],
    ) -> None:
        self.service, self.clocks = service, clocks
        self.wrap_client, self.wrap_server = wrap_client, wrap_server
        self.client_may_end_bare = False
        self.may_server_end_bare: Callable[[], bool] = lambda: False
        """Asked when bytes begin to move: in a rescue the server is another one."""
        self.binding = Binding()
        self.saw: Callable[[Tls | None], None] = _unseen
        """Hears how each data connection of the client is secured."""
        self.throttle: Throttle | None = None
        self.opening: Callable[[socket.socket | None], Opening] = lambda _client: PLAIN
        """How the server's leg begins, given the client's, if it is there yet."""


def _unseen(_agreed: Tls | None) -> None:
    return None
