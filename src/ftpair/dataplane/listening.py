"""A port that one real server may connect to, once: data connections of servers in active mode."""

import secrets
import socket
from collections.abc import Callable, Iterable

from ftpair.core.endpoint import PortRange
from ftpair.dataplane.accepting import Accepting
from ftpair.dataplane.descriptors import are_used_up
from ftpair.dataplane.farewell import reset
from ftpair.dataplane.passive import listen_on
from ftpair.dataplane.watch import Watch


class Listening:
    """Ends in one later call of `on_accepted`, or in none after `cancel`. Anybody but `peer` is a stray."""

    __slots__ = ("_accepting", "_on_accepted", "_on_stray", "_peer", "number")

    def __init__(
        self,
        watch: Watch,
        listener: socket.socket,
        peer: str,
        on_accepted: Callable[[socket.socket], None],
        on_stray: Callable[[], None],
    ) -> None:
        self._peer, self._on_accepted, self._on_stray = peer, on_accepted, on_stray
        self.number: int = listener.getsockname()[1]
        self._accepting = Accepting(watch, listener, self._accepted)

    def cancel(self) -> None:
        """Close the port; no callback follows."""
        self._accepting.close()

    def _accepted(self, sock: socket.socket, host: str) -> None:
        if host != self._peer:  # Data are as secret as the session that asked for them (VU#2558).
            reset(sock)
            self._on_stray()
            return
        self.cancel()
        self._on_accepted(sock)


def open_port(address: str, numbers: PortRange | None, *, is_foreign: bool = False) -> socket.socket | None:
    """Listen on a random free port of the range, or on any; None if there is none.

    With `is_foreign` the address is not ours (`source: client`).
    """
    for number in _in_random_order(numbers):
        try:
            return listen_on(address, number, is_foreign=is_foreign)
        except OSError as error:
            if are_used_up(error, "listen"):
                break
            continue  # Taken: the range has others.
    return None


def _in_random_order(numbers: PortRange | None) -> Iterable[int]:
    if numbers is None:
        return (0,)  # The kernel chooses.
    start = secrets.randbelow(len(numbers))
    return (numbers.first + (start + step) % len(numbers) for step in range(len(numbers)))
