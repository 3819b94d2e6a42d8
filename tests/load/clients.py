"""The clients of a load, each kind in processes of its own: sessions that idle, transfers that move, a flood.

Each process counts into memory that the one who watches reads meanwhile.
"""

import contextlib
import itertools
import multiprocessing
import resource
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

from bench.ftp import Door, FtpError, Session, client_context
from tests.load.ground import BIG

FORK = multiprocessing.get_context("fork")
PROCESSES = 2
READY_S = 600.0
TURN_S = 0.1
"""How often each transfer is read from."""
NOOPS_PER_S = 50
TRIES = 10
PATIENCE_S = 15.0
"""A connection of the flood that hears nothing for so long is lost."""
SOURCES = tuple(f"127.66.0.{number}" for number in range(1, 65))
"""A client whose every connection lingers needs more ports than one address has."""


class LoadError(Exception):
    """A client could not even begin; the sentence says why."""


class Tally:
    """Figures that one process writes and another reads."""

    NAMES = (
        "ready", "broken", "asked", "lost", "served", "refused", "failed", "slow_us",
    )  # fmt: skip

    def __init__(self, count: int) -> None:
        self._cells: Any = FORK.RawArray("q", len(self.NAMES))
        self.bytes: Any = FORK.RawArray("q", count)
        """By transfer."""
        self.stop = FORK.Event()

    def __getitem__(self, name: str) -> int:
        return int(self._cells[self.NAMES.index(name)])

    def add(self, name: str, amount: int = 1) -> None:
        """Count."""
        self._cells[self.NAMES.index(name)] += amount

    def top(self, name: str, amount: int) -> None:
        """Keep the largest."""
        place = self.NAMES.index(name)
        self._cells[place] = max(self._cells[place], amount)


@dataclass(frozen=True, slots=True)
class Clients:
    """All processes of one kind."""

    tallies: tuple[Tally, ...]
    processes: tuple[BaseProcess, ...]

    def total(self, name: str) -> int:
        """Return a figure of all of them."""
        return sum(tally[name] for tally in self.tallies)

    def most(self, name: str) -> int:
        """Return the largest figure of one of them."""
        return max(tally[name] for tally in self.tallies)

    def bytes(self) -> list[int]:
        """Return what each transfer has moved so far."""
        return [size for tally in self.tallies for size in tally.bytes]

    def await_ready(self) -> None:
        """Wait until all have begun. Raises LoadError."""
        deadline = time.monotonic() + READY_S
        while not all(tally["ready"] for tally in self.tallies):
            if not all(process.is_alive() for process in self.processes):
                raise LoadError("a client process of the load has ended: the lines above say why")
            if time.monotonic() > deadline:
                raise LoadError("the clients of the load do not get ready")
            time.sleep(0.05)


@contextlib.contextmanager
def clients(work: Callable[[Door, int, Tally], None], door: Door, count: int) -> Iterator[Clients]:
    """Let processes do some work with their shares of `count`, until the block ends."""
    tallies = tuple(Tally(count // PROCESSES) for _ in range(PROCESSES))
    processes = tuple(
        FORK.Process(target=_run, args=(work, door, count // PROCESSES, tally), daemon=True) for tally in tallies
    )
    for process in processes:
        process.start()
    try:
        yield Clients(tallies, processes)
    finally:
        for tally in tallies:
            tally.stop.set()
        for process in processes:
            process.join(5)
            process.kill()
            process.join()


def _run(work: Callable[[Door, int, Tally], None], door: Door, count: int, tally: Tally) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    work(door, count, tally)


def _entered(door: Door, context: ssl.SSLContext) -> Session:
    """Log in; mod_proxy hangs up on some who come at the same time, which is no part of the figures."""
    for _ in range(TRIES):
        with contextlib.suppress(FtpError, OSError):
            return Session(door, context)
        time.sleep(TURN_S)
    return Session(door, context)


def idle(door: Door, count: int, tally: Tally) -> None:
    """Hold sessions, and ask one after the other whether it is still there; who is not is not asked again."""
    context = client_context()
    held = [_entered(door, context) for _ in range(count)]
    tally.add("ready")
    for session in itertools.cycle(tuple(held)):
        if tally.stop.wait(1 / NOOPS_PER_S) or not held:
            return
        if session not in held:
            continue
        began = time.monotonic()
        try:
            session.command(b"NOOP", b"200")
            tally.top("slow_us", int(1e6 * (time.monotonic() - began)))
            tally.add("asked")
        except (FtpError, OSError):
            held.remove(session)
            tally.add("lost")


def transfers(rate_bytes: int) -> Callable[[Door, int, Tally], None]:
    """Return what downloads at a rate of so many bytes per second, all transfers together."""

    def work(door: Door, count: int, tally: Tally) -> None:
        context = client_context()
        sessions = [_entered(door, context) for _ in range(count)]
        data = {number: session.open_data(b"RETR " + BIG) for number, session in enumerate(sessions)}
        for connection in data.values():
            connection.settimeout(0)
        tally.add("ready")
        portion = memoryview(bytearray(max(1, int(rate_bytes * TURN_S) // (count * PROCESSES))))
        turn = time.monotonic()
        while data:
            turn += TURN_S
            for number in tuple(data):
                if not _take(data[number], portion, tally, number):
                    del data[number]
            turn = max(turn, time.monotonic())
            if tally.stop.wait(turn - time.monotonic()):
                return

    return work


def _take(connection: socket.socket, portion: memoryview, tally: Tally, number: int) -> bool:
    """Take the portion of one turn; return whether the transfer goes on."""
    left = len(portion)
    try:
        while left:
            size = connection.recv_into(portion[:left])
            if not size:
                raise ConnectionError
            tally.bytes[number] += size
            left -= size
    except (BlockingIOError, ssl.SSLWantReadError):
        return True  # Its portion is not there yet.
    except OSError:
        tally.add("broken")
        return False
    return True


def flood(door: Door, count: int, tally: Tally) -> None:
    """Connect `count` times a second, read what is said first, and hang up; never wait for one before the next."""
    tally.add("ready")
    sources, began, made = itertools.cycle(SOURCES), time.monotonic(), 0
    with selectors.DefaultSelector() as selector:
        while not tally.stop.is_set():
            while made < (time.monotonic() - began) * count:
                made += 1
                _knock(selector, door, next(sources), tally)
            for key, _events in selector.select(0.005):
                _listen(selector, key, tally)
            _give_up(selector, tally)
        for key in tuple(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]  # A socket was registered.


def _knock(selector: selectors.BaseSelector, door: Door, source: str, tally: Tally) -> None:
    sock = socket.socket()
    sock.settimeout(0)
    try:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((source, 0))
        sock.connect((door.host, door.port))
    except BlockingIOError:
        pass
    except OSError:
        sock.close()
        tally.add("failed")
        return
    selector.register(sock, selectors.EVENT_READ, time.monotonic())


def _listen(selector: selectors.BaseSelector, key: selectors.SelectorKey, tally: Tally) -> None:
    sock: Any = key.fileobj
    try:
        said = sock.recv(512)
    except OSError:
        said = b""
    words = {b"220": "served", b"421": "refused"}
    tally.add(words.get(said[:3], "failed"))
    if said:
        tally.top("slow_us", int(1e6 * (time.monotonic() - key.data)))
    selector.unregister(sock)
    sock.close()


def _give_up(selector: selectors.BaseSelector, tally: Tally) -> None:
    """Give up the oldest that have heard nothing; they stand in front, in the order in which they came."""
    limit = time.monotonic() - PATIENCE_S
    late: Sequence[selectors.SelectorKey] = tuple(
        itertools.takewhile(lambda key: key.data < limit, selector.get_map().values())
    )
    for key in late:
        tally.add("failed")
        selector.unregister(key.fileobj)
        key.fileobj.close()  # type: ignore[union-attr]  # As above.
