"""A recording tap: forwards TCP connections and keeps every byte of both directions, connection by connection."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Self

_PATIENCE_S = 10


@dataclass(slots=True)
class Recorded:
    """The bytes of one connection: `up` from the one who connected, `down` to it."""

    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)
    threads: list[threading.Thread] = field(default_factory=list)


class Tap:
    """Listens on one endpoint and forwards to another; data connections go past it when both have the same address."""

    def __init__(self, listen: tuple[str, int], target: tuple[str, int]) -> None:
        self.connections: list[Recorded] = []
        self._target = target
        self._listener = socket.create_server(listen)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self) -> tuple[str, int]:
        """Return where it listens."""
        host, port = self._listener.getsockname()
        return host, port

    def harvest(self) -> list[Recorded]:
        """Wait until all connections so far are over, return and forget them."""
        harvest, self.connections = self.connections, []
        for thread in (thread for recorded in harvest for thread in recorded.threads):
            thread.join(_PATIENCE_S)
            assert not thread.is_alive(), "a connection is still open"
        return harvest

    def close(self) -> None:
        """Take no more connections; those that stand go on."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            recorded = Recorded()
            for way in ((near, far, recorded.up), (far, near, recorded.down)):
                recorded.threads.append(threading.Thread(target=_forward, args=way, daemon=True))
                recorded.threads[-1].start()
            self.connections.append(recorded)


def _forward(source: socket.socket, sink: socket.socket, record: bytearray) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            record += piece
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def is_tls_records(data: bytes) -> bool:
    """Whether the bytes are whole TLS records and nothing else (RFC 8446, 5.1)."""
    place = 0
    while place < len(data):
        kind, major, length = data[place], data[place + 1], int.from_bytes(data[place + 3 : place + 5])
        if kind not in (20, 21, 22, 23) or major != 3 or length > 16384 + 256:
            return False
        place += 5 + length
    return place == len(data)
