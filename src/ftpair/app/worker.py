"""The process of one worker: joins the data plane with the channel to the supervisor, the log and the figures."""

import argparse
import asyncio
import gc
import signal
import socket
import ssl
from collections.abc import Sequence

import uvloop

from ftpair.app.confining import confine_worker
from ftpair.app.tables import salt
from ftpair.core.facts import Fact, TransferEnded
from ftpair.core.messages import (
    Beat,
    CannotFollow,
    Clients,
    EndSessions,
    ListClients,
    ListSessions,
    PasswordWrong,
    Ready,
    Sessions,
    Stop,
    ToWorker,
    UseBans,
    UsePlan,
    UseStates,
)
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.channel import Channel
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.gate import gate_of
from ftpair.dataplane.shared_table import SharedTable
from ftpair.dataplane.tls import pass_over_odd_names
from ftpair.dataplane.worker import Worker
from ftpair.observe import log
from ftpair.observe.ended import EndedTransfers
from ftpair.observe.recent import RECENT
from ftpair.observe.tally import Tally

BEAT_S = 1.0
_ORPHAN_GRACE_S = 30.0


class WorkerProcess:
    """A worker and its channel, from the first plan to the last session."""

    def __init__(
        self, sock: socket.socket, counts: Counts, tables: tuple[int, int], place: tuple[int, int], confinement: str
    ) -> None:
        self._confinement = confinement
        self._tally, self._ended = Tally(), EndedTransfers()
        gate = gate_of(tables, salt(), place, self._note, self._report_failure)
        self._worker = Worker(*place, counts, self._note, gate)
        self._done = asyncio.Event()
        self._stopping: asyncio.Task[None] | None = None
        self._grace_s = _ORPHAN_GRACE_S
        self._channel = Channel(sock, ToWorker, self._told, self._orphaned)
        self._worker.outcomes.report = self._channel.send

    async def run(self) -> None:
        """Work until told to stop, or until the supervisor is gone."""
        while not self._done.is_set():
            self._beat()
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._done.wait()
            except TimeoutError:
                continue
        self._beat()
        self._channel.close()

    def _report_failure(self, service: str, address: str, user: str) -> None:
        self._channel.send(PasswordWrong(service, address, user))

    def remember(self, bonds: Bonds) -> None:
        """Remember by these who comes again."""
        self._worker.bonds = bonds

    def _note(self, fact: Fact) -> None:
        self._tally.add(fact)
        log.log_fact(fact)
        if type(fact) is TransferEnded:
            self._ended.add(fact)

    def _told(self, message: ToWorker, fds: Sequence[int]) -> None:
        match message:
            case UsePlan():
                self._use_plan(message, fds)
            case UseStates(states):
                self._worker.use_states(states)
            case UseBans(added, lifted, is_whole):
                self._worker.gate.use_bans(added, lifted, is_whole=is_whole)
            case EndSessions():
                self._end_sessions(message)
            case ListSessions(number):
                self._channel.send(self._worker.sessions(number))
            case ListClients(number):
                self._channel.send(Clients(number, self._worker.clientele.all()))
            case Stop(grace_s):
                self._stop(grace_s)

    def _use_plan(self, message: UsePlan, fds: Sequence[int]) -> None:
        plan = message.plan
        try:
            self._worker.use_plan(plan, message.listeners, fds)
        except (OSError, ValueError) as error:  # OpenSSL refuses a certificate, or a descriptor is missing.
            self._channel.send(CannotFollow(plan.revision, _why(error)))
            return
        log.configure(plan.log_format, plan.log_level)
        self._grace_s = plan.shutdown_timeout_s
        self._channel.send(Ready(plan.revision, self._confinement))

    def _end_sessions(self, message: EndSessions) -> None:
        ended = self._worker.end_sessions(message.reason, message.session, message.slot)
        if message.number:
            self._channel.send(Sessions(message.number, (), (), ended))

    def _orphaned(self) -> None:
        """The supervisor is gone: running transfers still get their time."""
        self._stop(self._grace_s)

    def _stop(self, grace_s: float) -> None:
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._end(grace_s))

    async def _end(self, grace_s: float) -> None:
        await self._worker.stop(grace_s)
        self._done.set()

    def _beat(self) -> None:
        self._channel.send(Beat((*self._tally.samples(), *self._worker.counters()), self._worker.gauges()))
        for message in (*self._ended.taken(), *RECENT.taken()):
            self._channel.send(message)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return f"OpenSSL refuses a certificate: {error.reason.lower().replace('_', ' ')}"
    return f"a worker cannot follow: {error}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one worker; the supervisor starts it with its descriptors."""
    parser = argparse.ArgumentParser(prog="ftpair-worker")
    for name in ("channel", "counts", "rates", "presence", "affinity", "worker", "workers"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args(arguments)
    log.configure()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # The supervisor speaks for all of us.
    pass_over_odd_names()
    confinement = confine_worker()
    gc.collect()
    gc.freeze()
    uvloop.run(_run(given, confinement))


async def _run(given: argparse.Namespace, confinement: str) -> None:
    counts = Counts(given.counts, given.worker, given.workers)
    sock = socket.socket(fileno=given.channel)
    tables, place = (given.rates, given.presence), (given.worker, given.workers)
    process = WorkerProcess(sock, counts, tables, place, confinement)
    process.remember(Bonds(SharedTable(given.affinity, salt())))
    await process.run()


if __name__ == "__main__":
    main()
