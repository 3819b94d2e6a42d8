"""What a client is asked to do in one session, and what came of it; the same words for every client."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Entrance = Literal["clear", "explicit", "implicit"]
TlsVersion = Literal["1.2", "1.3"]
DataMode = Literal["passive", "PORT", "EPRT"]


@dataclass(frozen=True, slots=True)
class Way:
    """The way in: where to connect, how it is secured, and who logs in."""

    host: str
    port: int
    entrance: Entrance
    version: TlsVersion
    ca: Path
    user: str
    password: str
    data: DataMode = "passive"
    """How data connections are asked for; a client that has no choice between PORT and EPRT takes its own."""

    @property
    def url_host(self) -> str:
        """Return the host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host


@dataclass(frozen=True, slots=True)
class Upload:
    """STOR."""

    local: Path
    remote: str


@dataclass(frozen=True, slots=True)
class Append:
    """APPE; `whole` is what the remote file will be, for clients that append only by continuing an upload."""

    local: Path
    remote: str
    whole: Path


@dataclass(frozen=True, slots=True)
class Download:
    """RETR."""

    remote: str
    local: Path


@dataclass(frozen=True, slots=True)
class Resume:
    """REST and RETR: `local` already holds the first `offset` bytes."""

    remote: str
    local: Path
    offset: int


@dataclass(frozen=True, slots=True)
class List:
    """LIST of a folder."""

    folder: str


@dataclass(frozen=True, slots=True)
class Nlst:
    """NLST of a name."""

    name: str


@dataclass(frozen=True, slots=True)
class AbortDownload:
    """RETR, abandoned in mid-transfer."""

    remote: str
    local: Path


@dataclass(frozen=True, slots=True)
class AbortUpload:
    """STOR, abandoned in mid-transfer."""

    local: Path
    remote: str


Step = Upload | Append | Download | Resume | List | Nlst | AbortDownload | AbortUpload


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: whether the client calls it done, and its words (the listing of LIST and NLST)."""

    is_done: bool
    text: str = ""


class Client(Protocol):
    """A real client; one call of `run` is one session, unless the client itself needs a new one after an abort."""

    name: str

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Log in, do all the steps in order, leave; a step that fails does not stop the ones after it."""


class ClientError(Exception):
    """The client could not run at all, or said something that its driver does not understand."""
