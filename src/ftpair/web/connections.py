"""Connections from the network: bounded in number, and closed if they do not say soon what they want."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 512
MOST_OF_ONE = 128
"""From one address, so that nobody alone takes the places of all."""
HEAD_S = 10.0
"""What the first line and the headers of a request may take; uvicorn itself closes what is idle between two."""


class BoundedConnection(H11Protocol):
    """A connection of uvicorn that strangers cannot hold open by saying nothing, or a little at a time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn has it.
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        if self._is_one_too_many():
            transport.abort()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what was sent."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._unwatch()
        super().connection_lost(exc)

    def _is_one_too_many(self) -> bool:
        addresses = [getattr(one, "client", None) for one in self.connections]
        own = [one for one in addresses if one and self.client and one[0] == self.client[0]]
        return len(addresses) > MOST or len(own) > MOST_OF_ONE

    def _watch(self) -> None:
        """Have a deadline while a request is awaited, and none while one is answered."""
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._unwatch()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_S, self.transport.abort)

    def _unwatch(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
