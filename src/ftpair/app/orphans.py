"""Finds the workers that a former supervisor has left, and hears what they hand over."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from ftpair.app.recipes import WORKER
from ftpair.core.errors import SetupError
from ftpair.core.messages import TABLES, HandOver
from ftpair.dataplane.channel import Channel
from ftpair.dataplane.handover import FOLDER, Handovers
from ftpair.dataplane.processes import Foreign

log = structlog.get_logger("ftpair")

PATIENCE_S = 15.0
"""What a worker gets to notice that its supervisor is gone: one that hangs for so long is killed at any other time."""
PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Orphan:
    """A worker without a supervisor, what it says, and what it has handed over."""

    process: Foreign
    sock: socket.socket
    said: HandOver
    fds: tuple[int, ...]

    @property
    def tables(self) -> tuple[int, ...]:
        """Return the descriptors of the shared tables."""
        return self.fds[:TABLES]

    @property
    def listeners(self) -> tuple[int, ...]:
        """Return those of the control listeners, in the order in which they are named."""
        return self.fds[TABLES : TABLES + len(self.said.listeners)]

    @property
    def passive(self) -> tuple[int, ...]:
        """Return those of the passive ports."""
        return self.fds[TABLES + len(self.said.listeners) :]


class _Silent(Exception):  # noqa: N818 - it never leaves this file.
    """It does not speak as an orphan does."""


async def find_in(runtime: Path) -> tuple[Orphan, ...]:
    """Return all workers that await a supervisor in a runtime folder. Raises SetupError."""
    try:
        handovers = Handovers(runtime)
    except OSError as error:
        why = error.strerror or str(error)
        raise SetupError(f"paths.runtime: {runtime / FOLDER} cannot be made ({why}); choose another") from error
    try:
        return await find(handovers)
    finally:
        handovers.close()


async def find(handovers: Handovers, patience_s: float = PATIENCE_S) -> tuple[Orphan, ...]:
    """Return all workers that await a supervisor; one that lives and never answers is ended.

    Until one of them is taken it goes on as it was.
    """
    found = await asyncio.gather(*(_find(handovers, pid, patience_s) for pid in handovers.left()))
    return tuple(orphan for orphan in found if orphan is not None)


async def _find(handovers: Handovers, pid: int, patience_s: float) -> Orphan | None:
    process = _worker(pid)
    if process is None:
        handovers.forget(pid)
        return None
    deadline = time.monotonic() + patience_s
    while process.poll() is None:
        try:
            return await _heard(process, handovers.connect(pid), deadline - time.monotonic())
        except (OSError, _Silent):  # It has not noticed yet. Nothing tells when it listens, so it is asked again.
            await asyncio.sleep(PAUSE_S)
        if time.monotonic() > deadline:
            log.error("a worker of the former supervisor does not answer and is ended", pid=pid)
            process.kill()
    handovers.forget(pid)
    return None


def _worker(pid: int) -> Foreign | None:
    """Return the process if it is a worker: a dead one's number may be somebody else's by now."""
    with suppress(OSError):
        process = Foreign(pid)
        if WORKER.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return process
        process.poll()  # One of our own from before may wait for us to hear of its end.
    return None


async def _heard(process: Foreign, sock: socket.socket, within_s: float) -> Orphan:
    heard: asyncio.Future[tuple[HandOver, tuple[int, ...]]] = asyncio.get_running_loop().create_future()

    def say(said: HandOver, fds: tuple[int, ...]) -> None:
        if not heard.done():
            heard.set_result((said, fds))

    def lost() -> None:
        if not heard.done():
            heard.set_exception(_Silent())

    channel = Channel(sock, HandOver, say, lost)
    try:
        async with asyncio.timeout(max(within_s, 0.0)):
            said, fds = await heard
    except TimeoutError:
        channel.close()
        raise _Silent from None
    return Orphan(process, channel.detach(), said, fds)


def end(orphans: Iterable[Orphan]) -> None:
    """Tell workers that nobody will take to end in order: their transfers get their time."""
    for orphan in orphans:
        orphan.process.send_signal(signal.SIGTERM)


def close(fds: Iterable[int]) -> None:
    """Close descriptors that are not used."""
    for fd in fds:
        os.close(fd)
