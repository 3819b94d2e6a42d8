"""The process of the API: `python -m ftpair.api --channel FD --listen FD`, started and replaced by the supervisor."""

import argparse
import asyncio
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from ftpair.api.access import LocalAccess
from ftpair.api.app import create_app
from ftpair.app.confining import confine_api
from ftpair.app.control import Control
from ftpair.observe import log

GRACE_S = 3
"""What running requests get when ftpair stops."""


class ObedientServer(uvicorn.Server):
    """uvicorn, but for signals: those are the supervisor's to hear, and it says `Stop` when it is time."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the supervisor says stop or is gone."""
    parser = argparse.ArgumentParser(prog="ftpair-api")
    for name in ("channel", "listen"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args(arguments)
    log.configure()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    confinement = confine_api()
    asyncio.run(serve(socket.socket(fileno=given.channel), socket.socket(fileno=given.listen), confinement))


async def serve(channel: socket.socket, listener: socket.socket, confinement: str = "") -> None:
    """Answer requests on `listener` by what the other end of `channel` says, until it says stop or is gone."""
    control = Control(channel, confinement=confinement)
    config = uvicorn.Config(
        create_app(control, LocalAccess()),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = ObedientServer(config)
    async with asyncio.TaskGroup() as tasks:
        stopping = tasks.create_task(_stop_in_time(server, control))
        await server.serve(sockets=[listener])
        stopping.cancel()
    control.close()


async def _stop_in_time(server: uvicorn.Server, control: Control) -> None:
    await control.ended.wait()
    server.should_exit = True


if __name__ == "__main__":
    main()
