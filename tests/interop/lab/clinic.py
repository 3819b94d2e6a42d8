"""Services in TCP mode whose real servers are misconfigured in one way each, and one ftpair before all of them."""

import contextlib
import functools
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.interop.lab import parts
from tests.interop.lab.authority import Authority, Identity
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.haproxy import Haproxy
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
    certificates: dict[str, Identity] = field(default_factory=dict)
    """Those that its settings name, beside its own."""
    not_applied: dict[str, Any] = field(default_factory=dict)
    """What the file says by now, and ftpair has not been told."""
    others: list[Callable[[], contextlib.AbstractContextManager[Any]]] = field(default_factory=list)
    """What else must run: forwarders and the like."""
    is_served: bool = True
    """Whether ftpair serves it; if not, something else stands at the VIP, or nothing."""


@dataclass(slots=True)
class Clinic:
    """Makes patients."""

    folder: Path
    authority: Authority
    patients: dict[str, Patient] = field(default_factory=dict)
    """Those for whom it is open."""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def server(
        self,
        make: str,
        vip: str = "",
        tls: ServerTls = "explicit",
        identity: Identity | None = None,
        is_relaxed: bool = True,
        **more: Any,
    ) -> RealServer:
        """Return a server that is as it must be, but for what `more` says of its site; `settings` come on top."""
        address = fresh_address()
        folder = self.folder / f"{next(self.numbers)}"
        folder.mkdir()
        identity = identity or self.authority.issue(f"clinic-{address}", address, "ftp.example.org")
        has_no_tls_options = make == "ProFTPD" and tls == "clear"
        own = RELAXED[make] if is_relaxed and not has_no_tls_options else ()
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
            "health": self.health(servers[0] if servers else None),
            "real_servers": {name: {"address": each.address} for name, each in zip(NAMES, servers, strict=False)},
            **({"server_ports": {"implicit": CONTROL_PORT}} if is_implicit else {}),
            **more,
        }
        return Patient(servers, {key: value for key, value in said.items() if value is not None}, vip)

    def in_ftp_mode(self, servers: list[RealServer], **more: Any) -> Patient:
        """Return the service before these servers in FTP mode."""
        vip = fresh_address()
        entries = {
            name: entry(each.address, each.site.tls, self.authority.ca)
            for name, each in zip(NAMES, servers, strict=False)
        }
        said = service(vip, entries, health=self.health(servers[0] if servers else None)) | more
        return Patient(servers, said, vip)

    def sliced(self, patient: Patient) -> Patient:
        """Return the service with `pairing: port`: each of its two servers owns a half of the range."""
        patient.settings["pairing"] = "port"
        for server, own in zip(patient.settings["real_servers"].values(), SLICES, strict=True):
            server["passive"] = "{}-{}".format(*own)
        return patient

    def health(self, server: RealServer | None) -> dict[str, Any]:
        """Return how a server is probed, and by whom the doctor logs in; probes are few, so that logs stay short."""
        password = self.folder / "password"
        password.write_text("correct horse\n")
        user = server.user if server else "interop"
        return {"check": "tcp", "interval_s": 60, "rise": 1, "user": user, "password_file": str(password)}


@contextlib.contextmanager
def open_for(clinic: Clinic, patients: dict[str, Patient]) -> Iterator[Balancer | None]:
    """Run everything, and one ftpair (yielded) before what is to be served; there is a file for each service."""
    clinic.patients |= patients
    served = {name: each for name, each in patients.items() if each.is_served}
    for name, patient in patients.items():
        known = configuration(clinic, {name: patient})
        known["virtual_services"][name] |= patient.not_applied
        (clinic.folder / f"{name}.yaml").write_text(json.dumps(known))
    with contextlib.ExitStack() as ends:
        servers = [server for patient in patients.values() for server in patient.servers]
        ends.callback(_stop_all, servers)
        for server in servers:
            server.start()
        for patient in patients.values():
            for other in patient.others:
                ends.enter_context(other())
        if served:
            yield ends.enter_context(running(clinic.folder / "ftpair", configuration(clinic, served)))
        else:
            yield None


def _stop_all(servers: list[RealServer]) -> None:
    with ThreadPoolExecutor(len(servers)) as pool:  # ProFTPD takes its time, and there are many.
        list(pool.map(RealServer.stop, servers))


def configuration(clinic: Clinic, patients: dict[str, Patient]) -> dict[str, Any]:
    """Return what a file says that has these services."""
    said = {name: dict(each.settings) for name, each in patients.items()}
    known = settings(clinic.folder, clinic.authority, said, shutdown_timeout_s=1)
    for patient in patients.values():
        for name, identity in patient.certificates.items():
            known["certificates"][name] = {"certificate": str(identity.certificate), "key": str(identity.key)}
    return known


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


def self_signed(folder: Path, host: str) -> Identity:
    """Make a certificate that is its own issuer."""
    identity = Identity(*(folder / f"self-signed{suffix}" for suffix in (".crt", ".key", ".pem")))
    command = [parts.program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-nodes", "-days", "60", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    command += ["-addext", "basicConstraints=critical,CA:FALSE"]
    command += ["-keyout", str(identity.key), "-out", str(identity.certificate)]
    subprocess.run(command, check=True, capture_output=True)
    identity.both.write_bytes(identity.key.read_bytes() + identity.certificate.read_bytes())
    return identity


def without_issuers(identity: Identity) -> Identity:
    """Cut the chain of a certificate off behind its first one."""
    first, end, _ = identity.certificate.read_text().partition("-----END CERTIFICATE-----\n")
    identity.certificate.write_text(first + end)
    identity.both.write_text(identity.key.read_text() + first + end)
    return identity


@contextlib.contextmanager
def forwarding(folder: Path, address: str, configuration: str) -> Iterator[None]:
    """Run an HAProxy that somebody has configured by hand."""
    haproxy = Haproxy(folder, configuration)
    haproxy.start(address)
    try:
        yield
    finally:
        haproxy.stop()


def by_hand(clinic: Clinic, patient: Patient, control: str, data: str) -> Patient:
    """Put an HAProxy that somebody has configured by hand before the servers; without data lines there is no range."""
    patient.is_served = False
    names = [f"    server S{number} {each.address}\n" for number, each in enumerate(patient.servers)]
    lines = [f"listen control\n    bind {patient.vip}:{CONTROL_PORT}\n", control, *names]
    if data:
        lines += ["listen data\n    bind {}:{}-{}\n".format(patient.vip, *PASSIVE), data, *names]
    folder = clinic.folder / f"by-hand-{patient.vip}"
    patient.others.append(functools.partial(forwarding, folder, patient.vip, "".join(lines)))
    return patient


def consult(clinic: Clinic, name: str, *options: str) -> Consulted:
    """Ask the doctor about a patient, as a person does."""
    ran = ftpair(clinic, name, "doctor", name, "--json", *options)
    assert ran.stdout, ran.stderr
    (diagnosis,) = json.loads(ran.stdout)["services"]
    return Consulted(ran.returncode, diagnosis)


def ftpair(clinic: Clinic, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ftpair with the file of a patient."""
    command = [sys.executable, "-m", "ftpair.cli.main", *words, "--config", str(clinic.folder / f"{name}.yaml")]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
