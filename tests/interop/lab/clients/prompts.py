"""Clients with a prompt of the old kind, fed on stdin: tnftp of the BSDs, and ftp-ssl with TLS."""

import re
from collections.abc import Callable

from tests.interop.lab import parts
from tests.interop.lab.clients.program import run_program
from tests.interop.lab.clients.steps import ClientError, Download, List, Outcome, Step, Upload, Way

_FINAL = re.compile(r"^(226|[45]\d\d) .*$", re.MULTILINE)


class Prompt:
    """A client with a prompt; it says the server's replies, and the last of them to a step is what came of it."""

    def __init__(self, name: str, command: Callable[[Way], list[str]]) -> None:
        self.name = name
        self._command = command

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do all the steps in one session; `pwd` between them tells where one ends."""
        opening = [f"open {way.host} {way.port}", f'user {way.user} "{way.password}"', "binary", "pwd"]
        words = [*opening, *(word for step in steps for word in (_line(step), "pwd")), "quit", ""]
        said = run_program(self._command(way), "\n".join(words), _limits(way))
        _, *pieces = re.split(r"^(?:257|Remote directory:) .*$", said.stdout, flags=re.MULTILINE)
        if len(pieces) != len(steps) + 1:
            raise ClientError(f"{self.name}: {len(pieces) - 1} outcomes for {len(steps)} steps:\n{said.stdout}")
        return [_outcome(piece) for piece in pieces[:-1]]


def _outcome(piece: str) -> Outcome:
    finals = _FINAL.findall(piece)
    return Outcome(finals[-1:] == ["226"], piece.strip())


def _line(step: Step) -> str:
    match step:
        case Upload(local, remote):
            return f"put {local} {remote}"
        case Download(remote, local):
            return f"get {remote} {local}"
        case List(folder):
            return f"ls {folder}"
        case _:
            raise ClientError(f"{step} is not among the steps of this client")


def _limits(way: Way) -> dict[str, str]:
    """Return an environment in which OpenSSL speaks one version of TLS only: these clients cannot be told."""
    configuration = way.ca.with_name(f"only-tls-{way.version}.cnf")
    lines = [
        "openssl_conf = init",
        "[init]",
        "ssl_conf = sections",
        "[sections]",
        "system_default = limits",
        "[limits]",
    ]
    limits = [f"MinProtocol = TLSv{way.version}", f"MaxProtocol = TLSv{way.version}"]
    configuration.write_text("\n".join([*lines, *limits, ""]))
    return {"OPENSSL_CONF": str(configuration)}


def _tnftp(_way: Way) -> list[str]:
    return [parts.program("tnftp"), "-4", "-p", "-n", "-i", "-v"]


def _ftp_ssl(way: Way) -> list[str]:
    safe = ["-z", "secure", "-z", f"cacert={way.ca}", "-z", "verify=1"]
    return [
        parts.program("ftp-ssl"),
        "-4",
        "-p",
        "-n",
        "-i",
        "-v",
        *(safe if way.entrance != "clear" else ["-z", "nossl"]),
    ]


TNFTP = Prompt("tnftp", _tnftp)
FTP_SSL = Prompt("ftp-ssl", _ftp_ssl)
