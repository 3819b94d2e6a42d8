"""The process of one worker: joins the data plane with the channel to the supervisor, the log and the figures."""

import argparse
import asyncio
import gc
import signal
import socket
import ssl
import time
from collections.abc import Sequence

import structlog
import uvloop

from ftpair.app.confining import confine_worker
from ftpair.app.keepsakes import TABLE_NAMES, Keepsakes
from ftpair.app.tables import salt
from ftpair.core.facts import Fact, TransferEnded
from ftpair.core.messages import (
    Beat,
    CannotFollow,
    Clients,
    EndSessions,
    Leave,
    ListClients,
    ListSessions,
    Message,
    PasswordWrong,
    Ready,
    Sessions,
    Stop,
    ToWorker,
    UseBans,
    UseHandover,
    UseMates,
    UsePlan,
    UseStates,
)
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.channel import Channel
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.gate import gate_of
from ftpair.dataplane.handover import Handover, peer
from ftpair.dataplane.shared_table import SharedTable
from ftpair.dataplane.tls import pass_over_odd_names
from ftpair.dataplane.worker import Worker
from ftpair.observe import log as logs
from ftpair.observe.ended import EndedTransfers
from ftpair.observe.recent import RECENT
from ftpair.observe.tally import Tally

BEAT_S = 1.0
_ORPHAN_GRACE_S = 30.0

log = structlog.get_logger("ftpair")


class WorkerProcess:
    """A worker and its channel, from the first plan to the last session; without a supervisor it works on."""

    def __init__(self, sock: socket.socket, given: argparse.Namespace, confinement: str) -> None:
        self._confinement = confinement
        self._tally, self._ended = Tally(), EndedTransfers()
        counts = Counts(given.counts, given.place, given.places)
        gate = gate_of((given.rates, given.presence), salt(), (given.place, counts.others), self._note, self._failed)
        self._worker = Worker(given.worker, given.workers, counts, self._note, gate)
        self._worker.bonds = Bonds(SharedTable(given.affinity, salt()))
        self._keepsakes = Keepsakes(given, salt())
        self._done = asyncio.Event()
        self._stopping: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._leaving_since: float | None = None
        self._is_orphan = False
        self._grace_s = _ORPHAN_GRACE_S
        self._handover = Handover(peer(sock)[1], self._found)
        self._channel = Channel(sock, ToWorker, self._told, self._orphaned)
        self._worker.outcomes.report = self._report
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._terminated)

    async def run(self) -> None:
        """Work until told to stop."""
        while not self._done.is_set():
            self._beat()
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._done.wait()
            except TimeoutError:
                continue
        self._beat()
        self._channel.close()
        self._handover.close()

    def _report(self, message: Message) -> None:
        self._channel.send(message)

    def _failed(self, service: str, address: str, user: str) -> None:
        self._channel.send(PasswordWrong(service, address, user))

    def _note(self, fact: Fact) -> None:
        self._tally.add(fact)
        logs.log_fact(fact)
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
            case UseHandover() | UseMates():
                self._equip(message, fds)
            case Leave():
                self._leave()
            case Stop(grace_s):
                self._stop(grace_s)

    def _use_plan(self, message: UsePlan, fds: Sequence[int]) -> None:
        plan, most = message.plan, len(message.listeners)
        passive = dict(zip(message.passive, fds[most:], strict=True))
        try:
            self._worker.use_plan(plan, message.listeners, fds[:most], passive)
        except (OSError, ValueError) as error:  # OpenSSL refuses a certificate, or a descriptor is missing.
            self._channel.send(CannotFollow(plan.revision, _why(error)))
            return
        logs.configure(plan.log_format, plan.log_level)
        self._grace_s = plan.shutdown_timeout_s
        self._channel.send(Ready(plan.revision, self._confinement))

    def _end_sessions(self, message: EndSessions) -> None:
        halted = self._worker.end_sessions(message.reason, message.session, message.slot)
        if message.number:
            self._channel.send(Sessions(message.number, (), (), *halted))

    # Without a supervisor.

    def _orphaned(self) -> None:
        """The supervisor is gone: work on until the next one comes. Where none could find it, end in order."""
        if self._stopping is not None:
            return
        if not self._handover.open():
            self._stop(self._grace_s)
        elif not self._is_orphan:
            self._is_orphan = True
            log.warning("the supervisor is gone: this worker goes on, and the next supervisor finds it")

    def _found(self, sock: socket.socket) -> None:
        """Tell a new supervisor what there is; until it takes the worker, nothing has changed."""
        self._channel = Channel(sock, ToWorker, self._told, self._orphaned, is_tolerant=True)
        said, fds = self._keepsakes.handed_over(self._worker.holdings(), self._leaving_since)
        self._channel.send(said, fds)

    def _equip(self, message: UseHandover | UseMates, fds: Sequence[int]) -> None:
        if isinstance(message, UseHandover):
            self._taken(message.likeness, *fds)
        else:
            self._worker.mates.use(message.places, fds)

    def _taken(self, likeness: str, fd: int) -> None:
        """Be that supervisor's from now on."""
        self._keepsakes.likeness = likeness
        self._handover.use(fd)
        if self._is_orphan:
            self._is_orphan = False
            log.info("a new supervisor has come")

    def _leave(self) -> None:
        if self._leaving is None:
            self._leaving_since = time.monotonic()
            self._leaving = asyncio.get_running_loop().create_task(self._left())

    async def _left(self) -> None:
        try:
            await self._worker.leave()
        except Exception:  # Whatever went wrong, it must not stay for ever.
            log.exception("a worker cannot leave in order")
        self._stop(0.0)

    def _terminated(self) -> None:
        """End in order, unless a supervisor speaks for all: it was told as well, or it alone."""
        if self._is_orphan or self._leaving is not None:
            self._stop(self._grace_s)

    # How it ends.

    def _stop(self, grace_s: float) -> None:
        if self._stopping is None:
            self._stopping = asyncio.get_running_loop().create_task(self._end(grace_s))

    async def _end(self, grace_s: float) -> None:
        try:
            await self._worker.stop(grace_s)
        except Exception:  # As above.
            log.exception("a worker cannot end in order")
        self._done.set()

    def _beat(self) -> None:
        if self._is_orphan:  # What nobody hears is kept for the next supervisor, within bounds.
            return
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
    for name in ("channel", *TABLE_NAMES, "worker", "workers", "place", "places"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args(arguments)
    logs.configure()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # The supervisor speaks for all of us.
    pass_over_odd_names()
    confinement = confine_worker()
    gc.collect()
    gc.freeze()
    uvloop.run(_run(given, confinement))


async def _run(given: argparse.Namespace, confinement: str) -> None:
    await WorkerProcess(socket.socket(fileno=given.channel), given, confinement).run()


if __name__ == "__main__":
    main()
