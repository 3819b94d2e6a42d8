"""The process of one examination: visits what it is told, says how far it is, and at last what the doctor says."""

import argparse
import asyncio
import signal
import socket
from collections.abc import Sequence
from itertools import count

from ftpair.app.confining import confine_examiner
from ftpair.app.heart import Heart
from ftpair.config.machine import Machine, this_machine
from ftpair.core.messages import Examine, Examined, Progress, Ready, Stop, ToExaminer
from ftpair.dataplane.channel import Channel
from ftpair.observe import log
from ftpair.probes.doctor.diagnosing import diagnose
from ftpair.probes.doctor.examining import examine


class ExaminerProcess:
    """The examination and its channel; `machine` is the one that it runs on."""

    def __init__(self, sock: socket.socket, machine: Machine, confinement: str) -> None:
        self._machine = machine
        self._ended = asyncio.Event()
        self._orders: asyncio.Queue[Examine] = asyncio.Queue()
        self._done = count()
        self._channel = Channel(sock, ToExaminer, self._told, self._ended.set)
        self._channel.send(Ready(0, confinement))
        self._heart = Heart(self._channel, "examiner")

    async def run(self) -> None:
        """Examine until told to stop, or until the supervisor is gone."""
        async with asyncio.TaskGroup() as tasks:
            examining = tasks.create_task(self._examine())
            await self._ended.wait()
            examining.cancel()
        self._channel.close()

    async def _examine(self) -> None:
        told = await self._orders.get()
        log.configure(told.plan.log_format, told.plan.log_level)
        (service,) = told.plan.all_services
        seen = await examine(service, told.order, self._say)
        self._channel.send(Examined(diagnose(seen, self._machine)))

    def _say(self, words: str) -> None:
        self._channel.send(Progress(next(self._done), words))

    def _told(self, message: ToExaminer, _fds: tuple[int, ...]) -> None:
        match message:
            case Examine():
                self._orders.put_nowait(message)
            case Stop():
                self._ended.set()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one examination; the supervisor starts it with its channel."""
    parser = argparse.ArgumentParser(prog="ftpair-examiner")
    parser.add_argument("--channel", type=int, required=True)
    given = parser.parse_args(arguments)
    log.configure()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # The supervisor speaks for all of us.
    machine = this_machine()
    asyncio.run(_run(given.channel, machine, confine_examiner()))


async def _run(channel: int, machine: Machine, confinement: str) -> None:
    await ExaminerProcess(socket.socket(fileno=channel), machine, confinement).run()


if __name__ == "__main__":
    main()
