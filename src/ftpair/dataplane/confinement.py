"""A child takes away from itself what it will never need: files, new privileges, powers of root, being looked into.

Landlock (Linux 5.13, landlock(7)) does it for files, TCP and signals. It needs no right and no folder, as a chroot
would, and leaves /proc/self/fd as it is, through which OpenSSL reads keys from memory. Python has none of these system
calls, so they are made by ctypes. All of it holds for this process and whatever it starts, and nothing lifts it again.
"""

import ctypes
import os
import resource
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)

# prctl(2).
_SET_DUMPABLE, _SET_NO_NEW_PRIVS = 4, 38
# Numbers of system calls: the same on every architecture since they are younger than Linux 5.1 (but for capset's).
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1
_READ = 1 << 2 | 1 << 3
"""LANDLOCK_ACCESS_FS_READ_FILE, LANDLOCK_ACCESS_FS_READ_DIR."""
_FILE_RIGHTS: tuple[tuple[int, int], ...] = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From which version on the kernel has so many rights of files: execute, write, read, make, refer, truncate, ioctl."""
_NET_VERSION, _TCP = 4, 1 << 0 | 1 << 1
"""LANDLOCK_ACCESS_NET_BIND_TCP, LANDLOCK_ACCESS_NET_CONNECT_TCP."""
_SCOPE_VERSION, _SCOPES = 6, 1 << 0 | 1 << 1
"""No abstract unix sockets and no signals to processes outside: children of one user could end each other."""
# capset(2).
_CAPABILITY_VERSION = 0x20080522
_CAPABILITIES: dict[str, int] = {"net_bind_service": 10, "net_raw": 13, "sys_resource": 24}


@dataclass(frozen=True, slots=True)
class Needs:
    """What a child goes on needing; everything else is taken away."""

    readable: tuple[Path, ...] = ()
    """Folders below which files may be read."""
    tcp: bool = True
    """Whether it opens TCP connections or ports of its own; those it was given work in any case."""
    capabilities: frozenset[str] = frozenset()
    """Powers of root, by name, that it keeps if it has them."""


WORKER = Needs(capabilities=frozenset(_CAPABILITIES))
"""Low ports as a source, TPROXY, and (sys_resource) pipes of full size for more than 64 transfers at a time."""
PROBER = Needs()


def confine(needs: Needs) -> str:
    """Take away all but the needs; return what the kernel does about files, in words: `landlock 7`, `none`.

    Called once, early, while there is one thread. A kernel without Landlock leaves the files to the rights of the user.
    """
    hide()
    _keep_capabilities(needs.capabilities)
    _must(_LIBC.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    version = landlock_version()
    if version < 1:
        return "none"
    _restrict(version, needs)
    return f"landlock {version}"


def hide() -> None:
    """Keep the memory of this process, which holds keys and passwords, to itself: no core, and no look into it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _must(_LIBC.prctl(_SET_DUMPABLE, 0, 0, 0, 0))  # Others of the same user cannot trace it or read /proc/PID/mem.


def landlock_version() -> int:
    """Return the version of Landlock that the kernel speaks; 0 where it was built or booted without."""
    return max(0, int(_LIBC.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)))


def _restrict(version: int, needs: Needs) -> None:
    ruleset = _must(_LIBC.syscall(_CREATE_RULESET, *_ruleset(version, needs), 0))
    try:
        for folder in needs.readable:
            _allow_reading(ruleset, folder)
        _must(_LIBC.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _ruleset(version: int, needs: Needs) -> tuple[bytes, int]:
    """Return `struct landlock_ruleset_attr`, as long as this version has it, and its length."""
    rights = max(count for since, count in _FILE_RIGHTS if version >= since)
    fields = [(1 << rights) - 1]
    if version >= _NET_VERSION:
        fields.append(0 if needs.tcp else _TCP)
    if version >= _SCOPE_VERSION:
        fields.append(_SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    return attributes, len(attributes)


def _allow_reading(ruleset: int, folder: Path) -> None:
    with suppress(FileNotFoundError):
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            rule = struct.pack("=Qi", _READ, descriptor)
            _must(_LIBC.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0))
        finally:
            os.close(descriptor)


def _keep_capabilities(names: Iterable[str]) -> None:
    """Keep these of those that are permitted; ambient ones follow by themselves (capabilities(7))."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    held = ctypes.create_string_buffer(24)
    _must(_LIBC.capget(header, held))
    kept = sum(1 << _CAPABILITIES[name] for name in names)
    # Two rows of effective, permitted, inheritable: the lower 32 numbers and the higher ones.
    low, _high = (row[1] & kept >> 32 * place for place, row in enumerate(struct.iter_unpack("=3I", held.raw)))
    _must(_LIBC.capset(header, struct.pack("=6I", low, low, low, 0, 0, 0)))


def _must(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
