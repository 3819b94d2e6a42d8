"""By which groups workers and prober exchange keys where nobody has chosen any: told in OpenSSL's own file.

Before Python 3.15 `ssl` gives a context one group, and no list of them. OpenSSL reads a file when a process begins
(config(5)), whose `system_default` holds for all contexts of that process (SSL_CONF_cmd(3)). So these children get a
file that includes the machine's, whose policy goes on to hold, and that adds the groups if that policy names none.
"""

import fcntl
import os
import re
import ssl
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

VARIABLE = "OPENSSL_CONF"
"""Who sets it for ftpair has chosen the whole file, and it is left as it is."""
OLDER = "X25519:P-256:P-384"
NEWER = "?*X25519MLKEM768 / ?*X25519:?P-256 / ?P-384"
"""From OpenSSL 3.5 on: the hybrid group first, and keys for both sent at once, as it would on its own."""

_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
_LINKS = (("openssl_conf", "ftpair_openssl"), ("ssl_conf", "ftpair_ssl"), ("system_default", "ftpair_tls"))
"""From the file's beginning to the policy: the key that names the next section, and our name where there is none."""
_HEADER = re.compile(r"\[\s*(.+?)\s*\]")
_INCLUDE = re.compile(r"\.include\b\s*=?\s*(.+)")
_SETTING = re.compile(r"([^=]+?)\s*=\s*(.*)")

Sections = dict[str, dict[str, str]]


class UnclearError(Exception):
    """A file of OpenSSL says something that only OpenSSL can follow."""


class Groups:
    """The file for the children, in memory: no other process can write to it, and no user is kept from reading it."""

    def __init__(self, machine: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
        """Make it from the machine's file, or none where an administrator has chosen already."""
        text = None if VARIABLE in environ else file_for(machine or machine_file())
        self.fds: tuple[int, ...] = (_sealed(text),) if text else ()
        """What the children inherit."""

    @property
    def environment(self) -> dict[str, str]:
        """How they are told of it."""
        return {VARIABLE: f"/proc/self/fd/{self.fds[0]}"} if self.fds else {}

    def close(self) -> None:
        """Give it back."""
        for fd in self.fds:
            os.close(fd)


def machine_file() -> Path:
    """Return where the OpenSSL of this Python finds its configuration if nobody names another."""
    return Path(ssl.get_default_verify_paths().openssl_cafile).parent / "openssl.cnf"


def default_groups() -> str:
    """Return those of Mozilla's intermediate profile, as this OpenSSL has them."""
    return NEWER if ssl.OPENSSL_VERSION_INFO >= (3, 5) else OLDER


def file_for(machine: Path) -> str | None:
    """Return the text of the file; None if the machine's names groups itself, or is not to be followed."""
    try:
        sections = read(machine)
        names = _names(sections)
    except (OSError, UnclearError):
        return None
    chosen = {key.rpartition(".")[2].lower() for key in sections.get(names[-1], ())}
    return None if chosen & {"groups", "curves"} else _text(machine, names)


def read(path: Path) -> Sections:
    """Return what a file of OpenSSL and those that it includes say, by section; nothing if it is not there.

    Raises UnclearError, and OSError when a file cannot be read.
    """
    sections: Sections = defaultdict(dict)
    if path.exists():
        _read(path, sections, "default", frozenset())
    return sections


def _read(path: Path, sections: Sections, section: str, above: frozenset[Path]) -> str:
    """Read one file, which goes on in `section`; return the one in which it ends, where the one above goes on."""
    if path in above:
        raise UnclearError(f"{path} includes itself")
    for line in _lines(path.read_text("utf-8", "replace")):
        if header := _HEADER.match(line):
            section = header[1]
        elif include := _INCLUDE.match(line):
            for each in _included(include[1]):
                section = _read(each, sections, section, above | {path})
        elif line.startswith("."):
            raise UnclearError(line)
        elif setting := _SETTING.match(line):
            place, _, key = setting[1].rpartition("::")
            sections[place or section][key] = setting[2]
    return section


def _lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", "").splitlines():
        if said := line.partition("#")[0].strip():
            yield said


def _included(name: str) -> list[Path]:
    path = Path(_plain(name))
    if not path.is_absolute():
        raise UnclearError(f"includes {name}")
    if path.is_dir():
        return sorted(each for each in path.iterdir() if each.suffix in {".cnf", ".conf"})
    return [path] if path.exists() else []


def _plain(value: str) -> str:
    r"""Return a value as it is meant; what has variables or `\` in it only OpenSSL can tell."""
    if set(value) & set("$\\"):
        raise UnclearError(value)
    return value.strip("\"'`")


def _names(sections: Sections) -> list[str]:
    """Return the sections on the way to the policy, the first of them the file's beginning, the last the policy."""
    names = ["default"]
    for key, ours in _LINKS:
        names.append(_plain(sections.get(names[-1], {}).get(key, "")) or ours)
    return names


def _text(machine: Path, names: list[str]) -> str:
    lines = [f".include {machine}"] if machine.exists() else []
    for place, (key, _ours), following in zip(names, _LINKS, names[1:], strict=False):
        lines += [f"[{place}]", f"{key} = {following}"]
    lines += [f"[{names[-1]}]", f"Groups = {default_groups()}"]
    return "\n".join(lines) + "\n"


def _sealed(text: str) -> int:
    descriptor = os.memfd_create("openssl.cnf", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, text.encode())
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    return descriptor
