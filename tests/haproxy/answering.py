"""A socket that answers as it is told, piece by piece, in the place of HAProxy's."""

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Answer = Callable[[str], Iterable[bytes | float]]
"""Of a command: the pieces of its answer, and pauses in seconds between them."""


@contextlib.contextmanager
def answering(path: Path, answer: Answer) -> Iterator[None]:
    """Answer at a path for the length of a block."""

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for piece in answer(self.rfile.readline().decode().strip()):
                if isinstance(piece, bytes):
                    with contextlib.suppress(OSError):  # Who asked has heard enough.
                        self.wfile.write(piece)
                else:
                    time.sleep(piece)

    with socketserver.ThreadingUnixStreamServer(str(path), Conversation) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
            path.unlink(missing_ok=True)
