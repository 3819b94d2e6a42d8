"""The worker's process: it follows a plan, or says at once why it cannot and goes on by the former one."""

import asyncio
import socket
import sys
from contextlib import asynccontextmanager

import msgspec
import pytest

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.messages import (
    Beat,
    CannotFollow,
    EndSessions,
    FromWorker,
    ListSessions,
    LogLines,
    Sessions,
    Stop,
    UsePlan,
)
from ftpair.core.plan import Plan, ServerPlan, ServicePlan
from ftpair.dataplane.channel import Channel, socketpair
from ftpair.dataplane.counts import SESSIONS, Counts, create_counts_fd
from ftpair.dataplane.listeners import Listeners, listener_keys
from ftpair.dataplane.shared_table import create_table_fd
from tests.app.conftest import free_ports
from tests.dataplane.certificates import client_tls, self_signed

WRONG = msgspec.structs.replace(self_signed(), key_pem=self_signed(days=60).key_pem)


def plan_of(revision, port, tls=None):
    servers = (ServerPlan(1, "VIP", "FTP_SVR1", Endpoint("127.0.0.1", 9)),)
    service = ServicePlan("VIP", "127.0.0.1", PortRange(20000, 20003), servers, explicit=port, tls=tls, greeting="Hi.")
    return Plan(revision, 1, (service,))


class Process:
    """A worker's process, its channel, and the listeners that a supervisor has for it."""

    def __init__(self, sock, counts):
        self.counts, self.listeners = counts, Listeners(1)
        self._heard = asyncio.Queue()
        self.channel = Channel(sock, FromWorker, lambda message, _fds: self._heard.put_nowait(message), lambda: None)

    def use(self, plan):
        keys = listener_keys(plan)
        self.listeners.open(keys)
        self.channel.send(UsePlan(plan, keys), self.listeners.fds(keys, 0))

    async def answer(self):
        async with asyncio.timeout(20):
            while isinstance(message := await self._heard.get(), Beat | LogLines):
                pass
            return message


@asynccontextmanager
async def working():
    ours, theirs = socketpair()
    counts_fd = create_counts_fd(1)
    tables = create_table_fd("rates", 8), create_table_fd("presence", 8), create_table_fd("affinity", 8)
    fds = theirs.fileno(), counts_fd, *tables
    words = ["--channel", str(fds[0]), "--counts", str(fds[1]), "--worker", "0", "--workers", "1"]
    words += ["--place", "0", "--places", "1"]
    words += ["--rates", str(tables[0]), "--presence", str(tables[1]), "--affinity", str(tables[2])]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "ftpair.app.worker", *words, pass_fds=fds)
    theirs.close()
    worker = Process(ours, Counts(counts_fd, 1, 1))
    try:
        yield worker
        worker.channel.send(Stop(0))
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        worker.channel.close()
        worker.listeners.close()


async def greeted(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await asyncio.wait_for(reader.readline(), 10) == b"220 Hi.\r\n"
    return reader, writer


def test_a_plan_that_openssl_refuses_is_answered_and_its_listeners_are_let_go():
    async def scenario():
        port, other = free_ports(2)
        async with working() as worker:
            worker.use(plan_of(1, port))
            assert (await worker.answer()).revision == 1
            worker.use(plan_of(2, other, client_tls(certificate=WRONG)))
            answer = await worker.answer()
            assert isinstance(answer, CannotFollow)
            assert (answer.revision, "key values mismatch" in answer.sentence) == (2, True)
            worker.listeners.keep(listener_keys(plan_of(1, port)))
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", other), timeout=5)
            await greeted(port)
            worker.use(plan_of(3, other))
            assert (await worker.answer()).revision == 3
            await greeted(other)

    asyncio.run(scenario())


def test_who_is_connected_is_counted_before_the_login_and_a_kill_is_answered():
    async def scenario():
        (port,) = free_ports(1)
        async with working() as worker:
            worker.use(plan_of(1, port))
            assert (await worker.answer()).revision == 1
            reader, _writer = await greeted(port)
            assert worker.counts.of_worker(0, 0, SESSIONS) == 1
            worker.channel.send(EndSessions("ended", session="0-none", number=5))
            assert await worker.answer() == Sessions(5, (), (), ended=0)
            worker.channel.send(ListSessions(6))
            (row,) = (await worker.answer()).sessions
            worker.channel.send(EndSessions("ended", session=row.id, number=7))
            assert await worker.answer() == Sessions(7, (), (), ended=1)
            assert await asyncio.wait_for(reader.read(), 10) == b"421 ended\r\n"
            assert worker.counts.of_worker(0, 0, SESSIONS) == 0

    asyncio.run(scenario())
