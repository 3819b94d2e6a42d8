"""`make soak`: many transfers through one ftpair, whose memory, descriptors and CPU must stay flat.

python -m tests.soak [--transfers 100000] [--clients 8] [--rounds 20] [--minutes 120] [--write]
"""

import argparse
import concurrent.futures
import contextlib
import os
import platform
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import fresh_address
from tests.interop.lab.servers.real_server import RealServer
from tests.soak.clients import KINDS, SIZES, Door, SoakError, Visitor
from tests.soak.figures import HEAD, Course, Sample, sample, together

DOCUMENT = Path(__file__).parents[2] / "docs" / "soak.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
PATIENCE_S = 60.0
ENTRANCES = ("clear", "explicit", "implicit")
_TLS = {"clear_text": "allow", "data_protection": "allow"}


class Ground:
    """One ftpair before a server in clear text and one with TLS."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.authority = authority
        self.servers: dict[str, RealServer] = {
            tls: new_server(folder, authority, "vsftpd", tls) for tls in ("clear", "explicit")
        }
        self.vips = {tls: fresh_address() for tls in self.servers}
        services = {
            tls: service(
                self.vips[tls],
                {"SVR": entry(server.address, tls, authority.ca)},
                tls=dict(_TLS),
                health={"check": "off"},
            )
            for tls, server in self.servers.items()
        }
        self.settings = settings(folder, authority, services)

    def start(self, ends: contextlib.ExitStack) -> None:
        """Start the real servers, each with the files that are downloaded."""
        for server in self.servers.values():
            ends.callback(server.stop)
            server.start()
            for name, size in SIZES.items():
                server.put(name, files.fill(name, size))

    def doors(self, entrances: Sequence[str]) -> tuple[Door, ...]:
        """Return the ways in."""
        return tuple(
            Door(self.vips[tls], entrance, self.authority.ca, server.user, server.password)
            for tls, server in self.servers.items()
            for entrance in entrances
        )


def pids_of(balancer: Balancer) -> dict[str, int]:
    """Return every process of the balancer by its name."""
    supervisor = balancer.daemon.pid
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in children}
    named = {line[line.index("-m") + 1].rpartition(".")[2]: pid for pid, line in lines.items() if "-m" in line}
    workers = {f"worker {number}": pid for number, pid in enumerate(balancer.worker_pids())}
    return {"supervisor": supervisor, **workers, "prober": named["prober"], "api": named["web"]}


def settle(balancer: Balancer) -> None:
    """Wait until no session is left."""
    deadline = time.monotonic() + PATIENCE_S
    while balancer.sessions():
        if time.monotonic() > deadline:
            raise SoakError(f"sessions are left behind: {balancer.sessions()[:3]}")
        time.sleep(0.1)


def soak(balancer: Balancer, doors: tuple[Door, ...], given: argparse.Namespace) -> tuple[list[Course], Counter[str]]:
    """Make the transfers in rounds; return what each process measured, and the number of transfers of each kind."""
    visitors = [Visitor(doors, number, tuple(given.only)) for number in range(given.clients)]
    share = max(1, given.transfers // given.rounds // given.clients)
    pids = pids_of(balancer)
    samples: dict[str, list[Sample]] = {name: [] for name in pids}
    done: Counter[str] = Counter()
    deadline = time.monotonic() + given.minutes * 60
    with concurrent.futures.ProcessPoolExecutor(min(given.clients, 4)) as pool:
        for number in range(given.rounds):
            if time.monotonic() > deadline:
                raise SoakError(f"only {done.total()} transfers in {given.minutes} minutes")
            for kinds, visitor in pool.map(visit, visitors, [share] * len(visitors)):
                done += kinds
                visitors[visitor.number] = visitor
            settle(balancer)
            for name, pid in pids.items():
                samples[name].append(sample(pid))
            sizes = ", ".join(f"{name} {taken[-1].resident >> 10:,} KiB" for name, taken in samples.items())
            print(
                f"round {number + 1} of {given.rounds}: {done.total()} transfers; {sizes}", file=sys.stderr, flush=True
            )
    if pids_of(balancer) != pids:
        raise SoakError(f"a process was replaced: {pids} became {pids_of(balancer)}")
    courses = [Course(name, share * given.clients, tuple(taken)) for name, taken in samples.items()]
    return [*courses, together([each for each in courses if each.name.startswith("worker")])], done


def visit(visitor: Visitor, count: int) -> tuple[Counter[str], Visitor]:
    """Let one client do its share, in a process of the pool."""
    return visitor.transfer(count), visitor


def troubles(balancer: Balancer) -> list[str]:
    """Return lines of the log that tell of a bug."""
    return [line for line in balancer.log().splitlines() if '"level":"error"' in line or "Traceback" in line][:5]


def report(courses: list[Course], done: Counter[str], seconds: float) -> list[str]:
    """Return the figures as lines of Markdown."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in done.most_common())
    machine = f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
    return [
        f"{done.total():,} transfers in {seconds:,.0f} s on {datetime.now(UTC):%Y-%m-%d} ({machine}): {kinds}.",
        "",
        *HEAD,
        *(course.row() for course in courses),
    ]


def main() -> int:
    """Soak; return 1 if something is not flat."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--transfers", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=sorted(KINDS), default=sorted(KINDS), help="kinds of transfer")
    parser.add_argument("--entrances", nargs="+", choices=ENTRANCES, default=ENTRANCES)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/soak.md")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with contextlib.ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="ftpair-soak-")))
        folder.chmod(0o755)
        ground = Ground(folder, Authority(folder))
        ground.start(ends)
        balancer = ends.enter_context(running(folder, ground.settings))
        began = time.monotonic()
        courses, done = soak(balancer, ground.doors(given.entrances), given)
        lines = report(courses, done, time.monotonic() - began)
        complaints = [each for course in courses for each in course.complaints()] + troubles(balancer)
    print(*lines, sep="\n")
    print(*(complaints or ["everything is flat"]), sep="\n")
    if given.write and not complaints:
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        DOCUMENT.write_text("\n".join([f"{before}{BEGIN}", "", *lines, "", f"{END}{rest.partition(END)[2]}"]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
