"""The proof: files go up and come down through the VIP, and what arrived is compared with what was sent."""

import ftplib
import hashlib
import os
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from ftpair.demo.client import Client, context_for
from ftpair.demo.place import NAME_FILE, Entrance, Place

Direction = Literal["upload", "download"]
DIRECTIONS: tuple[Direction, ...] = ("upload", "download")
KIB, MIB = 1 << 10, 1 << 20
SIZES = (KIB, 10 * MIB, 256 * MIB)
ENTRANCES: tuple[Entrance, ...] = ("explicit", "implicit")
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class StoppedError(Exception):
    """The person ended the demonstration in the middle."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way in: the port and the TLS version."""

    entrance: Entrance
    version: ssl.TLSVersion

    def __str__(self) -> str:
        return f"{self.entrance} {self.version.name.removeprefix('TLSv').replace('_', '.')}"


WAYS = tuple(Way(entrance, version) for entrance, version in product(ENTRANCES, VERSIONS))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One transfer as it went; `fault` is empty where everything was right."""

    way: Way
    direction: Direction
    size: int
    tls: str = ""
    is_resumed: bool = False
    server: str = ""
    seconds: float = 0.0
    fault: str = ""

    @property
    def is_right(self) -> bool:
        """Whether every byte arrived as it was sent."""
        return not self.fault


@dataclass(frozen=True, slots=True)
class Sample:
    """A file to send, and its SHA-256."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on: called with way, direction, size of the file and bytes that moved; `stopped` ends it all."""

    moved: Callable[[Way, Direction, int, int], None]
    stopped: threading.Event


def make_sample(folder: Path, size: int) -> Sample:
    """Write a file of random bytes."""
    path = folder / f"{size}.bin"
    with path.open("wb") as content:
        for start in range(0, size, MIB):
            content.write(os.urandom(min(MIB, size - start)))
    return Sample(path, size, sha256(path))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def try_way(place: Place, ca: Path, way: Way, sample: Sample, watch: Watch) -> list[Outcome]:
    """Upload and download one file in one session; return how both went."""
    session = _Session(place, way, sample, watch)
    try:
        with closing(Client(place, way.entrance, context_for(ca, way.version))) as client:
            return session.both(client)
    except (OSError, EOFError, ftplib.Error) as error:
        return session.failed(error)


class _Session:
    """One session of the proof, and what is known of it so far."""

    def __init__(self, place: Place, way: Way, sample: Sample, watch: Watch) -> None:
        self._place, self._way, self._sample, self._watch = place, way, sample, watch
        self._name = f"{way} {sample.size}.bin".replace(" ", "-")
        self._outcomes: list[Outcome] = []
        self._tls = self._server = ""

    def both(self, client: Client) -> list[Outcome]:
        self._tls, self._server = client.tls, client.read(NAME_FILE)
        for direction in DIRECTIONS:
            self._do(direction, client)
        client.delete(self._name)
        client.quit()
        return self._outcomes

    def failed(self, error: Exception) -> list[Outcome]:
        """Return the outcomes with the transfers that could not be made."""
        fault = str(error) or type(error).__name__
        missing = DIRECTIONS[len(self._outcomes) :]
        return [*self._outcomes, *(self._outcome(direction, fault=fault) for direction in missing)]

    def _do(self, direction: Direction, client: Client) -> None:
        def told(count: int) -> None:
            if self._watch.stopped.is_set():
                raise StoppedError
            self._watch.moved(self._way, direction, self._sample.size, count)

        received = self._place.folder / self._name
        stored = self._place.root(self._server) / self._name
        began = time.monotonic()
        if direction == "upload":
            client.upload(self._sample.path, self._name, told)
        else:
            client.download(self._name, received, told)
        seconds = time.monotonic() - began
        fault = self._compare(stored if direction == "upload" else received)
        self._outcomes.append(self._outcome(direction, client.is_resumed, seconds, fault))
        received.unlink(missing_ok=True)

    def _compare(self, arrived: Path) -> str:
        if arrived.stat().st_size != self._sample.size:
            return f"{arrived.stat().st_size} bytes arrived"
        return "" if sha256(arrived) == self._sample.sha256 else "the checksum differs"

    def _outcome(
        self, direction: Direction, is_resumed: bool = False, seconds: float = 0.0, fault: str = ""
    ) -> Outcome:
        return Outcome(self._way, direction, self._sample.size, self._tls, is_resumed, self._server, seconds, fault)
