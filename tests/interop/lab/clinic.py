"""Services in TCP mode whose real servers are misconfigured in one way each, and one ftpair before all of them."""

import contextlib
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.interop.lab.authority import Authority, Identity
from tests.interop.lab.balancer import running, settings
from tests.interop.lab.laboratory import PROGRAMS
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.servers.iis_like import IisLike
from tests.interop.lab.servers.real_server import RealServer, ServerTls, Site

PASSIVE = (21000, 21027)
SLICES = ((21000, 21013), (21014, 21027))
# What each make must be told beyond the laboratory's usual strictness so that there is nothing to find.
RELAXED: dict[str, tuple[str, ...]] = {
    "vsftpd": ("require_ssl_reuse=NO", "idle_session_timeout=7200"),
    "ProFTPD": ("TLSOptions NoSessionReuseRequired",),
    "Pure-FTPd": ("-I", "120"),
    "pyftpdlib": ("demands_resumption=false", "timeout=7200"),
    "IIS": (),
}
NAMES = ("A", "B", "C")


@dataclass(slots=True)
class Patient:
    """One service to be examined; `settings` is what the file says of it."""

    servers: list[RealServer]
    settings: dict[str, Any]
    vip: str
    others: list[Callable[[], contextlib.AbstractContextManager[Any]]] = field(default_factory=list)
    """What else must run: forwarders and the like."""
    is_served: bool = True
    """Whether ftpair serves it; if not, something else stands at the VIP, or nothing."""


@dataclass(slots=True)
class Clinic:
    """Makes patients."""

    folder: Path
    authority: Authority
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def server(
        self, make: str, vip: str = "", tls: ServerTls = "explicit", identity: Identity | None = None, **more: Any
    ) -> RealServer:
        """Return a server that is as it must be, but for what `more` says of its site; `settings` come on top."""
        address = fresh_address()
        folder = self.folder / f"{next(self.numbers)}"
        folder.mkdir()
        identity = identity or self.authority.issue(f"clinic-{address}", address, "ftp.example.org")
        own = RELAXED[make] if tls != "clear" or make != "ProFTPD" else ()
        said = {"advertised": vip, "passive": PASSIVE, "version": "1.3", **more}
        said["settings"] = (*own, *more.get("settings", ()))
        site = Site(address=address, tls=tls, identity=identity, folder=folder, **said)
        program = IisLike("unix") if make == "IIS" else PROGRAMS[make]
        return RealServer(program, site)

    def patient(self, servers: list[RealServer], vip: str, **more: Any) -> Patient:
        """Return the service before these servers."""
        is_implicit = bool(servers) and servers[0].site.tls == "implicit"
        ports: dict[str, Any] = {"passive": "{}-{}".format(*PASSIVE)}
        ports |= {"implicit": IMPLICIT_PORT} if is_implicit else {"explicit": CONTROL_PORT}
        said = {
            "mode": "tcp",
            "address": vip,
            "ports": ports,
            "server_ca": str(self.authority.ca),
            "health": self.health(servers[0]),
            "real_servers": {name: {"address": each.address} for name, each in zip(NAMES, servers, strict=False)},
            **({"server_ports": {"implicit": CONTROL_PORT}} if is_implicit else {}),
            **more,
        }
        return Patient(servers, {key: value for key, value in said.items() if value is not None}, vip)

    def health(self, server: RealServer) -> dict[str, Any]:
        """Return how a server is probed, and by whom the doctor logs in; probes are few, so that logs stay short."""
        password = self.folder / "password"
        password.write_text(f"{server.password}\n")
        return {"check": "tcp", "interval_s": 60, "rise": 1, "user": server.user, "password_file": str(password)}


@contextlib.contextmanager
def open_for(clinic: Clinic, patients: dict[str, Patient]) -> Iterator[Path]:
    """Run everything, and one ftpair before what is to be served; yield the file that names all services."""
    served = {name: each.settings for name, each in patients.items() if each.is_served}
    known = {name: each.settings for name, each in patients.items()}
    with contextlib.ExitStack() as ends:
        for patient in patients.values():
            for server in patient.servers:
                ends.callback(server.stop)
                server.start()
            for other in patient.others:
                ends.enter_context(other())
        ends.enter_context(running(clinic.folder / "ftpair", settings(clinic.folder, clinic.authority, served)))
        file = clinic.folder / "all.yaml"
        file.write_text(json.dumps(settings(clinic.folder, clinic.authority, known)))
        yield file


@dataclass(frozen=True, slots=True)
class Consulted:
    """What `ftpair doctor --json` said."""

    status: int
    diagnosis: dict[str, Any]

    @property
    def found(self) -> set[tuple[str, str]]:
        """The ids of the findings, and where."""
        return {(finding["id"], finding["where"]) for finding in self.diagnosis["findings"]}

    def of(self, ailment: str) -> dict[str, Any]:
        """Return the first finding of that id."""
        return next(each for each in self.diagnosis["findings"] if each["id"] == ailment)


def consult(file: Path, service: str, *options: str) -> Consulted:
    """Ask the doctor, as a person does."""
    command = [sys.executable, "-m", "ftpair.cli.main", "doctor", service, "--config", str(file), "--json", *options]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.stdout, ran.stderr
    (diagnosis,) = json.loads(ran.stdout)["services"]
    return Consulted(ran.returncode, diagnosis)
