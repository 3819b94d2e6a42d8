"""Which process listens on a port, as far as /proc tells this user."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ftpair.core.endpoint import PortRange

_LISTENING = "0A"
"""The state of a listening socket in /proc/net/tcp."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that listens on a port."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def port_owner(host: str, port: int) -> Owner | None:
    """Return the process that listens there, if it is known."""
    return port_owners(host, PortRange(port, port)).get(port)


def port_owners(host: str, ports: PortRange) -> dict[int, Owner]:
    """Return the processes that listen on ports of a range, by port, as far as they are known."""
    wanted = _listening(host, ports)
    found: dict[int, Owner] = {}
    for process in _processes() if wanted else ():
        with suppress(OSError):  # It has ended, or belongs to somebody else.
            held = {wanted[target] for fd in (process / "fd").iterdir() if (target := _target(fd)) in wanted}
            if held:
                found |= dict.fromkeys(held, Owner(int(process.name), (process / "comm").read_text().strip()))
    return found


def processes_told(word: str) -> frozenset[int]:
    """Return the processes that have a word in their command line."""
    found = set()
    for process in _processes():
        with suppress(OSError):
            if word.encode() in (process / "cmdline").read_bytes():
                found.add(int(process.name))
    return frozenset(found)


def _processes() -> Iterator[Path]:
    return Path("/proc").glob("[0-9]*")


def _target(fd: Path) -> str:
    try:
        return str(fd.readlink())
    except FileNotFoundError:  # Closed since it was listed, as the descriptor of the listing itself is.
        return ""


def _listening(host: str, ports: PortRange) -> dict[str, int]:
    """Return the ports on which somebody listens, by what descriptors of the socket point to."""
    addresses = {_proc_address(host), *map(_proc_address, ("0.0.0.0", "::"))}  # noqa: S104 - looked for, not bound.
    found: dict[str, int] = {}
    for row in (row.split() for table in ("tcp", "tcp6") for row in _rows(Path("/proc/net") / table)):
        address, _, port = row[1].rpartition(":")
        if row[3] == _LISTENING and address in addresses and int(port, 16) in ports:
            found[f"socket:[{row[9]}]"] = int(port, 16)
    return found


def _rows(table: Path) -> list[str]:
    return table.read_text().splitlines()[1:] if table.exists() else []


def _proc_address(host: str) -> str:
    """Return an address as /proc/net/tcp prints it: words of the machine's byte order, in hex."""
    packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    return "".join(packed[at : at + 4][::-1].hex() for at in range(0, len(packed), 4)).upper()
