"""uvicorn on listeners that the supervisor has bound; that of HTTPS comes and goes while the process runs."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from ftpair.config.contexts import load_chain, server_context
from ftpair.core.plan import ClientTls, WebPlan
from ftpair.web.connections import BoundedConnection

GRACE_S = 3
"""What running requests get when ftpair stops."""


class ObedientServer(uvicorn.Server):
    """uvicorn, but for signals: those are the supervisor's to hear, and it says `Stop` when it is time."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def served(
    app: ASGIApp, listener: socket.socket, ended: asyncio.Event, context: ssl.SSLContext | None = None
) -> None:
    """Answer requests on a listener until `ended`, with TLS if there is a context."""
    config = uvicorn.Config(
        app,
        http=BoundedConnection if context else "h11",  # The control socket is its owner's alone.
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        proxy_headers=False,
    )
    config.load()
    config.ssl = context
    server = ObedientServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait((serving, asyncio.create_task(ended.wait())), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving


@dataclass(slots=True)
class _Opened:
    """What browsers are served by."""

    plan: WebPlan
    context: ssl.SSLContext
    listener: socket.socket
    closed: asyncio.Event
    task: "asyncio.Task[None]"

    async def close(self) -> None:
        self.closed.set()
        await self.task
        self.listener.close()


class Https:
    """Serves the site where the supervisor says; made before the site, which needs what tells it."""

    def __init__(self) -> None:
        self.site: FastAPI
        self._wishes: asyncio.Queue[tuple[WebPlan | None, socket.socket | None]] = asyncio.Queue()

    def use(self, plan: WebPlan | None, fds: tuple[int, ...]) -> None:
        """Serve there from now on."""
        self._wishes.put_nowait((plan, socket.socket(fileno=fds[0]) if fds else None))

    async def run(self, ended: asyncio.Event) -> None:
        """Follow the wishes until `ended`."""
        opened: _Opened | None = None
        following = asyncio.create_task(ended.wait())
        while not ended.is_set():
            wish = asyncio.create_task(self._wishes.get())
            await asyncio.wait((wish, following), return_when=asyncio.FIRST_COMPLETED)
            if wish.done():
                opened = await self._follow(opened, *wish.result())
            else:
                wish.cancel()
        if opened:
            await opened.close()

    async def _follow(
        self, opened: _Opened | None, plan: WebPlan | None, listener: socket.socket | None
    ) -> _Opened | None:
        if opened and plan and plan.url == opened.plan.url and plan.certificate:
            load_chain(opened.context, plan.certificate)  # The next handshake shows it; nobody is cut off.
            if listener:
                listener.close()
            return opened
        if opened:
            await opened.close()
        return self._open(plan, listener) if plan and listener else None

    def _open(self, plan: WebPlan, listener: socket.socket) -> _Opened:
        assert plan.certificate, "the supervisor names the certificate"
        context = server_context(ClientTls(plan.certificate))
        context.set_alpn_protocols(["http/1.1"])
        closed = asyncio.Event()
        task = asyncio.create_task(served(self.site, listener, closed, context))
        return _Opened(plan, context, listener, closed, task)
