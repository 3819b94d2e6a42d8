"""The control socket of the API: bound by the supervisor, so that it stays when the API is replaced.

A lock says that a supervisor lives: the API of one that was killed may go on listening for a moment.
"""

import fcntl
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from ftpair.core.errors import SetupError

NAME = "ftpair.sock"
LOCK = "ftpair.lock"
MODE = 0o600
BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Door:
    """The control socket, and the lock of who owns it."""

    socket: socket.socket
    lock: int
    """The descriptor of the lock: it ends with the process, whatever becomes of that."""


def open_door(runtime: Path) -> Door:
    """Return the listening control socket in the runtime folder; only its owner may connect.

    Raises SetupError: the folder cannot be written, the path is too long, or ftpair runs there already.
    """
    path = runtime / NAME
    lock = _locked(runtime)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        sock.bind(str(path))
        # Nobody can connect before listen(2), so the moment before chmod(2) is no gap.
        path.chmod(MODE)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        os.close(lock)
        raise _cannot_be_made(path, error) from error
    except SetupError:
        sock.close()
        os.close(lock)
        raise
    return Door(sock, lock)


def close_door(door: Door, runtime: Path) -> None:
    """Close the control socket, remove its file, and let another one open it."""
    door.socket.close()
    (runtime / NAME).unlink(missing_ok=True)
    os.close(door.lock)


def _locked(runtime: Path) -> int:
    """Return the descriptor of a lock that one living process has at a time."""
    path = runtime / LOCK
    try:
        runtime.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
    except OSError as error:
        raise _cannot_be_made(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        answers = f"it answers on {runtime / NAME}"
        raise SetupError(f"ftpair runs already: {answers}; stop it, or set another paths.runtime") from error
    return lock


def _cannot_be_made(path: Path, error: OSError) -> SetupError:
    return SetupError(f"paths.runtime: {path} cannot be made ({error.strerror or error}); choose another")


def _remove_stale(path: Path) -> None:
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise SetupError(f"paths.runtime: {path} is in the way; remove it")
    path.unlink()
