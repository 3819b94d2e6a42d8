"""How much a request may bring, and how long that may take: bodies are read before anybody is asked who sends them."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 8 * 1024 * 1024
"""A configuration of 4,000,000 characters, as JSON may spell it, and less for everything else."""
SMALL_BYTES = 64 * 1024
"""What every request may bring, whatever others do."""
MOST_AT_ONCE_BYTES = 8 * MOST_BYTES
"""Of all bodies together that are not small."""
LONGEST_S = 60.0
_TOO_LARGE = f"The body is larger than {MOST_BYTES // 1024 // 1024} MiB, which nothing here needs"
_CROWDED = "Too many large bodies come at this moment; try again in a minute"
_SLOW = f"The body did not come within {LONGEST_S:g} s"


class BodyLimit:
    """Refuses a body as soon as more than `MOST_BYTES` of it have come, and one that takes too long."""

    def __init__(self, app: ASGIApp, longest_s: float = LONGEST_S) -> None:
        self._app, self._longest_s = app, longest_s
        self._large_bytes = 0
        """Of all requests that are being answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        body = _Body(receive, self._longest_s)

        async def counting() -> Message:
            before = body.large_bytes
            message = await body.next()
            self._large_bytes += body.large_bytes - before
            if body.large_bytes and self._large_bytes > MOST_AT_ONCE_BYTES:
                raise HTTPException(503, _CROWDED)
            return message

        try:
            await self._app(scope, counting, send)
        finally:
            self._large_bytes -= body.large_bytes


class _Body:
    """What has come of one body."""

    def __init__(self, receive: Receive, longest_s: float) -> None:
        self._receive = receive
        self._until = asyncio.get_running_loop().time() + longest_s
        self._come = 0
        self._is_whole = False

    @property
    def large_bytes(self) -> int:
        """How much has come beyond what is small."""
        return max(0, self._come - SMALL_BYTES)

    async def next(self) -> Message:
        """Return the next part; after the last, that the client has left. Raises HTTPException."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, _SLOW) from None
        self._come += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._come > MOST_BYTES:
            raise HTTPException(413, _TOO_LARGE)
        return message
