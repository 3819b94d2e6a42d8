"""The control connection of a probe: asks, reads replies, turns to TLS in mid-stream. Deadlines are its caller's."""

import re
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from ftpair.config.contexts import client_context
from ftpair.core.endpoint import Endpoint
from ftpair.core.errors import FtpairError
from ftpair.core.plan import ServerTls
from ftpair.ftp.replies import ReplyReader
from ftpair.ftp.reply import Reply
from ftpair.probes import words
from ftpair.probes.stream import FloodError, GoneError, Stream, chain_of

MOST_BYTES = 256 * 1024
"""More than any server says in greeting, FEAT and login."""


_CLEAR_LINE = re.compile(rb"[1-5]\d\d [ -~]+\r\n")


class ProbeFailedError(FtpairError):
    """The server did not do what the probe wants; the sentence says what it did."""


@lru_cache(maxsize=256)
def context_of(tls: ServerTls) -> ssl.SSLContext:
    """Return the context of a server, built once: loading the system's CAs takes 20 ms. Raises ssl.SSLError."""
    return client_context(tls)


class ClearTextError(ProbeFailedError):
    """The server spoke without TLS in the middle of it: vsftpd does so when it gives up."""

    def __init__(self, sentence: str, reply: Reply) -> None:
        super().__init__(sentence)
        self.reply = reply


class Conversation:
    """One control connection; any method may raise OSError (ssl.SSLError is one) or ProbeFailedError."""

    def __init__(self, peer: Endpoint, header: bytes = b"") -> None:
        """`header` is what the server wants in front of everything else."""
        self.awaited = "connection"
        """What is waited for, in words."""
        self.may_speak = False
        """Whether a QUIT would be understood."""
        self.context: ssl.SSLContext | None = None
        """By which TLS was started; data connections use the same one, or nothing could be resumed."""
        self.name = peer.host
        """Whose certificate was asked for."""
        self.ticket: ssl.SSLSession | None = None
        """The newest of a data connection."""
        self._peer, self._header = peer, header
        self._stream = Stream(peer, MOST_BYTES)
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()

    @property
    def tls(self) -> ssl.SSLObject | None:
        """TLS, once it was started."""
        return self._stream.tls

    @property
    def host(self) -> str:
        """The address that was dialled."""
        return self._peer.host

    @property
    def session(self) -> ssl.SSLSession | None:
        """The TLS session that a data connection may resume."""
        return self.ticket or (self.tls.session if self.tls else None)

    @property
    def local_host(self) -> str:
        """The address that the connection leaves from."""
        return self._stream.local_host

    async def connect(self) -> None:
        """Connect to the server."""
        await self._stream.connect()
        if self._header:
            await self._stream.send(self._header)
        self.may_speak = True

    async def greeting(self) -> Reply:
        """Read the greeting; a 120 only says that it takes some time (RFC 959, 5.4)."""
        return await self.final("greeting")

    async def ask(self, verb: str, argument: str = "") -> Reply:
        """Send one command and read its final reply."""
        await self.say(verb, argument)
        return await self.final(f"answer to {verb}")

    async def say(self, verb: str, argument: str = "") -> None:
        """Send one command."""
        line = f"{verb} {argument}" if argument else verb
        if not set(line).isdisjoint("\r\n\0"):
            raise ProbeFailedError(f"the argument of {verb} holds a line end, nothing was sent")
        await self._stream.send(line.encode("utf-8", "surrogateescape") + b"\r\n")

    async def final(self, awaited: str) -> Reply:
        """Read replies up to a final one."""
        reply = await self.reply(awaited)
        while reply.is_preliminary:
            reply = await self.reply(awaited)
        return reply

    async def reply(self, awaited: str) -> Reply:
        """Read one reply, which may be preliminary."""
        self.awaited = awaited
        while not self._replies:
            self._refuse_nonsense()
            self._replies.extend(self._reader.feed(await self._receive()))
        return self._replies.popleft()

    async def secure(self, tls: ServerTls) -> str:
        """Start TLS as the client and return its version. Clear bytes that are there already are an injection."""
        name = tls.name or self._peer.host
        try:
            await self.secure_by(context_of(tls), name)
        except ssl.SSLCertVerificationError as error:
            shown = chain_of(self._stream.tls) if self._stream.tls else ()
            sentence = words.of_mismatch(error, shown[0] if shown else b"", name)
            raise ProbeFailedError(sentence) if sentence else error from None
        assert self._stream.tls is not None
        return self._stream.tls.version() or "TLS"

    async def secure_by(self, context: ssl.SSLContext, name: str) -> None:
        """Start TLS by a context, for a server of that name."""
        self.awaited = "TLS handshake"
        self.may_speak = False
        self.context, self.name = context, name
        if self._replies or self._reader.is_pending:
            raise ProbeFailedError("clear text after the answer to AUTH TLS (injection)")
        try:
            with self._in_words():
                await self._stream.secure(context, name)
        except ssl.SSLError:
            raise  # One of them, of certificates, is a ValueError too.
        except ValueError:
            raise ProbeFailedError(f"the name {name!r} cannot be used for TLS") from None
        self.may_speak = True

    async def hang_up(self) -> None:
        """Send close_notify where there is TLS."""
        await self._stream.hang_up()

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def _refuse_nonsense(self) -> None:
        if self._reader.is_overflowed or self._reader.is_garbage:
            self.may_speak = False
            kind = "an endless line" if self._reader.is_overflowed else "something that is not FTP"
            raise ProbeFailedError(f"no {self.awaited} but {kind}")

    async def _receive(self) -> bytes:
        with self._in_words():
            data = await self._stream.receive()
            if not data:
                raise GoneError("connection closed")
            return data

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say what was waited for when the connection ends, or is flooded."""
        try:
            yield
        except GoneError:
            self.may_speak = False
            raise ProbeFailedError(f"connection closed, no {self.awaited}") from None
        except FloodError:
            self.may_speak = False
            raise ProbeFailedError(f"no {self.awaited} but a flood") from None
        except ssl.SSLError:
            spoken = _CLEAR_LINE.search(self._stream.overheard)
            if spoken is None:
                raise
            self.may_speak = False
            reply = Reply(int(spoken[0][:3]), spoken[0])
            raise ClearTextError(f"no {self.awaited} but, without TLS, {words.of_reply(reply)}", reply) from None
