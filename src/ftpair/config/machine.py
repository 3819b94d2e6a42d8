"""What the checks need to know of the machine they run on; a test brings a machine of its own."""

import os
import pwd
import re
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ftpair.config.memory import available_memory
from ftpair.core.endpoint import PortRange

_IPV4 = Path("/proc/sys/net/ipv4")
_SELF = Path("/proc/self/status")
_FURTHER_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
_PATIENCE_S = 10.0
CAPABILITIES = {"net_bind_service": 10, "net_admin": 12, "net_raw": 13}
"""Those that ftpair can make use of, with their numbers (linux/capability.h)."""


def resolved(host: str) -> str:
    """Return the first IP address of a host name. Raises OSError."""
    return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])


def has_user(name: str) -> bool:
    """Return whether the machine has a user of that name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def located(program: str, path: str | None = None, further: str = _FURTHER_PATH) -> str:
    """Return how a program is called: by its name if that is on the path (the environment's), else by where it is.

    The path of a common user of Debian has no folder of daemons. What is nowhere stays as it was.
    """
    found = shutil.which(program, path=path)
    return program if found else shutil.which(program, path=further) or program


def haproxy_version(program: str) -> tuple[int, int] | None:
    """Return the version of HAProxy, asked of the program itself; None if there is none that answers."""
    try:
        said = subprocess.run([program, "-v"], capture_output=True, timeout=_PATIENCE_S, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(rb"HAProxy version (\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as the checks see it; `now` is in seconds since the epoch."""

    cpus: int
    now: float
    descriptors: int
    """Open files that one process may have."""
    local_ports: PortRange | None = None
    """Ports that the kernel gives to outgoing connections (net.ipv4.ip_local_port_range)."""
    reserved_ports: tuple[PortRange, ...] = ()
    """Ports that it leaves out (net.ipv4.ip_local_reserved_ports)."""
    somaxconn: int = 0
    """Connections that may wait at one listener (net.core.somaxconn); 0: nobody can tell."""
    tcp_pressure_bytes: int = 0
    """What all connections may hold in the kernel before it slows them down (net.ipv4.tcp_mem); 0: nobody can tell."""
    available_bytes: int | None = None
    """Memory that may still be taken; None: nobody can tell."""
    capabilities: frozenset[str] = frozenset(CAPABILITIES)
    """What this process may do and hand on; root may everything."""
    transparency: str = ""
    """Why the kernel binds no socket to an address that is not its own; empty: it does, for who may ask."""
    haproxy: Callable[[str], tuple[int, int] | None] = haproxy_version
    """Tells the version of a program that is HAProxy; None: there is no such program."""
    locate: Callable[[str], str] = located
    """Tells how a program is called."""
    resolve: Callable[[str], str] = resolved
    has_user: Callable[[str], bool] = has_user


def this_machine(settings: Path = _IPV4) -> Machine:
    """Return the machine that we run on, as it is now; `settings` is the folder of the kernel's settings for IPv4."""
    local = port_ranges(_setting(settings / "ip_local_port_range").replace("\t", "-"))
    return Machine(
        cpus=len(os.sched_getaffinity(0)),
        now=time.time(),
        descriptors=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        local_ports=local[0] if local else None,
        reserved_ports=port_ranges(_setting(settings / "ip_local_reserved_ports")),
        somaxconn=int(_setting(settings.parent / "core/somaxconn") or 0),
        tcp_pressure_bytes=_tcp_pressure_bytes(_setting(settings / "tcp_mem")),
        available_bytes=available_memory(),
        capabilities=held_capabilities(),
        transparency=why_not_transparent(),
    )


def held_capabilities(kind: str = "CapPrm", status: Path = _SELF) -> frozenset[str]:
    """Return the names of a process's capabilities: `CapPrm` what it may do, `CapAmb` what its children inherit."""
    rows = dict(row.partition(":")[::2] for row in status.read_text(encoding="utf-8").splitlines())
    mask = int(rows[kind], 16)
    return frozenset(name for name, number in CAPABILITIES.items() if mask >> number & 1)


def _make_transparent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TRANSPARENT, 1)


def why_not_transparent(ask: Callable[[], None] = _make_transparent) -> str:
    """Ask the kernel for a transparent socket; return its refusal, but for one that only this user gets."""
    try:
        ask()
    except PermissionError:
        return ""  # A matter of capabilities, which are looked at by themselves.
    except OSError as error:
        return (error.strerror or "refused").lower()
    return ""


def port_ranges(text: str) -> tuple[PortRange, ...]:
    """Return the ranges of a kernel setting such as `2121,40000-40100`."""
    parts = [part.partition("-") for part in text.split(",") if part.strip()]
    return tuple(PortRange(int(first), int(last or first)) for first, _, last in parts)


def _tcp_pressure_bytes(pages: str) -> int:
    """Return the second of three numbers of pages: from there on buffers shrink (tcp(7))."""
    return sum(map(int, pages.split()[1:2])) * resource.getpagesize()


def _setting(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:  # A machine without the setting (a container, another kernel) has nothing to warn of.
        return ""
