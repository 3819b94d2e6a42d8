"""A real child for the tests of `Child`: says Ready, beats, does what its environment tells."""

import argparse
import asyncio
import os
import signal
import socket
import sys

from ftpair.core.actions import Apply
from ftpair.core.messages import Beat, ListSessions, Ready, Sessions, Stop, ToWorker
from ftpair.core.requests import Request
from ftpair.core.status import Sample
from ftpair.dataplane.channel import Channel

BEHAVIOUR = os.environ.get("BEHAVIOUR", "")


async def main(channel_fd: int) -> None:
    if BEHAVIOUR == "dies":
        sys.exit(7)
    end = asyncio.Event()

    def heard(message, fds):
        if isinstance(message, ListSessions):
            channel.send(Sessions(message.number, (), (), ended=os.getuid()))
        if isinstance(message, Stop) and BEHAVIOUR != "stubborn":
            end.set()

    channel = Channel(socket.socket(fileno=channel_fd), ToWorker, heard, end.set)
    if BEHAVIOUR == "mute":
        await end.wait()
    channel.send(Ready(1))
    if BEHAVIOUR == "orders":
        channel.send(Request(1, Apply()))
    while not end.is_set():
        channel.send(Beat((Sample("pid", (), os.getpid()),), ()))
        if BEHAVIOUR == "hangs":
            os.kill(os.getpid(), signal.SIGSTOP)
        try:
            await asyncio.wait_for(end.wait(), 0.1)
        except TimeoutError:
            continue


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--channel", type=int)
    asyncio.run(main(parser.parse_args().channel))
