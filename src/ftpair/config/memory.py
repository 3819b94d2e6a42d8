"""How much memory is still to be had: of the machine, or of the control group that this process lives in.

The files are opened once and early: a confined worker opens none, and without descriptors nobody can.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_MEMINFO = Path("/proc/meminfo")
_GROUPS = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")
_MOST_BYTES = 16384
_BOUNDLESS = 1 << 60
"""What a limit that is none is written as (version 1: nearly 2**63)."""


class _Version(NamedTuple):
    """How one version of control groups names its files (Documentation/admin-guide/cgroup-v1, cgroup-v2)."""

    limit: str
    used: str
    reclaimable: str
    """A row of memory.stat: what the kernel takes back before it kills."""


_V1 = _Version("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = _Version("memory.max", "memory.current", "inactive_file")


class _Group:
    """One control group that bounds memory. Raises OSError if it does not: such a one costs no descriptor."""

    def __init__(self, folder: Path, version: _Version) -> None:
        if _number((folder / version.limit).read_bytes()) >= _BOUNDLESS:
            raise OSError(None, "the group has no limit")
        self._row = version.reclaimable.encode() + b" "
        self._files = [_opened(folder / name) for name in (version.limit, version.used, "memory.stat")]

    def available(self) -> int | None:
        """Return the bytes that are left in it; None: it has no limit any more, or is gone."""
        limit, used, stat = (_read(fd) for fd in self._files)
        if _number(limit) >= _BOUNDLESS or not used:
            return None
        rows = (line for line in stat.splitlines() if line.startswith(self._row))
        return _number(limit) - _number(used) + sum(_number(row.split()[1]) for row in rows)


class AvailableMemory:
    """Tells what is left where there is least of it: this group, the groups around it, the machine."""

    def __init__(self, meminfo: Path = _MEMINFO, groups: Path = _GROUPS, mount: Path = _MOUNT) -> None:
        self._meminfo = -1
        with suppress(OSError):  # No /proc: the machine tells nothing.
            self._meminfo = _opened(meminfo)
        self._groups: list[_Group] = []
        for folder, version in _folders(groups, mount):
            with suppress(OSError):  # It has no limit, or a container does not show it.
                self._groups.append(_Group(folder, version))

    def bytes(self) -> int | None:
        """Return the bytes that may still be taken; None: nobody can tell."""
        found = [self._of_machine(), *(group.available() for group in self._groups)]
        known = [max(0, available) for available in found if available is not None]
        return min(known) if known else None

    def _of_machine(self) -> int | None:
        for line in _read(self._meminfo).splitlines():
            if line.startswith(b"MemAvailable:"):
                return int(line.split()[1]) << 10
        return None


def _folders(groups: Path, mount: Path) -> Iterator[tuple[Path, _Version]]:
    """Yield the folder of each group around this process, its own first."""
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _hierarchy, controllers, path = line.split(":", 2)
        if controllers in {"", "memory"}:
            version, root = (_V1, mount / "memory") if controllers else (_V2, mount)
            own = root / path.lstrip("/")
            yield from ((folder, version) for folder in (own, *own.parents) if folder.is_relative_to(root))


def _number(text: bytes) -> int:
    """Return what a file of a group says; `max`, and nothing, is no limit."""
    return int(text) if text.strip().isdigit() else _BOUNDLESS


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _read(fd: int) -> bytes:
    try:
        return os.pread(fd, _MOST_BYTES, 0)
    except OSError:  # Never opened, or the group was removed behind us.
        return b""


available_memory = AvailableMemory().bytes
