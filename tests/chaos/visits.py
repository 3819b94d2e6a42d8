"""The suite's own client: one control connection, downloads and uploads at a pace, every byte of them compared."""

import hashlib
import itertools
import random
import socket
import ssl
import time
from pathlib import Path

from tests.chaos.contents import DOWNLOADS, checksum, content
from tests.chaos.ledger import Ledger, LostError
from tests.chaos.scenario import FTP_MODE
from tests.chaos.site import PASSWORD, USER, Site
from tests.interop.lab import files
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.raw_client import RawClient

PACE = 8 << 20
"""Bytes of a second in one transfer: as fast as that, and a fault finds it on its way."""
_PIECE = 64 << 10
_BUFFER = 128 << 10
"""Of a data socket: what a client has not read stays with the server, not in its own kernel."""
_UNIQUE = itertools.count()
BROKEN = (OSError, AssertionError, LostError)
"""What ends a session; `AssertionError` is a reply that `RawClient` did not want."""


class Caller(RawClient):
    """A control connection whose data connections have small buffers."""

    def connect_data(self, endpoint: tuple[str, int]) -> socket.socket:
        """Connect a data connection, clear until it is secured."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.settimeout(20)
            for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                sock.setsockopt(socket.SOL_SOCKET, buffer, _BUFFER)
            if self._source:
                sock.bind(self._source)
            sock.connect(endpoint)
        except OSError:
            sock.close()
            raise
        return sock


class Visit:
    """A session of a client; `name` is the client's."""

    def __init__(self, site: Site, ledger: Ledger, name: str, source: str, pace: int = PACE) -> None:
        """Connect and log in. Raises one of `BROKEN`."""
        self._site, self._ledger, self._name, self._pace = site, ledger, name, pace
        # TLS 1.2: what Python's client resumes in any order of tickets; servers insist on resumption in TCP mode.
        self._caller = Caller(site.vip, CONTROL_PORT, site.authority.ca, "1.2", source)
        try:
            self._log_in()
        except BaseException:
            self._caller.sock.close()
            raise

    def _log_in(self) -> None:
        caller = self._caller
        if self._site.is_secured:
            caller.auth()
        else:
            self._want(caller.reply(), "220")
        self._want(caller.ask(f"USER {USER}"), "331")
        self._want(caller.ask(f"PASS {PASSWORD}"), "230")
        if self._site.is_secured:
            self._want(caller.ask("PBSZ 0"), "200")
            self._want(caller.ask("PROT P"), "200")
        self._want(caller.ask("TYPE I"), "200")

    def leave(self) -> None:
        """Say QUIT and go."""
        try:
            self._want(self._caller.ask("QUIT"), "221")
        finally:
            self._caller.sock.close()

    def drop(self) -> None:
        """Go without a word."""
        self._caller.sock.close()

    def rest(self) -> None:
        """Say NOOP, as clients do that keep their session. Raises one of `BROKEN`."""
        self._want(self._caller.ask("NOOP"), "200")

    def transfer(self, chance: random.Random) -> None:
        """Make a transfer of any kind and size. One that is lost is noted, one that takes the session raises."""
        is_upload, name = chance.random() < 0.5, chance.choice(list(DOWNLOADS))
        size = DOWNLOADS[name]
        try:
            with self._ledger.transfer(self._name, size / self._pace):
                (self.upload if is_upload else self.download)(name, size)
        except LostError as lost:
            self._ledger.note(lost)

    def download(self, label: str, size: int) -> None:
        """Have the file of a label and compare it. Raises LostError if it is lost, `BROKEN` if the session is."""
        with self._begin(f"RETR files/{label}") as data:
            found, taken, is_clean = self._take(data)
        self._conclude()
        if not is_clean:
            raise LostError("226, but the data connection was cut")
        if found != checksum(label, size):
            self._ledger.mistaken(f"download of {label}: {taken} bytes came for {size}, or others")

    def upload(self, label: str, size: int) -> None:
        """Bring the bytes of a label and look at what the server has. Raises as `download`."""
        name = f"up-{next(_UNIQUE)}.bin"
        there = self._site.files / name
        try:
            with self._begin(f"STOR files/{name}") as data:
                is_clean = self._give(data, content(label, size))
            self._conclude()
            if files.digest(there) != checksum(label, size):
                if not (is_clean or self._site.kind in FTP_MODE):  # TCP mode cannot hold back what a server says.
                    raise LostError("226, but the data connection was cut")
                self._ledger.mistaken(f"upload of {name}: {_size(there)} of {size} bytes are there, or others")
        finally:
            there.unlink(missing_ok=True)

    def _begin(self, command: str) -> socket.socket:
        caller = self._caller
        reply = caller.ask("EPSV")
        self._demand(reply, "229")
        port = int(reply.rpartition("|||")[2].partition("|")[0])
        data = caller.connect_data((self._site.vip, port))
        try:
            self._demand(caller.ask(command), "1")
            if self._site.is_secured:
                return caller.secure_data(data, resume=True)
        except BaseException:
            data.close()
            raise
        return data

    def _take(self, data: socket.socket) -> tuple[str, int, bool]:
        """Return checksum and size of what comes, and whether it ended in order."""
        hashed, size, began = hashlib.sha256(), 0, time.monotonic()
        try:
            while piece := data.recv(_PIECE):
                hashed.update(piece)
                size += len(piece)
                self._keep_pace(size, began)
        except OSError:
            return hashed.hexdigest(), size, False
        return hashed.hexdigest(), size, True

    def _give(self, data: socket.socket, whole: bytes) -> bool:
        """Send it all and end in order; return whether that went well."""
        began = time.monotonic()
        try:
            for start in range(0, len(whole), _PIECE):
                data.sendall(whole[start : start + _PIECE])
                self._keep_pace(start, began)
            if isinstance(data, ssl.SSLSocket):
                data.unwrap()
        except OSError:
            return False
        return True

    def _keep_pace(self, done: int, began: float) -> None:
        early = began + done / self._pace - time.monotonic()
        if early > 0:
            time.sleep(early)

    def _conclude(self) -> None:
        self._demand(self._caller.reply(), "226")

    def _demand(self, reply: str, code: str) -> None:
        """Raise LostError where a transfer is refused, ConnectionError where the session is over with it."""
        if not reply or reply.startswith("421"):
            raise ConnectionError(reply.strip() or "the control connection was closed")
        if not reply.startswith(code):
            raise LostError(reply.strip())

    def _want(self, reply: str, code: str) -> None:
        if not reply.startswith(code):
            raise ConnectionError(reply.strip() or "the control connection was closed")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
