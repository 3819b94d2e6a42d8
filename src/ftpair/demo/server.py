"""One real FTP server (pyftpdlib) in a process of its own: `python -m ftpair.demo.server HOST PORT FOLDER`.

It speaks clear text, as servers behind an offloading balancer do, and ends when its standard input does, with its
parent.
"""

import logging
import os
import sys
import threading

from pyftpdlib.authorizers import DummyAuthorizer  # type: ignore[import-untyped]  # It ships no types.
from pyftpdlib.handlers import DTPHandler, FTPHandler  # type: ignore[import-untyped]  # As above.
from pyftpdlib.servers import FTPServer  # type: ignore[import-untyped]  # As above.

from ftpair.demo.place import LISTENING, PASSWORD, USER

BUFFER_BYTES = 1 << 18
RIGHTS = "elradfmwMT"


class LargeDataHandler(DTPHandler):  # type: ignore[misc]  # pyftpdlib is untyped.
    """A data connection with buffers for large files."""

    ac_in_buffer_size = BUFFER_BYTES
    ac_out_buffer_size = BUFFER_BYTES


class Handler(FTPHandler):  # type: ignore[misc]  # pyftpdlib is untyped.
    """A control connection with the one user of the demonstration."""

    dtp_handler = LargeDataHandler
    banner = "pyftpdlib ready."


def main(host: str, port: str, folder: str) -> None:
    """Serve `folder` until standard input ends."""
    logging.getLogger("pyftpdlib").setLevel(logging.WARNING)
    Handler.authorizer = DummyAuthorizer()
    Handler.authorizer.add_user(USER, PASSWORD, folder, perm=RIGHTS)
    server = FTPServer((host, int(port)), Handler)
    sys.stderr.write(f"{LISTENING}\n")
    sys.stderr.flush()
    threading.Thread(target=_end_with_input, daemon=True).start()
    server.serve_forever(handle_exit=False)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
