"""A client made of a socket: says exactly these bytes, and tells a clean end of TLS from a cut one."""

import re
import socket
import ssl
import struct
from pathlib import Path
from types import TracebackType
from typing import Self

_TIMEOUT_S = 20


class RawClient:
    """One control connection; `say` sends a line, `reply` returns a whole reply."""

    def __init__(
        self, host: str, port: int, ca: Path | None = None, version: str = "1.3", source: str | None = None
    ) -> None:
        """Connect; with `source` all connections leave from there."""
        self._source = (source, 0) if source else None
        self.sock: socket.socket = self.connect_data((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = host
        self.context = _context(ca, version)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        """Send bytes in one call."""
        self.sock.sendall(data)

    def say(self, line: str) -> None:
        """Send one line."""
        self.send(f"{line}\r\n".encode())

    def reply(self) -> str:
        """Return the next whole reply, line ends as they came; an empty text when the peer has gone."""
        text = first = self._line()
        if not re.match(r"\d{3}-", first):
            return text
        while line := self._line():
            text += line
            if line.startswith(f"{first[:3]} "):
                break
        return text

    def ask(self, line: str) -> str:
        """Say a line and return the reply."""
        self.say(line)
        return self.reply()

    def secure(self) -> None:
        """Start TLS on the control connection."""
        self.sock = self._wrap(self.sock)

    def auth(self) -> None:
        """Read the greeting, say AUTH TLS and start TLS."""
        assert self.reply().startswith("220")
        assert self.ask("AUTH TLS").startswith("234")
        self.secure()

    def log_in(self, user: str = "interop", password: str = "correct horse") -> None:
        """Log in and ask for protected data connections, when the control connection is."""
        assert self.ask(f"USER {user}").startswith("331")
        assert self.ask(f"PASS {password}").startswith("230")
        if isinstance(self.sock, ssl.SSLSocket):
            assert self.ask("PBSZ 0").startswith("200")
            assert self.ask("PROT P").startswith("200")
        assert self.ask("TYPE I").startswith("200")

    def passive(self) -> tuple[str, int]:
        """Ask for a passive port."""
        reply = self.ask("EPSV")
        found = re.search(r"\(\|\|\|(\d+)\|\)", reply)
        assert found, reply
        return self._host, int(found[1])

    def connect_data(self, endpoint: tuple[str, int]) -> socket.socket:
        """Connect a data connection, clear until it is secured."""
        return socket.create_connection(endpoint, timeout=_TIMEOUT_S, source_address=self._source)

    def secure_data(self, sock: socket.socket, *, resume: bool = False) -> ssl.SSLSocket:
        """Start TLS on a data connection; it tells a missing close_notify from a clean end."""
        control = self.sock if resume and isinstance(self.sock, ssl.SSLSocket) else None
        return self._wrap(sock, control.session if control else None)

    def begin(self, command: str) -> socket.socket:
        """Begin a transfer and return its data connection, secured when the control connection is."""
        data = self.connect_data(self.passive())
        reply = self.ask(command)
        assert reply.startswith("1"), reply
        return self.secure_data(data) if isinstance(self.sock, ssl.SSLSocket) else data

    def read_to_end(self) -> bytes:
        """Return everything until the peer closes or resets."""
        data = self._buffer
        try:
            while piece := self.sock.recv(65536):
                data += piece
        except (ConnectionError, ssl.SSLError):
            pass
        return data

    def _line(self) -> str:
        while b"\n" not in self._buffer:
            try:
                piece = self.sock.recv(65536)
            except (ConnectionError, ssl.SSLError):
                piece = b""
            if not piece:
                rest, self._buffer = self._buffer, b""
                return rest.decode("latin-1")
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode("latin-1") + "\n"

    def _wrap(self, sock: socket.socket, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        return self.context.wrap_socket(sock, server_hostname=self._host, session=session, suppress_ragged_eofs=False)


def reset(sock: socket.socket) -> None:
    """Close a socket by a reset, as a peer that dies."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def drain(sock: socket.socket) -> tuple[int, bool]:
    """Read a data connection to its end; return how many bytes came, and whether it ended in order."""
    taken = 0
    try:
        while piece := sock.recv(1 << 16):
            taken += len(piece)
    except (ConnectionError, ssl.SSLError):
        return taken, False
    return taken, True


def _context(ca: Path | None, version: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # Else a bare FIN looks like a close_notify.
    wanted = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    context.minimum_version = context.maximum_version = wanted
    return context
