"""Real FTP servers in processes of their own, with the same files: each can be killed in the middle, and comes back."""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

from .stage import PASSWORD, USER

STARTING_S = 30


class Killable:
    """One pyftpdlib process on a port of its own."""

    def __init__(self, root: Path, mode: str = "off", pem: Path | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.address = probe.getsockname()
        self.root = root
        self._arguments = [mode, str(pem or "")]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Begin to serve, and wait until it does."""
        program = [sys.executable, "-m", "tests.dataplane.killable", str(self.address[1]), str(self.root)]
        self._process = subprocess.Popen([*program, *self._arguments], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        """Let the kernel end it in the middle of whatever it does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(STARTING_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def freeze(self) -> None:
        """Let it do nothing any more, with all its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def close(self) -> None:
        if self._process is not None:
            self.kill()


@contextlib.contextmanager
def killable_servers(root: Path, count: int = 2, **how: object) -> Iterator[list[Killable]]:
    """Run some servers; they share the files, as servers of a pool do."""
    servers: list[Killable] = []
    try:
        servers += (Killable(root, **how) for _ in range(count))  # type: ignore[arg-type]
        yield servers
    finally:
        for server in servers:
            server.close()


def main(port: str, root: str, mode: str, pem: str) -> None:
    """Be such a process."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, root, perm="elradfmwMT")
    members: dict[str, object] = {"authorizer": authorizer, "banner": "killable"}
    if mode == "explicit":
        members |= {"certfile": pem, "tls_control_required": True, "tls_data_required": True}
    handler = type("Handler", (TLS_FTPHandler if mode == "explicit" else FTPHandler,), members)
    server = ThreadedFTPServer(("127.0.0.1", int(port)), handler)
    os.write(1, b"ready\n")
    server.serve_forever(timeout=0.05)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main(*sys.argv[1:])
