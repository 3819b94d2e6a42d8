"""The process of API and web UI: `python -m ftpair.web --channel FD --listen FD`, started by the supervisor."""

import argparse
import asyncio
import signal
import socket
from collections.abc import Sequence

from ftpair.api.access import LocalAccess, WebAccess
from ftpair.api.app import create_app
from ftpair.app.confining import confine_api
from ftpair.app.control import Control
from ftpair.observe import log
from ftpair.web.app import create_site
from ftpair.web.serving import Https, served


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
    """Answer on `listener`, and on HTTPS as the supervisor wishes, by what it says, until it says stop or is gone."""
    https = Https()
    control = Control(channel, confinement=confinement, use_web=https.use)
    https.site = create_site(control, WebAccess(control))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(served(create_app(control, LocalAccess()), listener, control.ended))
        tasks.create_task(https.run(control.ended))
    control.close()


if __name__ == "__main__":
    main()
