"""An FTPS client with what Python's own lacks: implicit TLS, resumed data connections, honest ends."""

import ftplib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ftpair.demo.place import PASSWORD, USER, Entrance, Place

BLOCK = 1 << 18
RECORD = 1 << 14
"""What one TLS record holds; to ask `recv` for more only makes it set aside memory in vain."""
TIMEOUT_S = 60.0
Told = Callable[[int], None]
"""Called with the number of bytes that moved."""


def context_for(ca: Path, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a context that trusts `ca` and speaks one TLS version only."""
    context = ssl.create_default_context(cafile=str(ca))
    context.minimum_version = context.maximum_version = version
    return context


class Client(ftplib.FTP_TLS):
    """One FTPS session."""

    def __init__(self, place: Place, entrance: Entrance, context: ssl.SSLContext) -> None:
        super().__init__(context=context, timeout=TIMEOUT_S)
        self._is_implicit = entrance == "implicit"
        self.is_resumed = False
        """Whether the last data connection resumed the session of the control connection."""
        self.connect(place.vip, place.ports[entrance])
        self.login(USER, PASSWORD)
        self.prot_p()

    @property
    def tls(self) -> str:
        """Version and cipher of the control connection."""
        assert isinstance(self.sock, ssl.SSLSocket)
        cipher = self.sock.cipher()
        return f"{self.sock.version()} {cipher[0] if cipher else ''}"

    def getresp(self) -> str:
        """Read a reply; on implicit TLS the handshake comes before the very first one."""
        if self._is_implicit and self.sock is not None and not isinstance(self.sock, ssl.SSLSocket):
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)
            self.file = self.sock.makefile("r", encoding=self.encoding)
        return super().getresp()

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a data connection that resumes the control session; it must end with close_notify."""
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - secured in the next lines.
        assert isinstance(self.sock, ssl.SSLSocket)
        secured = self.context.wrap_socket(
            connection, server_hostname=self.host, session=self.sock.session, suppress_ragged_eofs=False
        )
        self.is_resumed = bool(secured.session_reused)
        return secured, size

    def upload(self, source: Path, name: str, told: Told) -> None:
        """Store a file."""
        with source.open("rb") as content:
            self.storbinary(f"STOR {name}", content, BLOCK, lambda block: told(len(block)))

    def download(self, name: str, target: Path, told: Told) -> None:
        """Fetch a file."""
        untold = 0
        with target.open("wb") as content:

            def take(block: Any) -> None:
                nonlocal untold
                content.write(block)
                untold += len(block)
                if untold >= BLOCK:  # A progress bar that moves with every record would be most of the work.
                    told(untold)
                    untold = 0

            self.retrbinary(f"RETR {name}", take, RECORD)
        told(untold)

    def read(self, name: str) -> str:
        """Return the text of a small file."""
        lines: list[str] = []
        self.retrlines(f"RETR {name}", lines.append)
        return "\n".join(lines)
