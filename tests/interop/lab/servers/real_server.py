"""What all real servers of the laboratory have in common: where they stand, what they demand, and their life."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from tests.interop.lab.authority import Identity
from tests.interop.lab.daemon import Daemon
from tests.interop.lab.places import CONTROL_PORT, PASSIVE_FIRST, PASSIVE_LAST

ServerTls = Literal["clear", "explicit", "implicit"]
TlsVersion = Literal["1.2", "1.3"]

# The servers write as this user (nobody of Debian), never as root.
UID = 65534


@dataclass(frozen=True, slots=True)
class Site:
    """One real server to be: its address, what it demands, and its folders on disk."""

    address: str
    tls: ServerTls
    version: TlsVersion
    identity: Identity
    folder: Path
    user: str = "interop"
    password: str = "correct horse"
    client_ca: Path | None = None
    """Clients must bring a certificate of this CA."""
    demands_tls: bool = True
    """Where there is TLS, whether there is nothing without it."""
    advertised: str = ""
    """What it answers to PASV; empty: its own address."""
    passive: tuple[int, int] = (PASSIVE_FIRST, PASSIVE_LAST)
    """The first and the last of its passive ports."""
    oldest: Literal["1", "1.2"] = "1.2"
    """The oldest TLS version of servers that cannot be told theirs."""
    zone: str = ""
    """The time zone of such a server's process."""
    settings: tuple[str, ...] = ()
    """More lines of its configuration, which count more than those of the laboratory; arguments of Pure-FTPd;
    attributes of pyftpdlib's handler and habits of the look-alike of IIS, as `name=JSON`."""

    @property
    def home(self) -> Path:
        """Return the folder that the user sees as `/`; it has `files`, where the user may write, and `empty`."""
        return self.folder / "home"

    @property
    def files(self) -> Path:
        """Return the folder in which the user may write."""
        return self.home / "files"

    @property
    def log(self) -> Path:
        """Return the file into which the server writes what it did."""
        return self.folder / "server.log"

    def prepare(self) -> None:
        """Make the folders: `files` is writable for any user, the root is not, as vsftpd insists."""
        for folder in (self.files, self.home / "empty"):
            folder.mkdir(parents=True, exist_ok=True)
        self.files.chmod(0o777)


class Program(Protocol):
    """One make of server: how it is configured and started for a site, and who may log in."""

    name: str
    demands_resumption: bool
    """Whether it refuses a data connection that has not resumed a TLS session."""
    resumes: frozenset[TlsVersion]
    """The TLS versions in which it resumes sessions."""

    def credentials(self, site: Site) -> tuple[str, str]:
        """Return user and password."""

    def daemon(self, site: Site) -> Daemon:
        """Write the configuration of a site and return the process to start."""


class RealServer:
    """A real server of one make at one site."""

    def __init__(self, program: Program, site: Site) -> None:
        self.program = program
        self.site = site
        self.user, self.password = program.credentials(site)
        self._daemon: Daemon | None = None

    def __str__(self) -> str:
        return f"{self.program.name}, {self.site.tls}"

    @property
    def address(self) -> str:
        """Return the loopback address it listens on, at the control port."""
        return self.site.address

    @property
    def port(self) -> int:
        """Return its control port."""
        return CONTROL_PORT

    @property
    def pid(self) -> int:
        """Return the id of its main process."""
        assert self._daemon is not None
        return self._daemon.pid

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.site.prepare()
        self._daemon = self.program.daemon(self.site)
        self._daemon.start()
        self._daemon.await_listening(self.address, self.port)

    def stop(self) -> None:
        """End it and every process it has forked."""
        if self._daemon is not None:
            self._daemon.terminate(patience_s=2)
            self._daemon = None

    def kill(self) -> None:
        """Kill it and every process it has forked, as a machine that dies."""
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon = None

    def log(self) -> str:
        """Return what it said and what it logged."""
        said = self._daemon.tail() if self._daemon is not None else ""
        logged = self.site.log.read_text(errors="replace") if self.site.log.exists() else ""
        return f"{said}\n{logged}"

    def put(self, name: str, fill: Callable[[Path], object]) -> Path:
        """Place a file, made by `fill`, where the user may read and write it."""
        path = self.take(name)
        fill(path)
        path.chmod(0o666)
        return path

    def take(self, name: str) -> Path:
        """Return where a file of the user stands on this machine's disk."""
        return self.site.files / name

    def clear(self) -> None:
        """Remove all that clients left behind."""
        for path in self.site.files.iterdir():
            path.unlink()


def limit_tls_version(site: Site) -> dict[str, str]:
    """Return an environment in which OpenSSL speaks the site's versions of TLS; for servers that cannot be told."""
    level = "CipherString = DEFAULT:@SECLEVEL=0\n" if site.oldest == "1" else ""
    configuration = site.folder / "openssl.cnf"
    configuration.write_text(
        "openssl_conf = init\n"
        "[init]\nssl_conf = sections\n"
        "[sections]\nsystem_default = limits\n"
        f"[limits]\nMinProtocol = TLSv{site.oldest}\nMaxProtocol = TLSv{site.version}\n{level}"
    )
    return {"OPENSSL_CONF": str(configuration), **({"TZ": site.zone} if site.zone else {})}
