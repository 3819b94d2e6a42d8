"""A client made of sockets: one step at a time, every byte and every end as it comes."""

import re
import socket
import ssl
import struct
from types import TracebackType
from typing import Self

from ftpair.core.ending import End

from .stage import EXPLICIT, IMPLICIT, PASSWORD, USER, VIP, client_context

TIMEOUT_S = 20
FRONT = "127.0.0.9"
"""Where a proxy in front comes from."""


class RawClient:
    """One control connection and the data connections that belong to it."""

    def __init__(self, *, host: str = VIP, port: int = EXPLICIT, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3):
        self.host = host
        self.context = client_context(version)
        self.sock: socket.socket = self.connect(port)
        if port == IMPLICIT:
            self.sock = self.secured(self.sock)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    def secured(self, sock: socket.socket) -> ssl.SSLSocket:
        """Make the handshake, offering the control connection's session to a data connection."""
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self.context.wrap_socket(sock, suppress_ragged_eofs=False, session=session)

    # The control connection.

    def say(self, *lines: str) -> None:
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def reply(self) -> str:
        """Return the last line of the next reply; nothing when the connection has ended."""
        line = self._line()
        if line[3:4] == "-":
            code = line[:3] + " "
            while line and not line.startswith(code):
                line = self._line()
        return line

    def ask(self, line: str) -> str:
        self.say(line)
        return self.reply()

    def _line(self) -> str:
        while b"\n" not in self._rest:
            try:
                data = self.sock.recv(65536)
            except (ConnectionError, ssl.SSLError):
                return ""
            if not data:
                return ""
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.rstrip(b"\r").decode()

    def log_in(self, *, over_tls: bool = False) -> Self:
        """Log in; over TLS: start it first, and protect data connections."""
        assert self.reply().startswith("220 ")
        if over_tls:
            assert self.ask("AUTH TLS").startswith("234 ")
            self.sock = self.secured(self.sock)
        for line, code in ((f"USER {USER}", "331"), (f"PASS {PASSWORD}", "230"), ("TYPE I", "200")):
            assert self.ask(line).startswith(code)
        for line in ("PBSZ 0", "PROT P") if over_tls else ():
            assert self.ask(line).startswith("200 ")
        return self

    # Data connections.

    def passive(self) -> int:
        """Ask for a passive port."""
        reply = self.ask("EPSV")
        found = re.fullmatch(r"229 .*\(\|\|\|(\d+)\|\)\.?", reply)
        assert found, reply
        return int(found[1])

    def connect(self, port: int) -> socket.socket:
        """Make any connection, control and data alike."""
        return socket.create_connection((self.host, port), timeout=TIMEOUT_S)

    def begin(self, command: str) -> socket.socket:
        """Connect, begin a transfer, secure the data connection where the control connection is secure."""
        data = self.connect(self.passive())
        reply = self.ask(command)
        assert reply.startswith("1"), reply
        return self.secured(data) if isinstance(self.sock, ssl.SSLSocket) else data

    def retrieve(self, command: str) -> tuple[bytes, End, str]:
        """Make a whole download; return the bytes, how the data connection ended, and the reply."""
        with self.begin(command) as data:
            return *read(data), self.reply()


class Fronted(RawClient):
    """A client behind a proxy; its connections come from `source` and begin with `header`."""

    def __init__(self, header: bytes, *, source: str = FRONT, port: int = EXPLICIT) -> None:
        self.header, self.source = header, source
        super().__init__(port=port)

    def connect(self, port: int) -> socket.socket:
        sock = socket.create_connection((self.host, port), timeout=TIMEOUT_S, source_address=(self.source, 0))
        sock.sendall(self.header)
        return sock


def _is_connected(data: socket.socket) -> bool:
    """Debian's Python 3.11.2 takes a socket that was reset before its handshake for one in clear text."""
    try:
        data.getpeername()
    except OSError:
        return False
    return True


def read(data: socket.socket) -> tuple[bytes, End]:
    """Read to the end, and say which end it was."""
    got = bytearray()
    if not _is_connected(data):
        return b"", End.CUT
    try:
        while piece := data.recv(1 << 18):
            got += piece
    except (ConnectionError, ssl.SSLError):
        return bytes(got), End.CUT
    return bytes(got), End.ENDED


def end(data: socket.socket) -> None:
    """End in order: close_notify where there is TLS, then FIN."""
    if isinstance(data, ssl.SSLSocket):
        data.unwrap()
    data.close()


def vanish(data: socket.socket) -> None:
    """End with a bare FIN, without a close_notify."""
    socket.socket.shutdown(data, socket.SHUT_WR)


def reset(data: socket.socket) -> None:
    """End with a reset."""
    data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket.close(data)
