"""What to do on a real server, as text: the steps in words, and files that can be used as they are. Pure."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from ftpair.core.errors import WrongRequestError
from ftpair.guides.wanted import Wanted

Kind = Literal["iis", "vsftpd", "proftpd", "pure-ftpd", "filezilla-server", "pyftpdlib"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STEPS = "steps"
"""The part that is in words; the others are files."""
TITLES: dict[Kind, str] = {
    "iis": "IIS",
    "vsftpd": "vsftpd",
    "proftpd": "ProFTPD",
    "pure-ftpd": "Pure-FTPd",
    "filezilla-server": "FileZilla Server",
    "pyftpdlib": "pyftpdlib",
}

_SETTING = re.compile(r'.* -Name "(?:\w+\.)*(\w+)" -Value|\s*(\w+)[ =]')
"""How a line of a file begins that sets a key: in PowerShell, and in everything else."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a guide, and when it is part of it."""

    name: str
    template: str
    needs: Literal["", "explicit", "implicit"] = ""


_FILES: Mapping[Kind, tuple[_File, ...]] = {
    "iis": (_File("ftpair.ps1", "iis.ps1"),),
    "vsftpd": (
        _File("vsftpd.conf", "vsftpd.conf", "explicit"),
        _File("vsftpd-implicit.conf", "vsftpd-implicit.conf", "implicit"),
    ),
    "proftpd": (_File("ftpair.conf", "proftpd.conf"),),
    "pure-ftpd": (_File("options", "pure-ftpd.options", "explicit"),),
    "filezilla-server": (),
    "pyftpdlib": (_File("server.py", "pyftpdlib.py", "explicit"),),
}


def parts_of(kind: Kind, wanted: Wanted) -> tuple[str, ...]:
    """Return the names of the parts that a guide has: `steps`, then its files."""
    return (STEPS, *(file.name for file in _files(kind, wanted)))


def part(kind: Kind, wanted: Wanted, name: str) -> str:
    """Return one part. Raises WrongRequestError for one that there is not."""
    if name == STEPS:
        return _made(f"{kind}.steps", wanted)
    file = next((each for each in _files(kind, wanted) if each.name == name), None)
    if file is None:
        known = ", ".join(parts_of(kind, wanted))
        raise WrongRequestError(f"the guide for {TITLES[kind]} has no part {name!r}; it has: {known}")
    return _made(file.template, wanted)


def guide(kind: Kind, wanted: Wanted) -> str:
    """Return the whole: the steps, then each file under its name."""
    head = f"{wanted.server} ({TITLES[kind]}) for the service {wanted.service}"
    lines = [head, "=" * len(head), "", part(kind, wanted, STEPS)]
    for file in _files(kind, wanted):
        lines += ["", f"--- {file.name} " + "-" * max(3, 70 - len(file.name)), "", _made(file.template, wanted)]
    return "\n".join(lines).rstrip() + "\n"


def lines_that_set(kind: Kind, wanted: Wanted, keys: Container[str]) -> tuple[str, ...]:
    """Return the lines of the guide's files that set one of these keys, each once."""
    lines = (line for file in _files(kind, wanted) for line in _made(file.template, wanted).splitlines())
    return tuple(dict.fromkeys(line.strip() for line in lines if _key_of(line) in keys))


def _key_of(line: str) -> str:
    found = _SETTING.match(line)
    return (found[1] or found[2]) if found else ""


def _files(kind: Kind, wanted: Wanted) -> list[_File]:
    return [file for file in _FILES[kind] if not file.needs or getattr(wanted, file.needs) is not None]


def _made(template: str, wanted: Wanted) -> str:
    return _ENVIRONMENT.get_template(f"{template}.j2").render(w=wanted).rstrip() + "\n"


_ENVIRONMENT = Environment(
    loader=PackageLoader("ftpair.guides"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701  # Text for files and terminals; what goes in was checked by `ftpair check`.
)
