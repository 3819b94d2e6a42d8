"""How much a request may bring: bodies are read before anybody is asked who sends them."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 8 * 1024 * 1024
"""A configuration of 4,000,000 characters, as JSON may spell it, and less for everything else."""
_SENTENCE = f"The body is larger than {MOST_BYTES // 1024 // 1024} MiB, which nothing here needs"


class BodyLimit:
    """Refuses a body as soon as more than `MOST_BYTES` of it have come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        come = 0

        async def counting() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > MOST_BYTES:
                raise HTTPException(413, _SENTENCE)
            return message

        await self._app(scope, counting, send)
