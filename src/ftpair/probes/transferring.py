"""Data connections of probes and doctor: asked for by PASV or EPSV, TLS resumed or not, watched to their very end."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from ftpair.core.endpoint import Endpoint
from ftpair.core.errors import FtpairError
from ftpair.ftp.addresses import parse_extended_passive_reply, parse_passive_reply
from ftpair.ftp.reply import Reply
from ftpair.probes import words
from ftpair.probes.conversation import ClearTextError, Conversation
from ftpair.probes.stream import FloodError, GoneError, Stream, chain_of
from ftpair.probes.transfer import Ending, Errand, Stage, Transfer

LONGEST_PARTING_S = 2.0
"""How long a server may take to end its side of a data connection after an upload."""
_MOMENT_S = 0.2
_Done = TypeVar("_Done")


class _RefusedError(FtpairError):
    """The server answered, and not as it must."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How transfers are made."""

    shown: Callable[[Reply], str]
    """A reply for people."""
    step_s: float
    """How long a step may take."""
    last_word_s: float
    """How long the final answer to a transfer that went wrong is awaited."""
    header: bytes = b""
    """What data connections begin with: a header of the PROXY protocol."""
    most_bytes: int = 16 << 20
    """What is read of a listing; a longer one has shown enough."""


async def run(talk: Conversation, errand: Errand, terms: Terms) -> Transfer:
    """Carry out one transfer; what goes wrong is in what it returns. What is awaited is in `talk.awaited`."""
    attempt = _Attempt(talk, errand, terms)
    try:
        await attempt.go()
    except TimeoutError:
        await attempt.time_out()
    except OSError as error:
        attempt.trouble = words.of_error(error, talk.awaited)
    except ClearTextError as error:
        attempt.hear(error)
    except FtpairError as error:
        attempt.trouble = error.sentence
    finally:
        attempt.close()
    await attempt.hear_the_end()
    return attempt.transfer


class _Attempt:
    """A transfer under way."""

    def __init__(self, talk: Conversation, errand: Errand, terms: Terms) -> None:
        self.trouble = ""
        self._talk, self._errand, self._terms = talk, errand, terms
        self._stage: Stage = "ask"
        self._answer: Reply | None = None
        self._told: Endpoint | None = None
        self._final: Reply | None = None
        self._is_promised = False
        """Whether the server has said 1xx, so that a final reply follows."""
        self._ending: Ending = ""
        self._data = bytearray()
        self._is_resumed = self._is_timed_out = False
        self._stream: Stream | None = None
        self._certificate = b""

    @property
    def transfer(self) -> Transfer:
        """What was seen."""
        return Transfer(
            way=self._errand.way,
            is_resuming=self._errand.is_resuming,
            stage=self._stage,
            trouble=self.trouble,
            answer=self._answer,
            told=self._told,
            final=self._final,
            is_resumed=self._is_resumed,
            certificate=self._certificate,
            ending=self._ending,
            data=bytes(self._data),
            is_timed_out=self._is_timed_out,
        )

    async def go(self) -> None:
        """Do it step by step."""
        talk, errand, terms = self._talk, self._errand, self._terms
        told = self._told = await self._asked()
        # As careful clients do: the connection goes to who was dialled, whatever the reply names (CVE-2020-8284).
        endpoint = Endpoint(talk.host, told.port)
        self._enter("connect", f"connection to port {told.port}")
        stream = self._stream = Stream(endpoint, terms.most_bytes)
        await self._within_step(_connected(stream, terms.header))
        self._enter("begin", f"answer to {errand.verb}")
        await talk.say(errand.verb, errand.argument)
        reply = await self._within_step(talk.reply(talk.awaited))
        self._note(reply)
        if not reply.is_preliminary:
            self._end_without_data(reply)
            return
        self._is_promised = True
        await self._secured(stream)
        self._enter("move", "data")
        await self._within_step(self._moved(stream))
        self._enter("end", f"final answer to {errand.verb}")
        await self._concluded()

    async def time_out(self) -> None:
        """Say for what there was no time; a data connection that was closed meanwhile tells more than the clock."""
        self._is_timed_out = True
        self.trouble = f"no {self._talk.awaited} within {self._terms.step_s:g} s"
        if self._stage == "begin" and self._stream is not None:
            self._ending = await _end_of(self._stream)
            if self._ending:
                self.trouble = f"the data connection was closed at once, and {self.trouble}"

    async def hear_the_end(self) -> None:
        """Read the final reply to a transfer that was begun and went wrong: it says why."""
        if self._is_promised and self._final is None and self._stage in {"tls", "move"}:
            try:
                async with asyncio.timeout(self._terms.last_word_s):
                    self._final = await self._talk.final("final answer")
            except TimeoutError:
                self._is_timed_out = True  # The server still owes an answer, so nothing else can be asked.
            except (OSError, FtpairError):
                pass  # What went wrong is known.

    def hear(self, error: ClearTextError) -> None:
        """Take an answer that came without TLS for the answer that it is."""
        self.trouble = error.sentence
        if self._stage == "ask":
            self._answer = error.reply
        else:
            self._final = error.reply

    def close(self) -> None:
        """Close the data connection."""
        if self._stream is not None:
            self._stream.close()

    async def _within_step(self, doing: Awaitable[_Done]) -> _Done:
        async with asyncio.timeout(self._terms.step_s):
            return await doing

    def _enter(self, stage: Stage, awaited: str) -> None:
        self._stage, self._talk.awaited = stage, awaited

    async def _asked(self) -> Endpoint:
        way = self._errand.way
        reply = self._answer = await self._within_step(self._talk.ask(way))
        if way == "PASV":
            told = parse_passive_reply(reply.raw) if reply.code == 227 else None
        else:
            port = parse_extended_passive_reply(reply.raw) if reply.code == 229 else None
            told = Endpoint("", port) if port else None
        if told is None:
            raise _RefusedError(f"{way} is answered by {self._terms.shown(reply)}")
        return told

    def _note(self, reply: Reply) -> None:
        if not reply.is_preliminary:
            self._final = reply

    def _end_without_data(self, reply: Reply) -> None:
        """Some servers say 226 at once where there is nothing to list."""
        if not reply.is_positive:
            raise _RefusedError(f"{self._errand.verb} is answered by {self._terms.shown(reply)}")
        self._stage = "done"

    async def _secured(self, stream: Stream) -> None:
        talk = self._talk
        if talk.context is None:
            return
        self._enter("tls", "TLS handshake of the data connection")
        session = talk.session if self._errand.is_resuming else None
        await self._within_step(stream.secure(talk.context, talk.name, session))
        assert stream.tls is not None
        self._is_resumed = bool(stream.tls.session_reused)
        self._certificate = next(iter(chain_of(stream.tls)), b"")

    async def _moved(self, stream: Stream) -> None:
        if self._errand.payload is None:
            await self._read(stream)
        else:
            await stream.send(self._errand.payload)
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_PARTING_S):
                    await stream.part()
        self._keep_ticket(stream)

    async def _read(self, stream: Stream) -> None:
        try:
            while data := await stream.receive():
                self._data += data
            self._ending = "notify"
        except GoneError:
            self._ending = "fin"
        except FloodError:
            return
        except ConnectionResetError:
            self._ending = "reset"
            raise
        with suppress(OSError):
            await stream.hang_up()

    def _keep_ticket(self, stream: Stream) -> None:
        session = stream.tls.session if stream.tls else None
        if session is not None and session.has_ticket:
            self._talk.ticket = session

    async def _concluded(self) -> None:
        self.close()
        reply = self._final = await self._within_step(self._talk.final(self._talk.awaited))
        is_enough = self._errand.payload is None and not self._ending
        if not (reply.is_positive or is_enough):
            raise _RefusedError(f"{self._errand.verb} ends with {self._terms.shown(reply)}")
        self._stage = "done"


async def _connected(stream: Stream, header: bytes) -> None:
    await stream.connect()
    if header:
        await stream.send(header)


async def _end_of(stream: Stream) -> Ending:
    """Return how a data connection was ended on which nothing has moved yet; nothing if it is still there."""
    try:
        async with asyncio.timeout(_MOMENT_S):
            return "" if await stream.receive() else "fin"
    except TimeoutError:
        return ""
    except ConnectionResetError:
        return "reset"
    except (OSError, ssl.SSLError, FtpairError):
        return "fin"
