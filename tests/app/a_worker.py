"""A real child that follows plans as a worker does, but serves nobody; `REFUSES` names a greeting that it chokes on."""

import argparse
import asyncio
import os
import socket

from ftpair.core.messages import Beat, EndSessions, ListSessions, Ready, Sample, Sessions, Stop, ToWorker, UsePlan
from ftpair.core.status import SessionRow
from ftpair.dataplane.channel import Channel


class Worker:
    """Has one session, `NUMBER-1`, until it is told to end it."""

    def __init__(self, given):
        self.number, self.end = given.worker, asyncio.Event()
        self.sessions = [self.row()]
        self.channel = Channel(socket.socket(fileno=given.channel), ToWorker, self.told, self.end.set)

    def row(self):
        return SessionRow(
            id=f"{self.number}-1",
            service="VIP",
            client="198.51.100.7:50122",
            entrance="explicit",
            user="alice",
            server="FTP_SVR1",
            state="idle",
            tls="clear",
            seconds=1.0,
            idle_seconds=0.0,
            transfers=0,
            bytes_up=0,
            bytes_down=0,
            command="NOOP",
            worker=self.number,
        )

    def told(self, message, fds):
        match message:
            case UsePlan(plan, _listeners):
                for fd in fds:
                    os.close(fd)
                if plan.services[0].greeting != os.environ.get("REFUSES"):
                    self.channel.send(Ready(plan.revision))
            case EndSessions(_reason, session, _slot):
                self.sessions = [row for row in self.sessions if row.id != session]
            case ListSessions(number):
                self.channel.send(Sessions(number, tuple(self.sessions), ()))
            case Stop():
                self.end.set()

    async def run(self):
        while not self.end.is_set():
            gauges = (
                Sample("passive_ports_in_use", ("VIP",), 2.0),
                Sample("event_loop_lag_seconds", (str(self.number),), 0.25),
                Sample("process_open_fds", (f"worker {self.number}",), 31.0),
            )
            self.channel.send(Beat((Sample("logins_total", ("VIP", "accepted"), 3.0),), gauges))
            try:
                await asyncio.wait_for(self.end.wait(), 0.1)
            except TimeoutError:
                continue


async def main():
    parser = argparse.ArgumentParser()
    for name in ("channel", "counts", "worker", "workers"):
        parser.add_argument(f"--{name}", type=int)
    await Worker(parser.parse_args()).run()


if __name__ == "__main__":
    asyncio.run(main())
