"""A download that goes no further until it is told to, so that a test can do things while it runs."""

import ftplib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.browser.kit.house import House
from tests.interop.lab.clients.python_ftplib import connect
from tests.interop.lab.clients.steps import Way
from tests.interop.lab.files import fill
from tests.interop.lab.operations import BIG

CUT = "cut"
NAME = "big.bin"


@dataclass(frozen=True, slots=True)
class HeldDownload:
    """A download of `NAME`, begun and held; more of the file is left than all buffers on the way can take."""

    server: str
    """Which real server has it, as the API tells it."""
    ftp: ftplib.FTP
    data: ftplib.socket.socket

    def finish(self) -> str:
        """Take the rest; returns the SHA-256 of the file, or `CUT`."""
        taken = hashlib.sha256()
        try:
            while piece := self.data.recv(1 << 20):
                taken.update(piece)
            self.data.close()
            self.ftp.voidresp()
        except ftplib.all_errors:
            return CUT
        return taken.hexdigest()


@contextmanager
def held_download(house: House, way: Way) -> Iterator[HeldDownload]:
    """Log in, begin the download, and leave in the end."""
    ftp = connect(way)
    try:
        ftp.voidcmd("TYPE I")
        with ftp.transfercmd(f"RETR files/{NAME}") as data:
            yield HeldDownload(_server_of(house, ftp), ftp, data)
    finally:
        ftp.close()


def put_big_files(house: House) -> None:
    """Give each real server a `NAME` of its own content."""
    for name, server in house.servers.items():
        server.put(NAME, fill(name, BIG))


def _server_of(house: House, ftp: ftplib.FTP) -> str:
    host, port = ftp.sock.getsockname()[:2]
    return next(str(row["server"]) for row in house.balancer.sessions() if row["client"] == f"{host}:{port}")
