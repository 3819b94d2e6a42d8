"""A real child that follows plans as a worker does, but serves nobody; `CHOKES` names a greeting that it never follows,
`REFUSES` one that the last worker cannot follow, `FLEETING` a session that is gone when it is to be ended.
"""

import argparse
import asyncio
import os
import socket

from ftpair.core.messages import Beat, CannotFollow, EndSessions, ListSessions, Ready, Sessions, Stop, ToWorker, UsePlan
from ftpair.core.status import Sample, SessionRow
from ftpair.dataplane.channel import Channel


class Worker:
    """Has one session, `NUMBER-1`, until it is told to end it."""

    def __init__(self, given):
        self.number, self.end = given.worker, asyncio.Event()
        self.last = given.workers - 1
        self.listeners = ()
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
                self.use_plan(plan, fds)
            case EndSessions(_reason, session, _slot, number):
                left = [row for row in self.sessions if row.id != session]
                ended = 0 if session == os.environ.get("FLEETING") else len(self.sessions) - len(left)
                self.sessions = left
                if number:
                    self.channel.send(Sessions(number, (), (), ended))
            case ListSessions(number):
                self.channel.send(Sessions(number, tuple(self.sessions), ()))
            case Stop():
                self.end.set()

    def use_plan(self, plan, fds):
        greeting = plan.services[0].greeting
        if greeting == os.environ.get("CHOKES"):
            for fd in fds:
                os.close(fd)
        elif greeting == os.environ.get("REFUSES") and self.number == self.last:
            for fd in fds:
                os.close(fd)
            self.channel.send(CannotFollow(plan.revision, "the key is too small"))
        else:
            for fd in self.listeners:
                os.close(fd)
            self.listeners = fds
            self.channel.send(Ready(plan.revision))

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
    for name in ("channel", "counts", "rates", "presence", "affinity", "worker", "workers", "place", "places"):
        parser.add_argument(f"--{name}", type=int)
    await Worker(parser.parse_args()).run()


if __name__ == "__main__":
    asyncio.run(main())
