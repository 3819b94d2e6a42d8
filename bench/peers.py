"""The peers of the comparison: what is started, and when it is ready.

All of them stand in front of the same vsftpd. HAProxy and ftpair get one thread or worker per CPU, mod_proxy as many
processes as it likes. Nobody writes a log line for a session or a transfer.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.certificates import Pair
from bench.configurations import (
    ANONYMOUS,
    CROWD,
    FTPAIR,
    FTPAIR_TCP,
    HAPROXY,
    MOD_PROXY,
    SERVER,
    SERVER_PASSIVE,
    SERVER_TLS,
    VSFTPD,
    VSFTPD_TLS,
)
from bench.ftp import Door

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / ".tools" / "root"
CORES = os.cpu_count() or 1
START_S = 20.0
STOP_S = 10.0


class PeerError(Exception):
    """A peer did not start; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to the server: its doors by security, and the processes that stand between."""

    name: str
    doors: dict[str, Door]
    pid: int = 0
    """The root of its processes; 0 where nothing stands between."""


@dataclass(slots=True)
class Site:
    """The folder of one comparison, and what runs in it."""

    folder: Path
    data: Path
    pair: Pair
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def write(self, name: str, template: str, listen: str = SERVER.host, engine: str = "") -> Path:
        """Write a peer's configuration."""
        path = self.folder / name
        path.write_text(
            template.format(
                folder=self.folder,
                owner=ANONYMOUS,
                data=self.data,
                pair=self.pair,
                parts=PARTS,
                cores=CORES,
                host=SERVER.host,
                listen=listen,
                engine=engine,
                port=SERVER.port,
                passive=SERVER_PASSIVE,
                crowd=CROWD,
            )
        )
        path.chmod(0o600)
        return path

    def start(self, name: str, command: Sequence[str | Path], doors: list[Door]) -> int:
        """Start a program in the foreground, wait until it listens, return its process id."""
        for door in doors:
            if _listens(door):
                raise PeerError(f"{door.host}:{door.port} is in use: another comparison? {name} cannot start.")
        with (self.folder / f"{name}.out").open("wb") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.processes.append(process)
        for door in doors:
            _wait_for(door, process, self.folder / f"{name}.out")
        return process.pid

    def stop(self) -> None:
        """End everything that was started, the last one first."""
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            process.kill()
            process.wait()


def start_server(site: Site) -> Peer:
    """Start vsftpd, anonymous, without TLS (it stands behind every peer) and with it, and the server of a crowd."""
    (site.folder / "empty").mkdir()
    (site.folder / "tables").mkdir(mode=0o700)
    site.start("vsftpd", [PARTS / "usr/sbin/vsftpd", site.write("vsftpd.conf", VSFTPD)], [SERVER])
    tls = site.write("vsftpd-tls.conf", VSFTPD_TLS, SERVER_TLS.host)
    site.start("vsftpd-tls", [PARTS / "usr/sbin/vsftpd", tls], [SERVER_TLS])
    crowd = [sys.executable, "-m", "bench.crowd_server", CROWD.host, str(CROWD.port), str(site.data)]
    site.start("pyftpdlib", crowd, [CROWD])
    return Peer("direct", {"clear": SERVER, "explicit": SERVER_TLS, "crowd": CROWD})


def start_haproxy(site: Site) -> Peer:
    """Start HAProxy: TCP mode with splicing, and TLS offload on an implicit port and its data ports."""
    doors = {"clear": Door("127.88.0.1", SERVER.port, "clear"), "implicit": Door("127.88.0.5", 2990, "implicit")}
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
    if program is None:
        raise PeerError("HAProxy is not installed; run tools/fetch")
    pid = site.start("haproxy", [program, "-db", "-f", site.write("haproxy.cfg", HAPROXY)], list(doors.values()))
    return Peer("haproxy", doors, pid)


def start_mod_proxy(site: Site) -> Peer:
    """Start ProFTPD with mod_proxy: explicit FTPS in, FTP out."""
    door = Door("127.88.0.3", 2131, "explicit")
    command = [
        str(PARTS / "usr/sbin/proftpd"),
        "--nodaemon",
        "--quiet",
        "--config",
        str(site.write("proftpd.conf", MOD_PROXY, door.host)),
    ]
    return Peer("mod_proxy", {"explicit": door}, site.start("proftpd", command, [door]))


def start_ftpair(site: Site) -> Peer:
    """Start `ftpair serve` with all three ways in."""
    doors = {
        "clear": Door("127.88.0.4", 2121, "clear"),
        "explicit": Door("127.88.0.4", 2121, "explicit"),
        "implicit": Door("127.88.0.4", 2990, "implicit"),
        "crowd": Door("127.88.0.8", 2121, "explicit"),
    }
    return Peer("ftpair", doors, _serve(site, "ftpair", site.write("ftpair.yaml", FTPAIR), "run", doors))


def start_tcp_haproxy(site: Site) -> Peer:
    """Start `ftpair serve` in TCP mode with HAProxy as the engine."""
    return _tcp_mode(site, "haproxy", "127.88.0.9")


def start_tcp_builtin(site: Site) -> Peer:
    """Start `ftpair serve` in TCP mode without HAProxy."""
    return _tcp_mode(site, "builtin", "127.88.0.10")


STARTERS = {
    "direct": start_server,
    "haproxy": start_haproxy,
    "mod_proxy": start_mod_proxy,
    "ftpair": start_ftpair,
    "tcp_haproxy": start_tcp_haproxy,
    "tcp_builtin": start_tcp_builtin,
}


@contextlib.contextmanager
def running(site: Site, names: list[str]) -> Iterator[dict[str, Peer]]:
    """Start the peers of these names, the server first; end all of them at the end."""
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        yield {name: STARTERS[name](site) for name in STARTERS if name in names or name == "direct"}
    finally:
        site.stop()


def _tcp_mode(site: Site, engine: str, address: str) -> Peer:
    doors = {"clear": Door(address, 2121, "clear")}
    configuration = site.write(f"ftpair-{engine}.yaml", FTPAIR_TCP, address, engine)
    return Peer(f"tcp_{engine}", doors, _serve(site, f"ftpair-{engine}", configuration, f"run-{engine}", doors))


def _serve(site: Site, name: str, configuration: Path, runtime: str, doors: dict[str, Door]) -> int:
    command = [sys.executable, "-m", "ftpair.cli.main", "serve", "--config", str(configuration)]
    pid = site.start(name, command, list(doors.values()))
    wait_for_api(site.folder / runtime / "ftpair.sock")
    return pid


def wait_for_api(path: Path) -> None:
    """Wait until ftpair is whole: its API comes seconds after its ports, with 11 MiB that belong to no session."""
    deadline = time.monotonic() + START_S
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://ftpair") as client:
        while not _is_ready(client):
            if time.monotonic() > deadline:
                raise PeerError("the API of ftpair does not answer")
            time.sleep(0.05)


def _is_ready(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return client.get("/readyz").is_success
    return False


def _wait_for(door: Door, process: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + START_S
    while not _listens(door):
        if process.poll() is not None or time.monotonic() > deadline:
            said = " ".join(out.read_text(errors="replace").split()[-60:])
            raise PeerError(f"{out.stem} does not listen on {door.host}:{door.port}: {said or 'it said nothing'}")
        time.sleep(0.05)


def _listens(door: Door) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((door.host, door.port), 1):
        return True
    return False
