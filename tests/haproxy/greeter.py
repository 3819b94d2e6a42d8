"""Servers that greet as FTP servers do and tell their name, and clients that hear it."""

import contextlib
import socket
import threading

CONTROL, DATA = 2121, 21000


class Greeter:
    """A server that greets on its control port, tells its name there and on its data port, and echoes."""

    def __init__(self, name: str, host: str) -> None:
        self.name, self.host = name, host
        self._listeners = [self._listen(port) for port in (CONTROL, DATA)]
        self._accepted: list[socket.socket] = []
        self.reset: list[bytes] = []
        """What connections said last that were reset by the peer; checks say QUIT."""

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server((self.host, port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                self._accepted.append(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        data = b""
        try:
            sock.sendall(f"220 {self.name}\r\n".encode())
            while piece := sock.recv(65536):
                sock.sendall(data := piece)
            sock.close()
        except ConnectionResetError:
            self.reset.append(data)
        except OSError:  # It is gone.
            pass

    def close(self) -> None:
        """Be gone."""
        for sock in (*self._listeners, *self._accepted):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


class Caller:
    """A client of the service."""

    def __init__(self, host: str, port: int = CONTROL, source: str = "") -> None:
        self.sock = socket.create_connection((host, port), timeout=10, source_address=(source, 0) if source else None)
        self.server = self.sock.recv(1000).decode().removeprefix("220 ").strip()
        """The name of who answered; empty: nobody did."""

    def echoes(self) -> bool:
        """Return whether the connection still works."""
        with contextlib.suppress(OSError):
            self.sock.sendall(b"x")
            return self.sock.recv(1) == b"x"
        return False

    def close(self) -> None:
        """Hang up."""
        self.sock.close()
