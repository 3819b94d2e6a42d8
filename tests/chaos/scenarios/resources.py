"""Faults of the machine that ftpair runs on: disk, descriptors, clock, names, certificates."""

import contextlib
import datetime
import os
import resource
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.crowd import crowd
from tests.chaos.scenario import ONE_OF_EACH_MODE, Figures, Run, scenario
from tests.chaos.site import site
from tests.interop.lab import parts
from tests.interop.lab.places import fresh_address

DAY_S = 86400


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 2 MiB."""
    folder.mkdir(parents=True)
    subprocess.run([parts.program("mount"), "-t", "tmpfs", "-o", "size=2m,mode=755", "chaos", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run([parts.program("umount"), folder], check=True)


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as sink:
        while True:
            sink.write(bytes(4096))


@scenario(
    "The disk with state and log is full for 6 s; a server is drained and brought back meanwhile.", on=ONE_OF_EACH_MODE
)
def disk_full(run: Run) -> Figures:
    with (
        _small_disk(run.folder / "disk") as disk,
        site(run, home=disk) as node,
        crowd(run, node) as clients,
    ):
        with clients.fault():
            _fill(disk / "filler")
            node.balancer.post("/services/S/servers/SVR1/drain")
            time.sleep(6)
            node.balancer.post("/services/S/servers/SVR1/online")
            (disk / "filler").unlink()
        return clients.figures()


@scenario("Both workers have no descriptor left for 6 s.", on=("ftps", "builtin"))
def descriptors_exhausted(run: Run) -> Figures:
    with site(run) as node, crowd(run, node) as clients:
        workers = [pid for name, pid in node.pids().items() if name.startswith("worker")]
        before = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in workers}
        with clients.fault():
            for pid in workers:
                used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[pid][1]))
            time.sleep(6)
            for pid in workers:
                resource.prlimit(pid, resource.RLIMIT_NOFILE, before[pid])
        return clients.figures()


@scenario("The wall clock of ftpair jumps a day ahead, and 3 s later two days back.", on=ONE_OF_EACH_MODE)
def clock_jumps(run: Run) -> Figures:
    run.folder.mkdir()
    shift = run.folder / "shift"
    shift.write_bytes(struct.pack("d", 0))
    folder = Path(__file__).parents[1] / "other_clock"
    around = (parts.program("env"), f"PYTHONPATH={folder}", f"FTPAIR_OTHER_CLOCK={shift}")
    with site(run, around=around) as node, crowd(run, node) as clients:
        with clients.fault():
            for days in (1, -1):
                _overwrite(shift, struct.pack("d", days * DAY_S))
                time.sleep(3)
        return clients.figures()


def _overwrite(path: Path, content: bytes) -> None:
    """Change a file in place: who has mapped it sees it."""
    descriptor = os.open(path, os.O_WRONLY)
    os.pwrite(descriptor, content, 0)
    os.close(descriptor)


@scenario(
    "No name can be resolved for 15 s (DNS does not answer), and an apply is tried meanwhile.", on=ONE_OF_EACH_MODE
)
def names_gone(run: Run) -> Figures:
    run.folder.mkdir()
    hosts, resolver = run.folder / "hosts", run.folder / "resolv.conf"
    script = f'mount --bind {hosts} /etc/hosts && mount --bind {resolver} /etc/resolv.conf && exec "$@"'
    around = (parts.program("unshare"), "--mount", "sh", "-c", script, "sh")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        address = fresh_address()
        mute.bind((address, 53))
        resolver.write_text(f"nameserver {address}\n")
        with site(run, around=around, hosts=hosts) as node, crowd(run, node) as clients:
            names = hosts.read_bytes()
            with clients.fault():
                _overwrite(hosts, b"#" * len(names))
                began = time.monotonic()
                refused = node.balancer.try_to_post("/apply")
                assert refused.is_client_error, refused.text
                time.sleep(max(0.0, began + 15 - time.monotonic()))
                _overwrite(hosts, names)
            return clients.figures()


@scenario("The certificate of the service expires in the middle of sessions, and is renewed 5 s later.", on=("ftps",))
def certificate_expires(run: Run) -> Figures:
    with site(run) as node:
        label = f"vip-{node.home.name}-S"
        with crowd(run, node) as clients:
            ends = time.time() + 10
            run.authority.issue(label, node.vip, lasts=datetime.timedelta(seconds=10))
            time.sleep(max(0.0, ends + 1 - time.time()))
            with clients.fault():
                time.sleep(5)
                run.authority.issue(label, node.vip)
            return clients.figures()


@scenario("The certificate of one real server of three expires in the middle of sessions.", on=("ftps",))
def server_certificate_expires(run: Run) -> Figures:
    with site(run) as node:
        server = node.servers["SVR1"]
        server.stop()
        ends = time.time() + 15
        label = server.site.identity.certificate.stem
        run.authority.issue(label, server.address, lasts=datetime.timedelta(seconds=15))
        server.start()
        with crowd(run, node) as clients:
            time.sleep(max(0.0, ends + 1 - time.time()))
            with clients.fault():
                time.sleep(3)
            return clients.figures()
