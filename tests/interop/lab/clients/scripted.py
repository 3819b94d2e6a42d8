"""Clients of other languages, each a small program of ours around a library: Net::FTP of Perl, commons-net of Java."""

import re
from pathlib import Path

from tests.interop.lab import parts
from tests.interop.lab.clients.program import run_program
from tests.interop.lab.clients.steps import ClientError, Download, List, Outcome, Step, Upload, Way

_OUTCOME = re.compile(r"^outcome (done|failed) ?(.*)$", re.MULTILINE)
COMMONS_NET = Path("/usr/share/java/commons-net.jar")


class NetFtp:
    """Net::FTP, with TLS by IO::Socket::SSL."""

    name = "Net::FTP"

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do all the steps in one session."""
        program = [parts.program("perl"), str(parts.CLIENT_SCRIPTS / "net_ftp.pl")]
        return _run([*program, *_words(way), *map(_word, steps)], len(steps))


class CommonsNet:
    """Apache commons-net; `verify`: it refuses data connections to another address than the control connection's."""

    def __init__(self, verify: bool = True) -> None:
        self.name = "commons-net" if verify else "commons-net, unverified"
        self._verify = verify

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do all the steps in one session."""
        program = [parts.program("java"), "-Xshare:auto", "-cp", str(parts.present(COMMONS_NET, "commons-net"))]
        source = str(parts.CLIENT_SCRIPTS / "CommonsNet.java")
        words = [*_words(way), "verify" if self._verify else "trust"]
        return _run([*program, source, *words, *map(_word, steps)], len(steps))


def _words(way: Way) -> list[str]:
    return [way.host, str(way.port), way.entrance, way.version, str(way.ca), way.user, way.password]


def _word(step: Step) -> str:
    match step:
        case Upload(local, remote):
            return f"Upload\t{remote}\t{local}"
        case Download(remote, local):
            return f"Download\t{remote}\t{local}"
        case List(folder):
            return f"List\t{folder}\t"
        case _:
            raise ClientError(f"{step} is not among the steps of this client")


def _run(command: list[str], count: int) -> list[Outcome]:
    said = run_program(command, "")
    found = _OUTCOME.findall(said.stdout)
    if len(found) != count:
        raise ClientError(f"{command[0]}: {len(found)} outcomes for {count} steps:\n{said.stdout}\n{said.stderr}")
    return [Outcome(verdict == "done", text) for verdict, text in found]
