"""A server made of one function: plays an evil or a recording FTP server over real sockets."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

from tests.interop.lab.places import CONTROL_PORT, fresh_address


class Conversation:
    """One control connection as the server sees it."""

    def __init__(self, sock: socket.socket, listen: Callable[[], socket.socket]) -> None:
        sock.settimeout(30)
        self.sock = sock
        self.listen = listen
        self.lines: list[bytes] = []
        self._buffer = b""

    def say(self, *lines: str) -> None:
        """Send reply lines."""
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def line(self) -> str:
        """Return the next command without its line end; an empty text when the peer has gone."""
        while b"\n" not in self._buffer:
            piece = self.sock.recv(65536)
            if not piece:
                return ""
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\n", 1)
        self.lines.append(line + b"\n")
        return line.rstrip(b"\r").decode("latin-1")

    def has_more(self, within_s: float) -> bool:
        """Whether the peer sends anything more within that time."""
        if self._buffer:
            return True
        self.sock.settimeout(within_s)
        try:
            self._buffer += self.sock.recv(65536)
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(30)
        return bool(self._buffer)

    def secure(self, context: ssl.SSLContext) -> None:
        """Answer the peer's handshake."""
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def log_in(self) -> None:
        """Greet and accept any login in clear text."""
        self.say("220 scripted")
        self.answer_until("PASS", {"USER": "331 password, please"})
        self.say("230 in")

    def answer_until(self, verb: str, answers: dict[str, str] | None = None) -> str:
        """Answer commands by the table (200 otherwise) until one with this verb comes; return it unanswered."""
        while line := self.line():
            said = line.split(" ")[0].upper()
            if said == verb:
                return line
            self.say((answers or {}).get(said, f"200 {said} is fine"))
        return ""


Script = Callable[[Conversation], None]


class ScriptedServer:
    """Runs a script for every control connection, in threads; `lines` are all commands that came, in order."""

    def __init__(self, script: Script, address: str = "") -> None:
        self.address = address or fresh_address()
        self.conversations: list[Conversation] = []
        self._script = script
        self._listener = socket.create_server((self.address, CONTROL_PORT))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def lines(self) -> list[bytes]:
        """Return every line that any connection brought, line end included."""
        return [line for conversation in self.conversations for line in conversation.lines]

    @property
    def verbs(self) -> list[str]:
        """Return the verbs of those lines."""
        return [line.split()[0].decode("latin-1").upper() for line in self.lines if line.split()]

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def hang_up(self) -> None:
        """Take no more connections, and end those that stand."""
        self.close()
        for conversation in self.conversations:
            with contextlib.suppress(OSError):
                conversation.sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            conversation = Conversation(sock, self._data_listener)
            self.conversations.append(conversation)
            threading.Thread(target=self._run, args=(conversation,), daemon=True).start()

    def _run(self, conversation: Conversation) -> None:
        with contextlib.suppress(OSError):
            self._script(conversation)
        with contextlib.suppress(OSError):
            conversation.sock.close()

    def _data_listener(self) -> socket.socket:
        listener = socket.create_server((self.address, 0))
        listener.settimeout(10)
        return listener


def passive_reply(address: str, port: int) -> str:
    """Return the classic reply to PASV."""
    return f"227 Entering Passive Mode ({address.replace('.', ',')},{port // 256},{port % 256})."


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    """Return a context for a scripted server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
