"""A recording tap: forwards TCP connections and keeps every byte of both directions, connection by connection."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Self


@dataclass(slots=True)
class Recorded:
    """The bytes of one connection: `up` from the one who connected, `down` to it."""

    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)


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
            self.connections.append(recorded)
            for source, sink, record in ((near, far, recorded.up), (far, near, recorded.down)):
                threading.Thread(target=_forward, args=(source, sink, record), daemon=True).start()


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
