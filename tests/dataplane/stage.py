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

from ftpair.core import columns
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.facts import Fact
from ftpair.core.plan import (
    AnyService,
    Certificate,
    Clocks,
    Plan,
    ServerPlan,
    ServerTls,
    ServerTlsMode,
    ServicePlan,
    TcpServicePlan,
)
from ftpair.core.status import SessionRow
from ftpair.dataplane.counts import Counts, create_counts_fd
from ftpair.dataplane.gate import gate_of
from ftpair.dataplane.listeners import Listeners, listener_keys
from ftpair.dataplane.shared_table import SharedTable, create_table_fd
from ftpair.dataplane.worker import Worker

from .certificates import client_tls, self_signed
from .scripted_server import Script, scripted_server

VIP = f"127.77.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
"""Of this process alone: two runs of the tests do not meet."""
EXPLICIT, IMPLICIT, PASSIVE = 12121, 12990, PortRange(12200, 12227)
USER, PASSWORD = "ann", "secret"
FILE = os.urandom(3_000_000)
"""Larger than every buffer on its way."""


class ImplicitHandler(TLS_FTPHandler):
    """TLS first, then the greeting."""

    def handle(self) -> None:
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self) -> None:
        super().handle()


HANDLERS: dict[ServerTlsMode, type[FTPHandler]] = {
    "off": FTPHandler,
    "explicit": TLS_FTPHandler,
    "implicit": ImplicitHandler,
}


@contextlib.contextmanager
def real_server(
    root: Path,
    mode: ServerTlsMode = "off",
    *,
    certificate: Certificate | None = None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    host: str = "127.0.0.1",
) -> Iterator[tuple[str, int]]:
    """A pyftpdlib server with one user who may do everything below `root`."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(root), perm="elradfmwMT")
    members: dict[str, Any] = {"authorizer": authorizer, "banner": "real server"}
    if mode != "off":
        certificate = certificate or self_signed()
        pem = root.parent / f"{root.name}.pem"
        pem.write_bytes(certificate.chain_pem + certificate.key_pem)
        members |= {"certfile": str(pem), "tls_control_required": True, "tls_data_required": True}
        if version is ssl.TLSVersion.TLSv1_2:
            members["ssl_options"] = TLS_FTPHandler.ssl_options | ssl.OP_NO_TLSv1_3
    handler = type("Handler", (HANDLERS[mode],), members)
    server = ThreadedFTPServer((host, 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"timeout": 0.05, "handle_exit": False}, daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.close_all()
        thread.join(10)


def server_plan(address: tuple[str, int], slot: int = 1, **changes: Any) -> ServerPlan:
    return ServerPlan(slot=slot, service="VIP", name=f"SVR{slot}", address=Endpoint(*address[:2]), **changes)


def verified(mode: ServerTlsMode = "explicit", **changes: Any) -> ServerTls:
    """TLS towards a server, its certificate checked."""
    plan = ServerTls(mode=mode, name="127.0.0.1", ca_pem=self_signed().chain_pem)
    return msgspec.structs.replace(plan, **changes)


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


def clocked(*servers: ServerPlan, **clocks: float) -> ServicePlan:
    """The service with some clocks set."""
    return service_plan(*servers, clocks=Clocks(**clocks))


class Stage:
    """A running worker and what it reported."""

    def __init__(self, worker: Worker, counts: Counts, facts: list[Fact]) -> None:
        self.loop = asyncio.get_running_loop()
        self.worker, self.counts, self.facts = worker, counts, facts
        self.listeners = Listeners(1)
        self.stopping = asyncio.Event()
        self.failures: list[tuple[str, str, str]] = []
        """Wrong passwords that were reported: service, address, user."""
        self.present: SharedTable

    def use(self, *services: AnyService) -> None:
        """Work by these services from now on; call it in the worker's thread."""
        spoken = tuple(each for each in services if isinstance(each, ServicePlan))
        carried = tuple(each for each in services if isinstance(each, TcpServicePlan))
        plan = Plan(revision=1, workers=1, services=spoken, tcp_services=carried)
        keys = listener_keys(plan)
        self.listeners.open(keys)
        self.worker.use_plan(plan, keys, [os.dup(fd) for fd in self.listeners.fds(keys, 0)])
        self.listeners.keep(keys)

    def call(self, function: Callable[[], Any]) -> Any:
        """Run a function in the worker's thread."""
        done: Future[Any] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(function()))
        return done.result(10)

    def facts_of(self, kind: type[Fact], count: int = 1) -> list[Any]:
        """Wait until that many facts of a kind were noted."""
        self.wait(lambda: sum(isinstance(fact, kind) for fact in self.facts) >= count)
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def wait(self, condition: Callable[[], Any], most_s: float = 10.0) -> None:
        """Wait until something is true."""
        for _ in range(int(most_s / 0.02)):
            if condition():
                return
            threading.Event().wait(0.02)
        raise AssertionError(f"it never came true; facts: {self.facts}")

    def sessions(self) -> tuple[SessionRow, ...]:
        return self.call(lambda: self.worker.sessions(0).sessions)

    def is_at_rest(self) -> bool:
        """Whether no session is left, and nothing is counted."""
        rows = [(slot, column) for slot in range(4) for column in (columns.SESSIONS, columns.TRANSFERS)]
        is_empty = not any(self.present.rows())
        return not self.sessions() and is_empty and all(self.counts.total(slot, column) == 0 for slot, column in rows)


@contextlib.contextmanager
def stage(*services: AnyService, on_fact: Callable[[Fact], None] | None = None) -> Iterator[Stage]:
    """Run one worker with these services until the block ends."""
    ready: Future[Stage] = Future()

    async def main() -> None:
        facts: list[Fact] = []

        def note(fact: Fact) -> None:
            facts.append(fact)
            if on_fact is not None:
                on_fact(fact)

        counts = Counts(create_counts_fd(1), 0, 1)
        tables = create_table_fd("rates", 64), create_table_fd("presence", 64)
        failures: list[tuple[str, str, str]] = []
        gate = gate_of(tables, b"salt", (0, counts.others), note, lambda *failure: failures.append(failure))
        running = Stage(Worker(0, 1, counts, note, gate), counts, facts)
        running.failures, running.present = failures, SharedTable(tables[1], b"salt")
        running.use(*services)
        ready.set_result(running)
        await running.stopping.wait()
        await running.worker.stop(0.2)
        running.listeners.close()
        for table in tables:
            os.close(table)

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
        running.loop.call_soon_threadsafe(running.stopping.set)
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


@contextlib.contextmanager
def pool(tmp_path: Path, mode: ServerTlsMode = "off", **clocks: float) -> Iterator[tuple[Stage, Path]]:
    """A stage with one pyftpdlib server; its folder."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.bin").write_bytes(FILE)
    (root / "empty").touch()
    with real_server(root, mode) as address:
        server = server_plan(address, tls=verified(mode)) if mode != "off" else server_plan(address)
        with stage(clocked(server, **clocks)) as running:
            yield running, root
            running.wait(running.is_at_rest)


@contextlib.contextmanager
def behind(script: Script, **clocks: float) -> Iterator[Stage]:
    """A stage whose one server plays a script."""
    with scripted_server(script) as (address, _), stage(clocked(server_plan(address), **clocks)) as running:
        yield running
