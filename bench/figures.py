"""How each figure is taken from one peer. A load gives samples by key; rows.py says what they mean."""

import contextlib
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import machine
from bench.crowd import newcomers, shares
from bench.ftp import CHUNK, Door, Session, client_context
from bench.load import Step, together
from bench.peers import Peer

Samples = dict[str, float]
GIB = 1 << 30
SMALL = b"small"
BIG = b"big"
UPLOADED = b"up/uploaded"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything."""

    clients: int = 4
    seconds: float = 4.0
    big_bytes: int = GIB
    clear_copies: int = 3
    idle_sessions: int = 200
    noops: int = 3000
    transfers: int = 1000
    held_sessions: int = 10_000
    logins: int = 400
    windows: int = 3
    window_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of work: by which way in each peer does it, and how it is measured."""

    doors: dict[str, str]
    measure: Callable[[Peer, Door, Scale], Samples]
    is_once: bool = False
    """Done in the first round only."""


def sessions(peer: Peer, door: Door, scale: Scale) -> Samples:
    """Connect, log in, fetch one small file, quit; over and over."""
    return _repeated(peer, lambda: _whole_session(door), scale)


def files(peer: Peer, door: Door, scale: Scale) -> Samples:
    """Fetch one small file after the other in one session per client."""
    return _repeated(peer, lambda: _one_more_file(door), scale)


def download_clear(peer: Peer, door: Door, scale: Scale) -> Samples:
    """Fetch the big file a few times."""
    return _relay(
        peer, door, lambda session, buffer: [session.download(BIG, buffer) for _ in range(scale.clear_copies)]
    )


def download(peer: Peer, door: Door, _scale: Scale) -> Samples:
    """Fetch the big file."""
    return _relay(peer, door, lambda session, buffer: [session.download(BIG, buffer)])


def upload(peer: Peer, door: Door, scale: Scale) -> Samples:
    """Store a big file."""
    times = scale.big_bytes // CHUNK
    return _relay(peer, door, lambda session, buffer: [session.upload(UPLOADED, buffer, times)])


def idle_memory(peer: Peer, door: Door, scale: Scale) -> Samples:
    """Hold idle sessions, logged in and with TLS; what they add to the memory of the balancer's processes."""
    context = client_context()
    with contextlib.ExitStack() as held:
        for _ in range(scale.clients):  # What is loaded once is no cost of a session.
            held.enter_context(Session(door, context))
        before = machine.tree_pss_kib(peer.pid)
        for _ in range(scale.idle_sessions):
            held.enter_context(Session(door, context))
        time.sleep(1)
        return {"kib": (machine.tree_pss_kib(peer.pid) - before) / scale.idle_sessions}


def latency(_peer: Peer, door: Door, scale: Scale) -> Samples:
    """Send NOOP and wait for its reply, many times; the median in microseconds."""
    with Session(door, client_context()) as session:
        return {"us": statistics.median(_noop_ns(session) for _ in range(scale.noops)) / 1000}


def transfers(_peer: Peer, door: Door, scale: Scale) -> Samples:
    """Run many downloads at once; what the slowest got, as a part of what the median got."""
    windows = shares(door, BIG, scale.transfers, scale.windows, scale.window_s)
    return {
        "fairness": fairness(windows),
        "mib_s": statistics.median(map(sum, windows)) / scale.window_s / (1 << 20),
    }


def fairness(windows: list[list[int]]) -> float:
    """Return what the slowest of all got in a window as a part of what the median got; the median of the windows.

    The slowest of a thousand is one sample of an extreme: a window that other work has disturbed must not decide.
    """
    return statistics.median(min(shares) / statistics.median(shares) for shares in windows)


def crowded(_peer: Peer, door: Door, scale: Scale) -> Samples:
    """Hold many idle sessions, and log in beside them; the median and the 99th percentile in milliseconds."""
    lasted = statistics.quantiles(newcomers(door, scale.held_sessions, scale.logins), n=100)
    return {"median_ms": 1000 * lasted[49], "p99_ms": 1000 * lasted[98]}


def _repeated(peer: Peer, prepare: Callable[[], Step], scale: Scale) -> Samples:
    before = machine.tree_cpu_s(peer.pid)
    work = together(prepare, scale.clients, scale.seconds)
    own_ms = 1000 * (machine.tree_cpu_s(peer.pid) - before) / work.steps
    rated = {"rate": work.per_second, "machine_cpu": work.machine_ms, "client_cpu": work.client_ms}
    return rated | {"own_cpu": own_ms} if peer.pid else rated


def _whole_session(door: Door) -> Step:
    context, buffer = client_context(), memoryview(bytearray(CHUNK))

    def step() -> None:
        session = Session(door, context)
        session.download(SMALL, buffer)
        session.quit()

    step()
    return step


def _one_more_file(door: Door) -> Step:
    session, buffer = Session(door, client_context()), memoryview(bytearray(CHUNK))

    def step() -> None:
        session.download(SMALL, buffer)

    step()
    return step


def _relay(peer: Peer, door: Door, transfer: Callable[[Session, memoryview], list[int]]) -> Samples:
    with Session(door, client_context()) as session:
        cpu, clock = machine.tree_cpu_s(peer.pid), time.monotonic()
        size = sum(transfer(session, memoryview(bytearray(CHUNK))))
        seconds = time.monotonic() - clock
        return {"cpu": (machine.tree_cpu_s(peer.pid) - cpu) / (size / GIB), "mib_s": size / seconds / (1 << 20)}


def _noop_ns(session: Session) -> int:
    began = time.perf_counter_ns()
    session.command(b"NOOP", b"200")
    return time.perf_counter_ns() - began
