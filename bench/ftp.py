"""A fast FTP client for load: blocking sockets, no listing, no retries. The same one for every peer."""

import socket
import ssl
from dataclasses import dataclass
from typing import Literal, Self

Security = Literal["clear", "explicit", "implicit"]
CHUNK = 1 << 18
DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class Door:
    """Where a peer listens, and how a session with it is secured; data connections are secured like the session."""

    host: str
    port: int
    security: Security


class FtpError(Exception):
    """A reply that the load does not expect; it ends the comparison: a figure of failing sessions is worthless."""


def client_context() -> ssl.SSLContext:
    """Return what every TLS session of the load is made with; it verifies nothing, for every peer alike."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Session:
    """One logged-in FTP session."""

    __slots__ = ("_buffer", "_context", "_door", "sock")

    def __init__(self, door: Door, context: ssl.SSLContext) -> None:
        self._door, self._context, self._buffer = door, context, b""
        self.sock: socket.socket = self._dial(door.port)
        if door.security == "implicit":
            self.sock = context.wrap_socket(self.sock)
        self._expect(b"2")
        if door.security == "explicit":
            self.command(b"AUTH TLS", b"234")
            self.sock = context.wrap_socket(self.sock)
        self.command(b"USER anonymous", b"331")
        self.command(b"PASS bench@", b"230")
        if door.security == "explicit":
            self.command(b"PBSZ 0", b"200")
            self.command(b"PROT P", b"200")
        self.command(b"TYPE I", b"200")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.sock.close()

    def command(self, line: bytes, expected: bytes) -> bytes:
        """Send one command, return the last line of its reply."""
        self.sock.sendall(line + b"\r\n")
        return self._expect(expected)

    def download(self, path: bytes, buffer: memoryview) -> int:
        """Fetch a file into nowhere; return its size."""
        with self.open_data(b"RETR " + path) as data:
            size = 0
            while count := data.recv_into(buffer):
                size += count
            finish(data)
        self._expect(b"226")
        return size

    def upload(self, path: bytes, content: memoryview, times: int) -> int:
        """Store `times` copies of `content` as one file; return its size."""
        with self.open_data(b"STOR " + path) as data:
            for _ in range(times):
                data.sendall(content)
            finish(data)
        self._expect(b"226")
        return len(content) * times

    def open_data(self, line: bytes) -> socket.socket:
        """Send a transfer command, return its data connection, handshake done.

        On implicit TLS the handshake comes before the 1xx: HAProxy dials the server's data port only after it.
        """
        reply = self.command(b"EPSV", b"229")
        data = self._dial(int(reply.rsplit(b"|", 2)[1]))
        self.sock.sendall(line + b"\r\n")
        if self._door.security == "implicit":
            data = self._secure(data)
        self._expect(b"1")
        return self._secure(data) if self._door.security == "explicit" else data

    def done(self) -> None:
        """Read the reply that ends a transfer."""
        self._expect(b"226")

    def quit(self) -> None:
        """Say goodbye and hang up."""
        self.command(b"QUIT", b"221")
        self.sock.close()

    def _secure(self, data: socket.socket) -> socket.socket:
        return self._context.wrap_socket(data, session=getattr(self.sock, "session", None))

    def _dial(self, port: int) -> socket.socket:
        try:
            sock = socket.create_connection((self._door.host, port), DEADLINE_S)
        except OSError as error:
            raise FtpError(f"{self._door.host}:{port} does not take a connection: {error}") from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _expect(self, code: bytes) -> bytes:
        while True:
            line = self._line()
            if line[3:4] == b" " and line[:3].isdigit():
                break
        if not line.startswith(code):
            raise FtpError(
                f"{self._door.host}:{self._door.port} ({self._door.security}) answered {line.decode('latin-1')}"
            )
        return line

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            received = self.sock.recv(4096)
            if not received:
                raise FtpError(f"{self._door.host}:{self._door.port} hung up")
            self._buffer += received
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line


def finish(data: socket.socket) -> None:
    """End a data connection in order: close_notify both ways under TLS."""
    if isinstance(data, ssl.SSLSocket):
        data.unwrap().close()
    else:
        data.shutdown(socket.SHUT_WR)
