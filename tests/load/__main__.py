"""`make load`: 10,000 idle sessions, 1,000 transfers and 2,000 connects a second at once; memory must stay flat.

python -m tests.load [--seconds 600] [--idle 10000] [--transfers 1000] [--connects 2000] [--rate 100]
                     [--peers ftpair haproxy mod_proxy] [--write]
"""

import argparse
import contextlib
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.peers import PeerError
from tests.load import clients
from tests.load.clients import Clients, LoadError
from tests.load.figures import HEAD, MIB, Outcome, look, ratios
from tests.load.ground import PEERS, Ground, most_of_haproxy, running

DOCUMENT = Path(__file__).parents[2] / "docs" / "load.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
SETTLE_S = 3.0
LOOKS = 60
MOST_OF_MOD_PROXY = {"idle": 500, "transfers": 100}
"""It has a process of 2 MiB for each session, and a second connection behind each: more is no comparison any more."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything."""

    seconds: float
    idle: int
    transfers: int
    connects: int
    rate_bytes: int
    before_s: float = 10.0


def put_under_load(name: str, scale: Scale) -> Outcome:
    """Start a balancer by its name, load it, and return what came of it. Raises LoadError and PeerError."""
    with contextlib.ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="ftpair-load-")))
        folder.chmod(0o755)
        ground = ends.enter_context(running(name, folder))
        doors = ground.peer.doors
        idle = ends.enter_context(clients.clients(clients.idle, doors["idle"], scale.idle))
        idle.await_ready()
        say(f"{name}: {scale.idle} sessions idle")
        work = clients.transfers(scale.rate_bytes)
        moving = ends.enter_context(clients.clients(work, doors["transfers"], scale.transfers))
        moving.await_ready()
        time.sleep(SETTLE_S)
        rate_before = _rate(moving, scale.before_s)
        say(f"{name}: {scale.transfers} transfers move {rate_before / MIB:.1f} MiB/s")
        return _flooded(name, scale, ground, idle, moving, rate_before)


def _rate(moving: Clients, seconds: float) -> float:
    began, then = time.monotonic(), moving.bytes()
    time.sleep(seconds)
    return sum(_since(moving, then)) / (time.monotonic() - began)


def _since(moving: Clients, then: Sequence[int]) -> list[int]:
    """Return what each transfer has moved since."""
    return [now - before for now, before in zip(moving.bytes(), then, strict=True)]


def _flooded(name: str, scale: Scale, ground: Ground, idle: Clients, moving: Clients, rate_before: float) -> Outcome:
    pause_s = scale.seconds / LOOKS
    looks, lags = [], [0.0]
    with clients.clients(clients.flood, ground.peer.doors["flood"], scale.connects) as flood:
        flood.await_ready()
        began, then = time.monotonic(), moving.bytes()
        while time.monotonic() < began + scale.seconds:
            time.sleep(pause_s)
            looks.append(look(ground.peer.pid))
            lags.append(ground.figures().get("event_loop_lag_seconds", 0.0))
            if len(looks) % 10 == 0:
                say(
                    f"{name}: {time.monotonic() - began:.0f} s, PSS {looks[-1].pss_bytes / MIB:.0f} MiB, "
                    f"{looks[-1].descriptors} descriptors, lag {lags[-1]:.3f} s, {flood.total('served')} served, "
                    f"{flood.total('refused')} refused, {flood.total('failed')} failed, "
                    f"{sum(_since(moving, then)) / (time.monotonic() - began) / MIB:.1f} MiB/s"
                )
        seconds = time.monotonic() - began
        moved = _since(moving, then)
        figures = ground.figures()
        return Outcome(
            name,
            scale.idle,
            idle.total("lost"),
            scale.transfers,
            moving.total("broken"),
            rate_before,
            sum(moved) / seconds,
            min(moved) / statistics.median(moved),
            seconds,
            flood.total("served"),
            flood.total("refused"),
            flood.total("failed"),
            flood.most("slow_us") / 1e6,
            tuple(looks),
            max(lags),
            tuple((key, int(value)) for key, value in figures.items() if key.startswith("refused: ")),
        )


def say(sentence: str) -> None:
    """Tell who waits."""
    print(sentence, file=sys.stderr, flush=True)


def report(outcomes: Sequence[Outcome], scale: Scale) -> list[str]:
    """Return the figures as lines of Markdown."""
    machine = f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
    read = f"transfers read at {scale.rate_bytes / MIB:.0f} MiB/s in all"
    lines = [
        f"{scale.seconds:,.0f} s of flood for each on {datetime.now(UTC):%Y-%m-%d} ({machine}).",
        f"{scale.connects:,} connects a second, {read}.",
        "",
        *HEAD,
        *(outcome.row() for outcome in outcomes),
        "",
    ]
    for outcome in outcomes:
        told = ", ".join(f"{reason} {count:,}" for reason, count in outcome.reasons) or "nobody refused"
        if outcome.peer == "ftpair":
            lines.append(f"ftpair: the longest that an event waited was {outcome.worst_lag_s:.3f} s; {told}.")
    return [*lines, *ratios(outcomes)]


def main() -> int:
    """Load; return 1 if something of ftpair is not as it must be."""
    parser = argparse.ArgumentParser(prog="make load")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long the flood lasts (default: 600)")
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--transfers", type=int, default=1_000)
    parser.add_argument("--connects", type=int, default=2_000, help="connections of the flood, per second")
    parser.add_argument("--rate", type=int, default=100, help="MiB/s of all transfers together")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=["ftpair"], help="who is loaded, one by one")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/load.md")
    given = parser.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    scale = Scale(given.seconds, given.idle, given.transfers, given.connects, given.rate * MIB)
    try:
        outcomes = [put_under_load(name, scale_of(name, scale)) for name in given.peers]
    except (LoadError, PeerError) as error:
        say(f"load: {error}")
        return 1
    lines = report(outcomes, scale)
    complaints = [sentence for each in outcomes if each.peer == "ftpair" for sentence in each.complaints()]
    print(*lines, sep="\n")
    if "ftpair" in given.peers:
        print(*(complaints or ["ftpair: all as it must be"]), sep="\n")
    if given.write and not complaints:
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        DOCUMENT.write_text("\n".join([f"{before}{BEGIN}", "", *lines, "", f"{END}{rest.partition(END)[2]}"]))
    return 1 if complaints else 0


def scale_of(name: str, scale: Scale) -> Scale:
    """Return as much as a peer can do at all."""
    if name == "haproxy":
        return replace(scale, idle=min(scale.idle, most_of_haproxy() - 2 * scale.transfers - 300))
    if name == "mod_proxy":
        idle = min(scale.idle, MOST_OF_MOD_PROXY["idle"])
        transfers = min(scale.transfers, MOST_OF_MOD_PROXY["transfers"])
        rate_bytes = scale.rate_bytes * transfers // scale.transfers
        return replace(scale, idle=idle, transfers=transfers, rate_bytes=rate_bytes)
    return scale


if __name__ == "__main__":
    sys.exit(main())
