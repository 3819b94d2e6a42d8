"""The control socket of the API: bound by the supervisor, so that it stays when the API is replaced."""

import socket
import stat
from pathlib import Path

from ftpair.core.errors import SetupError

NAME = "ftpair.sock"
MODE = 0o600
BACKLOG = 128
CONNECT_TIMEOUT_S = 1.0


def open_door(runtime: Path) -> socket.socket:
    """Return the listening control socket in the runtime folder; only its owner may connect.

    Raises SetupError: the folder cannot be written, the path is too long, or ftpair runs there already.
    """
    path = runtime / NAME
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        runtime.mkdir(parents=True, exist_ok=True)
        _remove_stale(path)
        sock.bind(str(path))
        # Nobody can connect before listen(2), so the moment before chmod(2) is no gap.
        path.chmod(MODE)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise SetupError(f"paths.runtime: {path} cannot be made ({error.strerror or error}); choose another") from error
    except SetupError:
        sock.close()
        raise
    return sock


def close_door(sock: socket.socket, runtime: Path) -> None:
    """Close the control socket and remove its file."""
    sock.close()
    (runtime / NAME).unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise SetupError(f"paths.runtime: {path} is in the way; remove it")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_TIMEOUT_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise SetupError(f"ftpair runs already: it answers on {path}; stop it, or set another paths.runtime")
