"""A worker in a thread, with real FTP servers behind it: the smallest stage on which files move."""

import asyncio
import contextlib
import ftplib
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.facts import Fact
from ftpair.core.plan import Plan, ServerPlan, ServerTls, ServicePlan
from ftpair.dataplane.counts import Counts, create_counts_fd
from ftpair.dataplane.listeners import Listeners, listener_keys
from ftpair.dataplane.worker import Worker

from .certificates import client_tls, self_signed

VIP = "127.0.0.7"
EXPLICIT, IMPLICIT, PASSIVE = 12121, 12990, PortRange(12200, 12227)
USER, PASSWORD = "ann", "secret"


@contextlib.contextmanager
def real_server(root: Path, *, tls: bool = False) -> Iterator[tuple[str, int]]:
    """A pyftpdlib server with one user who may do everything below `root`."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(root), perm="elradfmwMT")
    members: dict[str, Any] = {"authorizer": authorizer, "banner": "real server"}
    if tls:
        pem = root.parent / "server.pem"
        pem.write_bytes(self_signed().chain_pem + self_signed().key_pem)
        members |= {"certfile": str(pem), "tls_control_required": True, "tls_data_required": True}
    handler = type("Handler", (TLS_FTPHandler if tls else FTPHandler,), members)
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"handle_exit": False}, daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.close_all()
        thread.join(10)


def server_plan(address: tuple[str, int], slot: int = 1, **changes: Any) -> ServerPlan:
    return ServerPlan(slot=slot, service="VIP", name=f"SVR{slot}", address=Endpoint(*address[:2]), **changes)


def verified() -> ServerTls:
    """Explicit TLS towards a server, its certificate checked."""
    return ServerTls(mode="explicit", name="127.0.0.1", ca_pem=self_signed().chain_pem)


def service_plan(*servers: ServerPlan, **changes: Any) -> ServicePlan:
    plan = ServicePlan(
        name="VIP",
        address=VIP,
        passive=PASSIVE,
        servers=servers,
        explicit=EXPLICIT,
        implicit=IMPLICIT,
        tls=client_tls(clear_text="allow"),
    )
    return msgspec.structs.replace(plan, **changes)


class Stage:
    """A running worker and what it reported."""

    def __init__(self, loop: asyncio.AbstractEventLoop, worker: Worker, counts: Counts, facts: list[Fact]) -> None:
        self.loop, self.worker, self.counts, self.facts = loop, worker, counts, facts

    def call(self, function: Callable[[], Any]) -> Any:
        """Run a function in the worker's thread."""
        done: Future[Any] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(function()))
        return done.result(10)

    def facts_of(self, kind: type[Fact], count: int = 1) -> list[Any]:
        """Wait until that many facts of a kind were noted."""
        for _ in range(200):
            found = [fact for fact in self.facts if isinstance(fact, kind)]
            if len(found) >= count:
                return found
            threading.Event().wait(0.05)
        raise AssertionError(f"no {kind.__name__} among {self.facts}")


@contextlib.contextmanager
def stage(plan: ServicePlan) -> Iterator[Stage]:
    """Run one worker with that service until the block ends."""
    whole = Plan(revision=1, workers=1, services=(plan,))
    ready: Future[Stage] = Future()
    stop = asyncio.Event()

    async def main() -> None:
        facts: list[Fact] = []
        counts = Counts(create_counts_fd(1), 0, 1)
        worker = Worker(0, 1, counts, facts.append)
        listeners = Listeners(1)
        keys = listener_keys(whole)
        listeners.open(keys)
        worker.use_plan(whole, keys, [os.dup(fd) for fd in listeners.fds(keys, 0)])
        loop = asyncio.get_running_loop()
        ready.set_result(Stage(loop, worker, counts, facts))
        await stop.wait()
        await worker.stop(0.2)
        listeners.close()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(main())
        except BaseException as error:  # The test's thread must hear of it.
            if not ready.done():
                ready.set_exception(error)
            raise

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    running = ready.result(10)
    try:
        yield running
    finally:
        running.loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        assert not thread.is_alive(), "the worker did not end"


def client_context(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=self_signed().chain_pem.decode())
    context.check_hostname = False
    context.minimum_version = context.maximum_version = version
    return context


def clear_client() -> ftplib.FTP:
    client = ftplib.FTP(timeout=15)
    client.connect(VIP, EXPLICIT)
    client.login(USER, PASSWORD)
    return client


def explicit_client(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ftplib.FTP_TLS:
    client = ftplib.FTP_TLS(context=client_context(version), timeout=15)
    client.connect(VIP, EXPLICIT)
    client.login(USER, PASSWORD)
    client.prot_p()
    return client
