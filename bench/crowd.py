"""Many clients at once: whether each transfer gets its share, and how long a newcomer waits among idle sessions."""

import contextlib
import resource
import selectors
import ssl
import time

from bench.ftp import CHUNK, Door, Session, client_context
from bench.load import Step, in_processes

PROCESSES = 2
SETTLE_S = 3.0


def shares(door: Door, path: bytes, transfers: int, windows: int, window_s: float) -> list[list[int]]:
    """Run `transfers` downloads of a big file at once; return the bytes that each got, by common window of time."""

    def task(meet: Step) -> list[list[int]]:
        context = client_context()
        with contextlib.ExitStack() as held:
            sessions = [held.enter_context(Session(door, context)) for _ in range(transfers // PROCESSES)]
            connections = [held.enter_context(session.open_data(b"RETR " + path)) for session in sessions]
            with selectors.DefaultSelector() as selector:
                for number, connection in enumerate(connections):
                    connection.settimeout(0)
                    selector.register(connection, selectors.EVENT_READ, number)
                meet()
                _read(selector, len(connections), SETTLE_S)  # What waited in buffers is nobody's share.
                return [_read(selector, len(connections), window_s) for _ in range(windows)]

    answers, _ = in_processes(task, PROCESSES)
    return [[share for part in window for share in part] for window in zip(*answers, strict=True)]


def newcomers(door: Door, held_sessions: int, logins: int) -> list[float]:
    """Log in again and again while so many idle sessions are held; return the seconds of each login."""
    context = client_context()
    held: list[Session] = []  # Of a client process; they live until it is killed, after the last answer of all.

    def task(meet: Step) -> list[float]:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        held.extend(Session(door, context) for _ in range(held_sessions // PROCESSES))
        meet()
        return [_login_s(door, context) for _ in range(logins // PROCESSES)]

    answers, _ = in_processes(task, PROCESSES)
    return [seconds for answer in answers for seconds in answer]


def _login_s(door: Door, context: ssl.SSLContext) -> float:
    began = time.monotonic()
    session = Session(door, context)
    lasted = time.monotonic() - began
    session.quit()
    return lasted


def _read(selector: selectors.BaseSelector, count: int, seconds: float) -> list[int]:
    sizes, buffer, deadline = [0] * count, bytearray(CHUNK), time.monotonic() + seconds
    while time.monotonic() < deadline:
        for key, _ in selector.select(1):
            with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
                size = key.fileobj.recv_into(buffer)  # type: ignore[union-attr]  # A socket was registered.
                sizes[key.data] += size
                if not size:
                    selector.unregister(key.fileobj)
    return sizes
