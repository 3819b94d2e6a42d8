"""Clients that do one thing per process: NcFTP's programs, wget and rclone."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.interop.lab import parts
from tests.interop.lab.clients.program import run_status
from tests.interop.lab.clients.steps import ClientError, Download, List, Outcome, Step, Upload, Way


class Ncftp:
    """ncftpput, ncftpget and ncftpls; clear text only."""

    name = "NcFTP"

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do each step in a session of its own."""
        return [run_status(_ncftp(way, step)) for step in steps]


def _ncftp(way: Way, step: Step) -> list[str]:
    who = ["-u", way.user, "-p", way.password, "-P", str(way.port)]
    match step:
        case Upload(local, remote):
            return [parts.program("ncftpput"), *who, "-V", "-r", "1", "-C", way.host, str(local), remote]
        case Download(remote, local):
            return [parts.program("ncftpget"), *who, "-V", "-r", "1", "-C", way.host, remote, str(local)]
        case List(folder):
            return [parts.program("ncftpls"), *who, "-r", "1", "-l", f"ftp://{way.host}/{folder}/"]
        case _:
            raise ClientError(f"{step} is not among the steps of this client")


class Wget:
    """wget; it reads only."""

    name = "wget"

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do each step in a session of its own."""
        return [self._step(way, step) for step in steps]

    def _step(self, way: Way, step: Step) -> Outcome:
        match step:
            case Download(remote, local):
                return run_status([*_wget(way, remote), "-O", str(local)])
            case List(folder):
                with tempfile.TemporaryDirectory() as here:
                    page = Path(here, "page")
                    came = run_status([*_wget(way, f"{folder}/"), "-O", str(page)])
                    return Outcome(came.is_done, page.read_text() if came.is_done else came.text)
            case _:
                raise ClientError(f"{step} is not among the steps of this client")


def _wget(way: Way, path: str) -> list[str]:
    scheme = "ftp" if way.entrance == "clear" else "ftps"
    tls = [f"--ca-certificate={way.ca}", f"--ciphers=NORMAL:-VERS-ALL:+VERS-TLS{way.version}"]
    implicit = ["--ftps-implicit"] if way.entrance == "implicit" else []
    who = [f"--ftp-user={way.user}", f"--ftp-password={way.password}"]
    quietly = ["--no-config", "--tries=1", "--timeout=30", "-nv"]
    return [parts.program("wget"), *quietly, *who, *tls, *implicit, f"{scheme}://{way.host}:{way.port}/{path}"]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on the server."""

    path: str


class Rclone:
    """rclone; several connections at a time."""

    name = "rclone"

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do each step in a process of its own."""
        there = _rclone(way)
        return [_rclone_run(way, *_rclone_step(there, step)) for step in steps]

    def copy(self, way: Way, source: str | Folder, target: str | Folder) -> Outcome:
        """Copy a folder, eight files at a time."""
        there = _rclone(way)
        places = [f"{there}{place.path}" if isinstance(place, Folder) else place for place in (source, target)]
        return _rclone_run(way, "copy", "--transfers", "8", "--checkers", "8", *places)


_COMMAND = ("rclone", "--config", "/dev/null", "--retries", "1", "--low-level-retries", "1")


def _rclone(way: Way) -> str:
    secret = run_status([parts.program("rclone"), "obscure", way.password]).text
    tls = {"clear": [], "explicit": ["explicit_tls=true"], "implicit": ["tls=true"]}[way.entrance]
    old = ["disable_tls13=true"] if way.version == "1.2" else []
    words = [f"host='{way.host}'", f"port={way.port}", f"user={way.user}", f"pass='{secret}'", *tls, *old]
    return f":ftp,{','.join(words)}:"


def _rclone_run(way: Way, *words: str) -> Outcome:
    return run_status([*_COMMAND, *words], {"SSL_CERT_FILE": str(way.ca)})


def _rclone_step(there: str, step: Step) -> list[str]:
    match step:
        case Upload(local, remote):
            return ["copyto", str(local), f"{there}{remote}"]
        case Download(remote, local):
            return ["copyto", f"{there}{remote}", str(local)]
        case List(folder):
            return ["lsf", f"{there}{folder}"]
        case _:
            raise ClientError(f"{step} is not among the steps of this client")
