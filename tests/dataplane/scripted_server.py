"""A real server made of one function per control connection: it may be slow, silent, evil or dead."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator

TIMEOUT_S = 20


class Dialogue:
    """One control connection as its server sees it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(TIMEOUT_S)
        self.sock = sock
        self.heard: list[str] = []
        self._rest = b""

    def say(self, *lines: str) -> None:
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self) -> str:
        """Return the next line; nothing when the connection has ended."""
        while b"\n" not in self._rest:
            data = self.sock.recv(65536)
            if not data:
                return ""
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        self.heard.append(line.rstrip(b"\r").decode())
        return self.heard[-1]

    def until(self, *verbs: str) -> str:
        """Say yes to everything until one of the verbs comes; return its line, or nothing at the end."""
        while line := self.hear():
            verb = line.partition(" ")[0].upper()
            if verb in verbs:
                return line
            self.say(YES.get(verb, "200 yes"))
        return ""

    def log_in(self) -> None:
        """Greet and let anybody in."""
        self.say("220 scripted")
        self.until("PASS")
        self.say("230 in")

    def secure(self, context: ssl.SSLContext) -> None:
        """Greet, answer AUTH TLS, start TLS, let anybody in."""
        self.say("220 scripted")
        assert self.until("AUTH") == "AUTH TLS"
        self.say("234 go")
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.until("PASS")
        self.say("230 in")

    def offer_data(self, *, port: int = 0) -> socket.socket:
        """Wait for PASV or EPSV and answer it; return the listener."""
        host = self.sock.getsockname()[0]
        listener = socket.create_server((host, port), family=self.sock.family)
        listener.settimeout(TIMEOUT_S)
        number = listener.getsockname()[1]
        if self.until("PASV", "EPSV").upper().startswith("PASV"):
            self.say(f"227 ok ({host.replace('.', ',')},{number >> 8},{number & 255}).")
        else:
            self.say(f"229 ok (|||{number}|)")
        return listener

    def begin_data(self, verb: str) -> socket.socket:
        """Play a transfer up to its 150; return the data connection."""
        with self.offer_data() as listener:
            assert self.until(verb)
            data, _ = listener.accept()
        data.settimeout(TIMEOUT_S)
        self.say("150 here it comes")
        return data

    def serve(self) -> None:
        """Say yes until QUIT."""
        if self.until("QUIT"):
            self.say("221 bye")


def friendly(dialogue: Dialogue) -> None:
    """A script: lets anybody in and says yes."""
    dialogue.log_in()
    dialogue.serve()


YES = {"USER": "331 who are you", "FEAT": "211 none", "PWD": '257 "/"'}

Script = Callable[[Dialogue], None]


@contextlib.contextmanager
def scripted_server(
    script: Script, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[tuple[tuple[str, int], list[Dialogue]]]:
    """Run `script` for every control connection; yield the address and all dialogues so far."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    dialogues: list[Dialogue] = []

    def run(dialogue: Dialogue) -> None:
        with contextlib.suppress(OSError):
            script(dialogue)
        with contextlib.suppress(OSError):
            dialogue.sock.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                dialogues.append(Dialogue(sock))
                threading.Thread(target=run, args=(dialogues[-1],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[:2], dialogues
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def die(*socks: socket.socket) -> None:
    """Close as a killed process does: FIN on everything."""
    for sock in socks:
        sock.close()


def reset(sock: socket.socket) -> None:
    """Close with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
