"""Where the next supervisor finds the workers of one that has died: a unix socket for each, named by its process.

The supervisor binds it in a folder that is its own and hands it to the worker, which needs no file for that. Nobody
listens on it as long as the supervisor lives: who connects then is refused by the kernel.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = "workers"
_SUFFIX = ".sock"
_MODE, _FOLDER_MODE = 0o600, 0o700
_CREDENTIALS = struct.Struct("3i")


class Handovers:
    """The supervisor's side: the sockets of all workers in `workers` of the runtime folder."""

    def __init__(self, runtime: Path) -> None:
        """Raises OSError."""
        folder = runtime / FOLDER
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        self._folder = folder
        # A path of a socket is at most 107 bytes long: through the descriptor of the folder it is always short.
        self._descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def make(self, pid: int) -> socket.socket:
        """Return a new socket for a worker, in place of the one it may have; nobody listens yet. Raises OSError."""
        path, draft = self._path(pid), self._path(pid).with_suffix(".new")
        draft.unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(str(draft))
            draft.chmod(_MODE)
            draft.replace(path)
        except OSError:
            sock.close()
            raise
        return sock

    def forget(self, pid: int) -> None:
        """Remove the socket of a worker that has ended."""
        self._path(pid).unlink(missing_ok=True)

    def left(self) -> Iterator[int]:
        """Yield the workers that have one, dead or alive."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if path.stem.isdecimal():
                yield int(path.stem)

    def connect(self, pid: int) -> socket.socket:
        """Return a connection to a worker that awaits a supervisor. Raises OSError if it does not."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(0)
            sock.connect(str(self._path(pid)))
            if peer(sock)[0] != pid:  # Who listens there is told by the kernel.
                raise ConnectionRefusedError
        except OSError:
            sock.close()
            raise
        return sock

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._descriptor)

    def _path(self, pid: int) -> Path:
        return Path(f"/proc/self/fd/{self._descriptor}/{pid}{_SUFFIX}")


class Handover:
    """The worker's side. `on_found` takes the connection of a supervisor; no other is taken until `open` again."""

    def __init__(self, owner: int, on_found: Callable[[socket.socket], None]) -> None:
        """`owner` is the user of the supervisor; besides it only root may come."""
        self._owners, self._on_found = (0, owner), on_found
        self._sock: socket.socket | None = None

    def use(self, fd: int) -> None:
        """Await the next one on this socket; the former one is closed."""
        self.close()
        self._sock = socket.socket(fileno=fd)

    def open(self) -> bool:
        """Listen; return whether there is a socket to listen on."""
        if self._sock is None:
            return False
        self._sock.settimeout(0)
        self._sock.listen(1)
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._acceptable)
        return True

    def close(self) -> None:
        """Listen no more."""
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()
            self._sock = None

    def _acceptable(self) -> None:
        assert self._sock is not None
        try:
            sock, _ = self._sock.accept()
        except OSError:  # It has gone again, or there is no descriptor now: whoever it is tries again.
            return
        if peer(sock)[1] not in self._owners:
            sock.close()
            return
        asyncio.get_running_loop().remove_reader(self._sock.fileno())
        self._on_found(sock)


def peer(sock: socket.socket) -> tuple[int, int]:
    """Return the process and the user at the other end of a unix socket (SO_PEERCRED); of who listens, if connected."""
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _gid = _CREDENTIALS.unpack(raw)
    return pid, uid
