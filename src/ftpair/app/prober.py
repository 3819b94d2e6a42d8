"""The process of the prober: runs the health probes of all services and reports their verdicts to the supervisor."""

import argparse
import asyncio
import signal
import socket
from collections.abc import Sequence

from ftpair.app.confining import confine_prober
from ftpair.app.heart import Heart
from ftpair.core.messages import Probed, Ready, Stop, ToProber, UsePlan, Verdict
from ftpair.core.status import ServerState
from ftpair.dataplane.channel import Channel
from ftpair.observe import log
from ftpair.probes.prober import Prober


class ProberProcess:
    """The probes and their channel."""

    def __init__(self, sock: socket.socket, confinement: str) -> None:
        self._confinement = confinement
        self._ended = asyncio.Event()
        self._prober = Prober(self._report, on_check=self._report_check)
        self._channel = Channel(sock, ToProber, self._told, self._ended.set)
        self._heart = Heart(self._channel, "prober")

    async def run(self) -> None:
        """Probe until told to stop, or until the supervisor is gone."""
        async with asyncio.TaskGroup() as tasks:
            probing = tasks.create_task(self._prober.run())
            await self._ended.wait()
            probing.cancel()
        self._channel.close()

    def _report(self, slot: int, state: ServerState) -> None:
        self._channel.send(Verdict(slot, state, self._prober.revision))

    def _report_check(self, slot: int, at: float, next_at: float) -> None:
        self._channel.send(Probed(slot, at, next_at))

    def _told(self, message: ToProber, _fds: tuple[int, ...]) -> None:
        match message:
            case UsePlan(plan):
                log.configure(plan.log_format, plan.log_level)
                self._prober.use_plan(plan)
                self._channel.send(Ready(plan.revision, self._confinement))
            case Stop():
                self._ended.set()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the prober; the supervisor starts it with its channel."""
    parser = argparse.ArgumentParser(prog="ftpair-prober")
    parser.add_argument("--channel", type=int, required=True)
    given = parser.parse_args(arguments)
    log.configure()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # The supervisor speaks for all of us.
    asyncio.run(_run(given.channel, confine_prober()))


async def _run(channel: int, confinement: str) -> None:
    await ProberProcess(socket.socket(fileno=channel), confinement).run()


if __name__ == "__main__":
    main()
