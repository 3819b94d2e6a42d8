"""The doctor as a client: a control connection on which every step has its clock, and what it needs for data."""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable
from typing import TypeVar

from ftpair.core import networks
from ftpair.core.doctor import Order
from ftpair.core.errors import FtpairError
from ftpair.core.plan import HeaderVersion
from ftpair.ftp.command import printable
from ftpair.ftp.proxy_header import BUILD, Header
from ftpair.ftp.reply import Reply
from ftpair.probes import transferring, words
from ftpair.probes.conversation import Conversation
from ftpair.probes.doctor.target import Entrance, Target
from ftpair.probes.transfer import Errand, Transfer
from ftpair.probes.transferring import Terms

LONGEST_FAREWELL_S = 1.0
"""How long a server may take to say 221 before the doctor leaves without it."""
_Done = TypeVar("_Done")


class RefusedError(FtpairError):
    """The server answered, and not as it must."""

    def __init__(self, sentence: str, reply: Reply) -> None:
        super().__init__(sentence)
        self.reply = reply


class Client:
    """One control connection; methods raise OSError (TimeoutError is one), ProbeFailedError or RefusedError."""

    def __init__(self, target: Target, entrance: Entrance, order: Order) -> None:
        self.target, self.order = target, order
        self.replies: dict[str, Reply] = {}
        """The last answer to each verb, and the greeting under an empty one."""
        header = _header(target, target.control_header)
        self.talk = Conversation(target.endpoint(entrance), header)

    @property
    def data_header(self) -> bytes:
        """What data connections must begin with."""
        return _header(self.target, self.target.data_header)

    async def within_step(self, doing: Awaitable[_Done]) -> _Done:
        """Do something for as long as a step may take. Raises TimeoutError."""
        async with asyncio.timeout(self.order.step_s):
            return await doing

    async def connect(self) -> None:
        """Connect."""
        await self.within_step(self.talk.connect())

    async def greet(self) -> Reply:
        """Read the greeting."""
        reply = self.replies[""] = await self.within_step(self.talk.greeting())
        return self.expect(reply, 220, "the greeting was")

    async def secure(self, context: ssl.SSLContext) -> None:
        """Start TLS at once, as behind AUTH and on an implicit port."""
        await self.within_step(self.talk.secure_by(context, self.target.tls.name or self.target.host))

    async def ask(self, verb: str, argument: str = "") -> Reply:
        """Say a command and return the final reply."""
        reply = self.replies[verb] = await self.within_step(self.talk.ask(verb, argument))
        return reply

    def expect(self, reply: Reply, code: int, lead: str) -> Reply:
        """Return the reply if it has the code, or any of the same hundred if that is a round one."""
        if reply.code == code or (code % 100 == 0 and reply.code // 100 == code // 100):
            return reply
        raise RefusedError(f"{lead} {self.shown(reply)}", reply)

    def shown(self, reply: Reply) -> str:
        """Return a reply for people."""
        return said(reply, self.order.password)

    def in_words(self, error: OSError) -> str:
        """Say what an error of the connection means."""
        if isinstance(error, TimeoutError) and not error.errno:
            return f"no {self.talk.awaited} within {self.order.step_s:g} s"
        return words.of_error(error, self.talk.awaited)

    async def transfer(self, errand: Errand) -> Transfer:
        """Carry out one transfer; what goes wrong is in what it returns."""
        step_s = self.order.step_s
        terms = Terms(self.shown, step_s, step_s, self.data_header)
        transfer = await transferring.run(self.talk, errand, terms)
        if transfer.answer is not None:
            self.replies[errand.way] = transfer.answer
        return transfer

    async def leave(self) -> None:
        """Say QUIT and wait a moment for the 221, so that the server's log shows an orderly visit."""
        if not self.talk.may_speak:
            return
        try:
            async with asyncio.timeout(LONGEST_FAREWELL_S):
                await self.talk.ask("QUIT")
                await self.talk.hang_up()
        except (OSError, FtpairError):
            pass  # What was to be seen has been seen.

    def close(self) -> None:
        """Close the socket."""
        self.talk.close()


def said(reply: Reply, secret: str = "") -> str:
    """Return the first line of a reply, and what IIS hides further below: the details."""
    first = words.of_reply(reply, secret)
    details = re.search(rb"^\s*Error details: *(.+)$", reply.raw, re.MULTILINE)
    return f"{first} ({printable(details[1].strip(), words.LONGEST_REPLY_SHOWN)})" if details else first


def _header(target: Target, version: HeaderVersion) -> bytes:
    """Return the header of the PROXY protocol for a connection of our own."""
    if target.headers_from and networks.contain(target.headers_from, _own_address(target.host)):
        return BUILD["v2"](Header())
    return BUILD[version](Header())


def _own_address(host: str) -> str:
    """Return the address that connections to a host leave from; nothing is sent to find out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect((host, 9))
        except OSError:
            return host
        return str(sock.getsockname()[0])
