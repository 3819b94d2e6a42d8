"""The control connection of a probe: asks, reads replies, turns to TLS in mid-stream. Deadlines are its caller's.

asyncio's own `start_tls` reads clear bytes that came before the handshake as if they had come over TLS; here they are
an injection (CVE-2021-22947). So this works on a bare socket and an `SSLObject` between two memory buffers.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import TypeVar

from ftpair.config.contexts import client_context
from ftpair.core.endpoint import Endpoint
from ftpair.core.errors import FtpairError
from ftpair.core.plan import ServerTls
from ftpair.ftp.replies import ReplyReader
from ftpair.ftp.reply import Reply
from ftpair.probes import words

MOST_BYTES = 256 * 1024
"""More than any server says in greeting, FEAT and login."""
_CHUNK_BYTES = 16 * 1024
_Done = TypeVar("_Done")


class ProbeFailedError(FtpairError):
    """The server did not do what the probe wants; the sentence says what it did."""


@lru_cache(maxsize=256)
def context_of(tls: ServerTls) -> ssl.SSLContext:
    """Return the context of a server, built once: loading the system's CAs takes 20 ms. Raises ssl.SSLError."""
    return client_context(tls)


class Conversation:
    """One control connection; any method may raise OSError (ssl.SSLError is one) or ProbeFailedError."""

    def __init__(self, peer: Endpoint, header: bytes = b"") -> None:
        """`header` is what the server wants in front of everything else."""
        self.awaited = "connection"
        """What is waited for, in words."""
        self.may_speak = False
        """Whether a QUIT would be understood."""
        self._peer, self._header = peer, header
        self._loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in peer.host else socket.AF_INET
        self._sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.IPPROTO_TCP)
        self._tls: ssl.SSLObject | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._allowance_bytes = MOST_BYTES
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()

    async def connect(self) -> None:
        """Connect to the server."""
        await self._loop.sock_connect(self._sock, (self._peer.host, self._peer.port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._header:
            await self._loop.sock_sendall(self._sock, self._header)
        self.may_speak = True

    async def greeting(self) -> Reply:
        """Read the greeting; a 120 only says that it takes some time (RFC 959, 5.4)."""
        reply = await self._reply("greeting")
        while reply.is_preliminary:
            reply = await self._reply("greeting")
        return reply

    async def ask(self, verb: str, argument: str = "") -> Reply:
        """Send one command and read its final reply."""
        line = f"{verb} {argument}" if argument else verb
        if not set(line).isdisjoint("\r\n\0"):
            raise ProbeFailedError(f"the argument of {verb} holds a line end, nothing was sent")
        await self._send(line.encode("utf-8", "surrogateescape") + b"\r\n")
        awaited = f"answer to {verb}"
        reply = await self._reply(awaited)
        while reply.is_preliminary:
            reply = await self._reply(awaited)
        return reply

    async def secure(self, tls: ServerTls) -> str:
        """Start TLS as the client and return its version. Clear bytes that are there already are an injection."""
        self.awaited = "TLS handshake"
        self.may_speak = False
        if self._replies or self._reader.is_pending:
            raise ProbeFailedError("clear text after the answer to AUTH TLS (injection)")
        name = tls.name or self._peer.host
        try:
            self._tls = context_of(tls).wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        except ValueError:
            raise ProbeFailedError(f"the name {name!r} cannot be used for TLS") from None
        try:
            await self._pump(self._tls.do_handshake)
        except ssl.SSLCertVerificationError as error:
            sentence = words.of_mismatch(error, _certificate(self._tls), name)
            raise ProbeFailedError(sentence) if sentence else error from None
        self.may_speak = True
        return self._tls.version() or "TLS"

    async def hang_up(self) -> None:
        """Send close_notify where there is TLS."""
        if self._tls is not None:
            with suppress(ssl.SSLError):  # The peer's close_notify is not waited for.
                self._tls.unwrap()
            await self._flush()

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    async def _reply(self, awaited: str) -> Reply:
        self.awaited = awaited
        while not self._replies:
            self._refuse_nonsense()
            self._replies.extend(self._reader.feed(await self._receive()))
        return self._replies.popleft()

    def _refuse_nonsense(self) -> None:
        if self._reader.is_overflowed or self._reader.is_garbage:
            self.may_speak = False
            kind = "an endless line" if self._reader.is_overflowed else "something that is not FTP"
            raise ProbeFailedError(f"no {self.awaited} but {kind}")

    async def _receive(self) -> bytes:
        if self._tls is None:
            return await self._receive_raw()
        tls = self._tls
        data = await self._pump(lambda: tls.read(_CHUNK_BYTES))
        if not data:
            raise self._closed()
        return data

    async def _receive_raw(self) -> bytes:
        data = await self._loop.sock_recv(self._sock, _CHUNK_BYTES)
        if not data:
            raise self._closed()
        # asyncio hands out bytes that are there without ever turning to the deadline, so a flood must end by itself.
        self._allowance_bytes -= len(data)
        if self._allowance_bytes < 0:
            self.may_speak = False
            raise ProbeFailedError(f"no {self.awaited} but a flood")
        return data

    def _closed(self) -> ProbeFailedError:
        self.may_speak = False
        return ProbeFailedError(f"connection closed, no {self.awaited}")

    async def _send(self, data: bytes) -> None:
        if self._tls is None:
            await self._loop.sock_sendall(self._sock, data)
        else:
            self._tls.write(data)
            await self._flush()

    async def _pump(self, step: Callable[[], _Done]) -> _Done:
        """Repeat a step of TLS until it needs no more bytes of the peer; what it has to say, alerts too, is sent."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                await self._flush()
            self._incoming.write(await self._receive_raw())

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._sock, self._outgoing.read())


def _certificate(tls: ssl.SSLObject) -> bytes:
    """Return the peer's certificate (DER) after a handshake that failed on it; empty if Python does not tell."""
    if hasattr(tls, "get_unverified_chain"):  # Python 3.13.
        chain: list[bytes] = tls.get_unverified_chain()
        return chain[0] if chain else b""
    # Before 3.13 only the object inside knows it; without it a mismatch could not be explained.
    inner = getattr(tls, "_sslobj", None)
    certificates = inner.get_unverified_chain() if inner is not None else None
    return ssl.PEM_cert_to_DER_cert(certificates[0].public_bytes()) if certificates else b""
