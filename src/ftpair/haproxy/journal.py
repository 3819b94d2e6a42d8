"""HAProxy's log lines, taken from a socket of ours: a session's end is told as in FTP mode.

A socket rather than a pipe, because HAProxy may outlive the ftpair that started it: the next one finds it there.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SESSION = "session client=%ci:%cp service=%f door=%fp server=%s ms=%Tt bytes_down=%B bytes_up=%U end=%ts"
"""The format of HAProxy's line about a control connection."""
ENDS = {
    "--": "ended",
    "CD": "ended by the client",
    "SD": "ended by the server",
    "cD": "idle for too long",
    "sD": "idle for too long",
    "SC": "the server could not be reached",
    "sC": "the server could not be reached",
    "sQ": "no place on a server",
    "PR": "refused",
    "KD": "ended by the administrator",
    "DC": "no server",
}
"""HAProxy's two letters in words: who ended it, and when (its configuration manual, 8.5)."""

_WHO = {"C": "ended by the client", "S": "ended by the server", "K": "ended by the administrator", "D": "server down"}
"""Who ended it, where the second letter tells nothing that matters."""

OnSession = Callable[["Line"], None]


@dataclass(frozen=True, slots=True)
class Line:
    """The end of a control connection, as HAProxy tells it."""

    client: str
    service: str
    door: int
    """The port that the client has dialled."""
    server: str
    seconds: float
    bytes_up: int
    bytes_down: int
    ended: str


def read(line: str) -> Line:
    """Read a line of that format, without its first word. Raises KeyError and ValueError for any other."""
    words = dict(word.partition("=")[::2] for word in line.split())
    code = words["end"]
    return Line(
        client=words["client"],
        service=words["service"],
        door=int(words["door"]),
        server="" if words["server"] == "<NOSRV>" else words["server"],
        seconds=int(words["ms"]) / 1000,
        bytes_up=int(words["bytes_up"]),
        bytes_down=int(words["bytes_down"]),
        ended=ENDS.get(code) or _WHO.get(code[:1]) or code,
    )


class Journal(asyncio.DatagramProtocol):
    """Reads the lines; gives each line about a session to `on_session`, any other to `on_line`."""

    def __init__(self, on_session: OnSession, on_line: Callable[[str], None]) -> None:
        self._on_session, self._on_line = on_session, on_line

    async def open(self, path: Path) -> asyncio.DatagramTransport:
        """Listen at a path, in the place of who did before."""
        with suppress(FileNotFoundError):
            path.unlink()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.setblocking(False)  # noqa: FBT003 - the name of the call says it.
        sock.bind(str(path))
        path.chmod(0o666)  # HAProxy may run as another user; the folder says who comes here.
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=sock)
        return transport

    def datagram_received(self, data: bytes, _address: object) -> None:
        """Take one line."""
        line = data.decode("utf-8", "replace").strip()
        kind, _, rest = line.partition(" ")
        if kind != "session":
            if line:
                self._on_line(line)
            return
        with suppress(KeyError, ValueError):  # Of another ftpair's HAProxy, in another format: it is reloaded soon.
            self._on_session(read(rest))
