"""What the doctor is told, and what he says: values that the doors, the supervisor and the examination share."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Severity = Literal["error", "warning", "note"]
"""The worst first. A note tells what some clients will not bear although it is meant so: nothing is wrong."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Order:
    """How an examination is done; durations in seconds."""

    user: str = ""
    """Empty: nobody logs in, and nothing behind the login is examined."""
    password: str = field(default="", repr=False)
    directory: str = ""
    """What is listed, and where the probe file is stored; empty: where the login leads."""
    may_write: bool = False
    """Whether a probe file is stored, read back and deleted; without it no file is touched."""
    files: tuple[str, ...] = ()
    """Files that must be the same on every server."""
    wait_s: float = 0.0
    """How long a control connection is left idle, to see whether it is still there afterwards; 0: it is not tried."""
    step_s: float = 10.0
    """How long a connect, a handshake, a reply or a data connection may take."""
    ca_pem: bytes = field(default=b"", repr=False)
    """The CAs that clients of a VIP in FTP mode trust; empty: the system's. In TCP mode `server_ca` says it."""

    @property
    def may_log_in(self) -> bool:
        """Whether there is somebody to log in."""
        return bool(self.user)

    @property
    def unsayable(self) -> tuple[str, ...]:
        """The fields with a line end, which cannot be said in FTP."""
        said = {
            "user": self.user,
            "password": self.password,
            "directory": self.directory,
            "files": "".join(self.files),
        }
        return tuple(name for name, text in said.items() if not set(text).isdisjoint("\r\n\0"))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a service, or worth knowing of it."""

    id: str
    severity: Severity
    where: str
    """A real server, `VIP`, or nothing: the service as a whole."""
    sentence: str
    why: str
    remedy: str
    lines: tuple[str, ...]
    """What to write into that server's files, out of its guide."""
    guide: str
    """The command that prints the whole guide; empty: there is none that speaks of it."""
    modes: tuple[str, ...]
    """The ways of coming in that show it."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor says of one service."""

    service: str
    mode: str
    is_healthy: bool
    """Whether nothing is wrong: there is no error and no warning."""
    findings: tuple[Finding, ...]
    not_examined: tuple[str, ...]
    """What could not be looked at, and why."""
    servers: dict[str, str]
    """The make of each real server, as `ftpair guide --kind` names it; empty: it is not known."""
    logins: int
    """How many there were in all."""
