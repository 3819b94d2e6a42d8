"""One TCP connection of a probe, TLS from the start, in mid-stream or never. Deadlines are its caller's.

asyncio's own `start_tls` reads clear bytes that came before the handshake as if they had come over TLS; here they are
an injection (CVE-2021-22947). So this works on a bare socket and an `SSLObject` between two memory buffers.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from ftpair.core.endpoint import Endpoint
from ftpair.core.errors import FtpairError

_CHUNK_BYTES = 16 * 1024
_MOMENT_S = 0.5
_Done = TypeVar("_Done")


class GoneError(FtpairError):
    """The peer ended the connection; under TLS without close_notify."""


class FloodError(FtpairError):
    """The peer sends more than anybody wants to read."""


class Stream:
    """One connection; any method may raise OSError (ssl.SSLError is one), GoneError or FloodError."""

    def __init__(self, peer: Endpoint, most_bytes: int) -> None:
        """`most_bytes` is what the peer may send in all, TLS and its records included."""
        self.tls: ssl.SSLObject | None = None
        self._peer = peer
        self._loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in peer.host else socket.AF_INET
        self._sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.IPPROTO_TCP)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._allowance_bytes = most_bytes
        self.overheard = b""
        """What came behind the start of TLS and is none, as it was."""
        self._newest = b""

    async def connect(self) -> None:
        """Connect to the peer."""
        await self._loop.sock_connect(self._sock, (self._peer.host, self._peer.port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def local_host(self) -> str:
        """The address that the connection leaves from."""
        return str(self._sock.getsockname()[0])

    async def secure(self, context: ssl.SSLContext, name: str, session: ssl.SSLSession | None = None) -> None:
        """Start TLS as the client, with a session to resume or none. Raises ValueError for an impossible name."""
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name, session=session)
        await self._pump(self.tls.do_handshake)

    async def send(self, data: bytes) -> None:
        """Send bytes, under TLS if it was started."""
        if self.tls is None:
            await self._loop.sock_sendall(self._sock, data)
        else:
            self.tls.write(data)
            await self._flush()

    async def receive(self) -> bytes:
        """Return some bytes; none at all after an orderly end: close_notify, or a FIN where there is no TLS."""
        if self.tls is None:
            return await self._receive_raw()
        tls = self.tls
        try:
            return await self._pump(lambda: tls.read(_CHUNK_BYTES))
        except ssl.SSLError:
            await self._overhear()
            raise

    async def hang_up(self) -> None:
        """Send close_notify where there is TLS; the peer's is not waited for."""
        if self.tls is not None:
            with suppress(ssl.SSLError):
                self.tls.unwrap()
            await self._flush()

    async def part(self) -> None:
        """End this side in order, and read what the peer still says until it ends its own (its FIN, or a reset)."""
        await self.hang_up()
        self._sock.shutdown(socket.SHUT_WR)
        while await self._receive_raw():
            pass

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    async def _overhear(self) -> None:
        """Keep what could not be understood, to the end of its line: vsftpd sends that in pieces."""
        self.overheard = self._newest
        with suppress(OSError, FloodError):
            async with asyncio.timeout(_MOMENT_S):
                while b"\n" not in self.overheard and (more := await self._receive_raw()):
                    self.overheard += more

    async def _receive_raw(self) -> bytes:
        data = await self._loop.sock_recv(self._sock, _CHUNK_BYTES)
        # asyncio hands out bytes that are there without ever turning to the deadline, so a flood must end by itself.
        self._allowance_bytes -= len(data)
        if self._allowance_bytes < 0:
            raise FloodError("a flood")
        self._newest = data
        return data

    async def _pump(self, step: Callable[[], _Done]) -> _Done:
        """Repeat a step of TLS until it needs no more bytes of the peer; what it has to say, alerts too, is sent."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                await self._flush()
            data = await self._receive_raw()
            if not data:
                raise GoneError("connection closed")
            self._incoming.write(data)

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._sock, self._outgoing.read())


def chain_of(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """Return the certificates (DER) that the peer showed, its own first, also if they were refused; perhaps none."""
    if hasattr(tls, "get_unverified_chain"):  # Python 3.13.
        return tuple(tls.get_unverified_chain())
    # Before 3.13 only the object inside knows it; without it a mismatch could not be explained.
    inner = getattr(tls, "_sslobj", None)
    certificates = (inner.get_unverified_chain() if inner is not None else None) or ()
    return tuple(ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in certificates)
