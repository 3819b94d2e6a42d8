"""What is behind the VIP: three makes of real servers that share their files, and one ftpair in front of them."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.places import Place, on_loopback
from tests.chaos.scenario import FTP_MODE, TCP_MODE, Kind, Run
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, service, settings
from tests.interop.lab.clients.steps import Way
from tests.interop.lab.daemon import descendants
from tests.interop.lab.laboratory import PROGRAMS
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.servers.real_server import RealServer, ServerTls
from tests.interop.lab.servers.real_server import Site as Ground

MAKES = ("vsftpd", "ProFTPD", "pyftpdlib")
USER = "anonymous"
"""The one user that vsftpd has without an entry in /etc/passwd; the others are given the same."""
PASSWORD = "correct horse"
PASSIVE = (21000, 21299)
QUICK_PROBES = {"check": "banner", "interval_s": 0.5, "timeout_s": 2, "rise": 1, "fall": 2}


@dataclass(frozen=True, slots=True)
class Site:
    """One service and its servers."""

    kind: Kind
    place: Place
    authority: Authority
    servers: dict[str, RealServer]
    balancer: Balancer
    home: Path
    """The folder of ftpair's own files."""
    files: Path
    """The one folder that all servers serve as `/files`."""

    @property
    def vip(self) -> str:
        """Return the address of the service."""
        return self.place.vip

    @property
    def is_secured(self) -> bool:
        """Whether clients speak TLS."""
        return self.kind != "ftp"

    @property
    def way(self) -> Way:
        """Return the way in, for clients that are programs."""
        entrance = "explicit" if self.is_secured else "clear"
        return Way(self.vip, CONTROL_PORT, entrance, "1.2", self.authority.ca, USER, PASSWORD)

    def pids(self) -> dict[str, int]:
        """Return the processes of ftpair by name: `worker 0`, `api`, `haproxy master` ..."""
        supervisor = self.balancer.daemon.pid
        found = {"supervisor": supervisor}
        for pid in descendants(supervisor):
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "-m" in words:
                found.setdefault({"web": "api"}.get(name := _module(words), name), pid)
            elif words[0].endswith("haproxy"):
                found.setdefault("haproxy worker" if "haproxy master" in found else "haproxy master", pid)
        workers = self.balancer.ask("/status")["workers"]
        return found | {f"worker {each['number']}": each["pid"] for each in workers}

    def stop(self, name: str) -> None:
        """Let a server stand still, with all its processes, until `go_on`."""
        _signal(self.servers[name], signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """Let a server run again."""
        _signal(self.servers[name], signal.SIGCONT)


def _module(words: list[str]) -> str:
    return words[words.index("-m") + 1].rpartition(".")[2]


def _signal(server: RealServer, number: signal.Signals) -> None:
    for pid in (server.pid, *descendants(server.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextlib.contextmanager
def site(
    run: Run,
    servers: Sequence[str] = MAKES,
    *,
    place: Place | None = None,
    home: Path | None = None,
    hosts: Path | None = None,
    around: Sequence[str] = (),
    **more: Any,
) -> Iterator[Site]:
    """Run servers of these makes and an ftpair before them; `more` are settings of the service.

    ftpair's own files are in `home`. With `hosts` it knows its servers by names, which are written into that file.
    `around` is a command that ftpair is started by, and must exec it.
    """
    place, home = place or on_loopback(), home or run.folder / "ftpair"
    home.mkdir(parents=True, exist_ok=True)
    built = _servers(run, place, servers)
    first = next(iter(built.values())).site
    first.prepare()
    for other in list(built.values())[1:]:
        other.site.home.symlink_to(first.home)
    if hosts:
        hosts.write_text("".join(f"{server.address} {_host(name)}\n" for name, server in built.items()))
    with contextlib.ExitStack() as ends:
        for server in built.values():
            ends.callback(server.stop)
            with place.inside("server"):
                server.start()
        addresses = {name: _host(name) if hosts else server.address for name, server in built.items()}
        described = _service(run, place, built, addresses) | more
        if described.get("pairing") == "source":
            for each in described["real_servers"].values():
                del each["passive"]  # The servers still announce their slices: what reaches another one is seen.
        content = settings(home, run.authority, {"S": described})
        balancer = Balancer(home, content, around)
        ends.callback(balancer.stop)
        with place.inside("balancer"):
            balancer.start()
        yield Site(run.kind, place, run.authority, built, balancer, home, first.files)
        _tell_of_errors(balancer)


def _tell_of_errors(balancer: Balancer) -> None:
    """Say on stderr what ftpair itself calls an error."""
    lines = [line for line in balancer.log().splitlines() if '"level":"error"' in line or "Traceback" in line]
    print(*(f"    ftpair: {line[:2000]}" for line in lines[:5]), sep="\n", file=sys.stderr, end="\n" if lines else "")


def _host(name: str) -> str:
    return f"{name.lower()}.chaos.example"


def _servers(run: Run, place: Place, makes: Sequence[str]) -> dict[str, RealServer]:
    tls: ServerTls = "clear" if run.kind == "ftp" else "explicit"
    is_tcp = run.kind in TCP_MODE
    built = {}
    for number, (make, address) in enumerate(zip(makes, place.servers, strict=False), 1):
        name = f"SVR{number}"
        folder = run.folder / name
        folder.mkdir()
        identity = run.authority.issue(f"{run.folder.name}-{name}", address, place.vip, _host(name))
        passive = _slice(number - 1, len(makes)) if is_tcp else PASSIVE
        more = {"advertised": place.vip} if is_tcp else {}
        ground = Ground(address, tls, "1.3", identity, folder, USER, passive=passive, **more)
        built[name] = RealServer(PROGRAMS[make], ground)
    return built


def _slice(number: int, count: int) -> tuple[int, int]:
    size = (PASSIVE[1] + 1 - PASSIVE[0]) // count
    return PASSIVE[0] + number * size, PASSIVE[0] + (number + 1) * size - 1


def _service(run: Run, place: Place, servers: dict[str, RealServer], addresses: dict[str, str]) -> dict[str, Any]:
    passive = "{}-{}".format(*PASSIVE)
    ours = {"ports": {"explicit": CONTROL_PORT, "passive": passive}, "health": dict(QUICK_PROBES)}
    if run.kind in FTP_MODE:
        tls: ServerTls = "clear" if run.kind == "ftp" else "explicit"
        entries = {name: entry(address, tls, run.authority.ca) for name, address in addresses.items()}
        return service(place.vip, entries, tls={"clear_text": "allow"}, **ours)
    entries = {
        name: {"address": address, "passive": "{}-{}".format(*servers[name].site.passive)}
        for name, address in addresses.items()
    }
    mode = {"mode": "tcp", "engine": run.kind, "pairing": "port"}
    return mode | {"address": place.vip, "real_servers": entries} | ours
