"""The real server behind a crowd: pyftpdlib, one process for ten thousand sessions, where vsftpd would be 20,000.

`python -m bench.crowd_server HOST PORT FOLDER`
"""

import logging
import resource
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

PASSIVE = range(20000, 24000)
PATIENCE_S = 3600
BACKLOG = 1024


class Handler(FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types.
    """An anonymous session; it may idle for as long as the load holds it."""

    timeout = PATIENCE_S
    passive_ports = PASSIVE


def main() -> None:
    """Serve until a signal ends the process."""
    host, port, folder = sys.argv[1:]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    logging.basicConfig(level=logging.ERROR)
    authorizer = DummyAuthorizer()
    authorizer.add_anonymous(folder)
    Handler.authorizer = authorizer
    server = FTPServer((host, int(port)), Handler, backlog=BACKLOG)
    server.max_cons = most
    server.serve_forever()


if __name__ == "__main__":
    main()
