"""Many clients at once, from many addresses: what attackers and busy offices look like."""

import asyncio
import itertools
import os
import resource
from collections.abc import Awaitable, Callable, Iterable, Iterator

from tests.interop.lab.places import CONTROL_PORT

_PATIENCE_S = 30


def sources() -> Iterator[str]:
    """Return loopback addresses that only this run's swarms use."""
    net = 192 + os.getpid() % 60
    return (f"127.{net}.{host >> 8 & 255}.{host & 255}" for host in itertools.count(257))


def raise_limit(descriptors: int) -> int:
    """Let this process have so many files open, or as many as it may; return how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = max(soft, min(descriptors, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


class Caller:
    """One connection of a swarm."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reply(self) -> str:
        """Return the next reply of one line; an empty text when the peer has gone."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return (await self.reader.readline()).decode("latin-1").rstrip("\r\n")
        except ConnectionError:
            return ""

    async def ask(self, line: str) -> str:
        """Say a line and return the reply."""
        try:
            self.writer.write(f"{line}\r\n".encode())
            await self.writer.drain()
        except ConnectionError:
            return ""
        return await self.reply()

    def close(self) -> None:
        """Go away."""
        self.writer.close()


async def call(host: str, source: str, port: int = CONTROL_PORT) -> Caller:
    """Connect from an address."""
    return Caller(*await asyncio.open_connection(host, port, local_addr=(source, 0)))


async def swarm(each: Callable[[str], Awaitable[list[str]]], callers: Iterable[str], at_once: int) -> list[str]:
    """Run `each` for every source address, so many at once; return all their replies."""
    gate = asyncio.Semaphore(at_once)

    async def one(source: str) -> list[str]:
        async with gate:
            return await each(source)

    return [reply for replies in await asyncio.gather(*map(one, callers)) for reply in replies]
