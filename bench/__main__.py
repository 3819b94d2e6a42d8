"""`python -m bench`: start all peers, take every figure in rounds, print the table, write bench/results.json."""

import argparse
import datetime
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console

import ftpair
from bench import machine, report
from bench.certificates import make_pair
from bench.configurations import ANONYMOUS
from bench.figures import BIG, SMALL, UPLOADED, Scale
from bench.ftp import FtpError
from bench.peers import CORES, PARTS, STARTERS, Peer, PeerError, Site, running
from bench.rows import LOADS, History

PEERS = list(STARTERS)
PAUSE_S = 0.3
ROUNDS = 3
"""What a figure needs that README may quote."""
VERSIONS = {
    "HAProxy": ["haproxy", "-v"],
    "ProFTPD": [str(PARTS / "usr/sbin/proftpd"), "--version"],
}
err = Console(stderr=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=LOADS, default=list(LOADS), metavar="LOAD", help=", ".join(LOADS))
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS, metavar="PEER", help=", ".join(PEERS))
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"how often everything is measured (default: {ROUNDS})"
    )
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="how long a load of sessions or files lasts (default: 4)"
    )
    parser.add_argument("--transfers", type=int, default=1000, help="how many transfers run at once (default: 1000)")
    parser.add_argument(
        "--idle", type=int, default=200, help="how many idle sessions are held for the memory (default: 200)"
    )
    parser.add_argument(
        "--held", type=int, default=10_000, help="beside how many idle sessions newcomers log in (default: 10,000)"
    )
    parser.add_argument(
        "--save", action="store_true", help="write bench/results.json and README even if this is no whole run"
    )
    return parser.parse_args()


def main() -> int:
    options = arguments()
    scale = replace(
        Scale(),
        seconds=options.seconds,
        transfers=options.transfers,
        idle_sessions=options.idle,
        held_sessions=options.held,
    )
    history: History = {}
    try:
        for number in range(1, options.rounds + 1):
            one_round(number, options, scale, history)
    except (PeerError, FtpError, OSError, subprocess.SubprocessError) as error:
        err.print(f"bench: {error}", markup=False)
        return 1
    results = told(options, scale, history)
    report.show(results)
    is_whole = (set(options.only), set(options.peers)) == (set(LOADS), set(PEERS)) and options.rounds >= ROUNDS
    if options.save or is_whole:
        report.save(results)
    return 0


def one_round(number: int, options: argparse.Namespace, scale: Scale, history: History) -> None:
    """Start everything anew, let every peer do every load, the peers in turn."""
    with (
        tempfile.TemporaryDirectory(prefix="ftpair-bench-") as folder,
        tempfile.TemporaryDirectory(dir="/dev/shm") as data,
    ):
        site = Site(Path(folder), Path(data), make_pair(Path(folder)))
        fill(site.data, scale)
        with running(site, options.peers) as peers:
            for name in options.only:
                if number == 1 or not LOADS[name].is_once:
                    one_load(number, name, peers, scale, history)
                (site.data / os.fsdecode(UPLOADED)).unlink(missing_ok=True)


def one_load(number: int, name: str, peers: dict[str, Peer], scale: Scale, history: History) -> None:
    load = LOADS[name]
    turn = [peer for peer in load.doors if peer in peers]
    turn = turn[number % len(turn) :] + turn[: number % len(turn)] if turn else turn
    for peer in turn:
        time.sleep(PAUSE_S)
        began = time.monotonic()
        samples = load.measure(peers[peer], peers[peer].doors[load.doors[peer]], scale)
        history.setdefault((name, peer), []).append(samples)
        figures = ", ".join(f"{key} {value:.4g}" for key, value in samples.items())
        err.print(
            f"round {number}  {name:9}  {peer:11}  {time.monotonic() - began:4.1f} s  {figures}",
            highlight=False,
            soft_wrap=True,
        )


def fill(data: Path, scale: Scale) -> None:
    """Lay the files out: a small one, a big one, a folder for uploads that the anonymous user may write."""
    data.chmod(0o755)
    upload = data / "up"
    upload.mkdir()
    shutil.chown(upload, ANONYMOUS)
    (data / os.fsdecode(SMALL)).write_bytes(os.urandom(1024))
    block = os.urandom(1 << 20)
    with (data / os.fsdecode(BIG)).open("wb") as big:
        for _ in range(scale.big_bytes // len(block)):
            big.write(block)


def told(options: argparse.Namespace, scale: Scale, history: History) -> dict[str, Any]:
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "versions": versions(),
        "settings": {"rounds": options.rounds, "haproxy_threads": CORES, "ftpair_workers": CORES, **asdict(scale)},
        "rows": report.rows(history),
    }


def versions() -> dict[str, str]:
    found = {"ftpair": ftpair.__version__, "Python": sys.version.split()[0], "OpenSSL": ssl.OPENSSL_VERSION.split()[1]}
    for name, command in VERSIONS.items():
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found[name] = next(word for word in said.split() if word[0].isdigit())
    return found


if __name__ == "__main__":
    sys.exit(main())
