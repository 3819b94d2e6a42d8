"""What the clients of a soak do: sessions of some twenty transfers, most in order, some in none."""

import random
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT
from tests.interop.lab.raw_client import RawClient, drain, reset

SIZES = {"empty.bin": 0, "small.bin": 1_000, "middle.bin": 60_000, "large.bin": 400_000}
TRANSFERS_OF_A_SESSION = 20
BLOCK = bytes(range(256)) * 256


class SoakError(Exception):
    """Something was answered as it should not be."""


@dataclass(frozen=True, slots=True)
class Door:
    """A way into ftpair: a VIP, and how its TLS begins."""

    vip: str
    entrance: str
    ca: Path
    user: str
    password: str


@dataclass
class Visitor:
    """One client, session after session."""

    doors: tuple[Door, ...]
    number: int
    kinds: tuple[str, ...]
    chance: random.Random = field(init=False)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)

    def transfer(self, count: int) -> Counter[str]:
        """Make so many transfers; return how many of each kind. Raises SoakError."""
        self.done.clear()
        while (left := count - self.done.total()) > 0:
            self._session(min(left, TRANSFERS_OF_A_SESSION))
        return Counter(self.done)

    def _session(self, count: int) -> None:
        door = self.chance.choice(self.doors)
        port = IMPLICIT_PORT if door.entrance == "implicit" else CONTROL_PORT
        with RawClient(door.vip, port, door.ca, self.chance.choice(["1.2", "1.3"])) as client:
            _enter(client, door)
            for _ in range(count):
                kind = self.chance.choices(self.kinds, [KINDS[kind][1] for kind in self.kinds])[0]
                KINDS[kind][0](self, client)
                self.done[kind] += 1
            if self.chance.random() < 0.2:
                reset(client.sock)
            else:
                _demand(client.ask("QUIT"), "221")

    # The kinds of transfer.

    def down(self, client: RawClient) -> None:
        """A download, whole."""
        name, size = self.chance.choice(list(SIZES.items()))
        with client.begin(f"RETR files/{name}") as data:
            taken = drain(data)
        if taken != (size, True):
            raise SoakError(f"{name}: {taken} instead of {size} bytes")
        _demand(client.reply(), "226")

    def up(self, client: RawClient) -> None:
        """An upload, whole."""
        data = client.begin(f"STOR files/up-{self.number}.bin")
        data.sendall(BLOCK[: self.chance.choice([0, 1_000, 60_000])])
        (data.unwrap() if isinstance(data, ssl.SSLSocket) else data).close()
        _demand(client.reply(), "226")

    def refused(self, client: RawClient) -> None:
        """A file that is not there."""
        data = client.connect_data(client.passive())
        _demand(client.ask("RETR files/missing.bin"), "550")
        data.close()

    def cut_up(self, client: RawClient) -> None:
        """An upload that breaks in its middle."""
        data = client.begin(f"STOR files/cut-{self.number}.bin")
        data.sendall(BLOCK[:10_000])
        reset(data)
        _demand(client.reply(), "426", "451", "450")

    def cut_down(self, client: RawClient) -> None:
        """A download whose client goes away."""
        data = client.begin("RETR files/large.bin")
        data.recv(1000)
        reset(data)
        _demand(client.reply(), "426", "226", "451")  # It may have been whole in the buffers already.

    def aborted(self, client: RawClient) -> None:
        """A download that ABOR ends."""
        with client.begin("RETR files/large.bin") as data:
            data.recv(1000)
            client.say("ABOR")
            drain(data)
        _demand(client.reply(), "426", "226")
        _demand(client.reply(), "225", "226")

    def unused(self, client: RawClient) -> None:
        """A passive port that nobody comes to."""
        client.passive()


KINDS: dict[str, tuple[Callable[[Visitor, RawClient], None], int]] = {
    "down": (Visitor.down, 45),
    "up": (Visitor.up, 35),
    "refused": (Visitor.refused, 6),
    "cut-up": (Visitor.cut_up, 4),
    "cut-down": (Visitor.cut_down, 4),
    "aborted": (Visitor.aborted, 3),
    "unused": (Visitor.unused, 3),
}
"""Each kind with its share in percent."""


def _enter(client: RawClient, door: Door) -> None:
    if door.entrance == "explicit":
        client.auth()
    else:
        if door.entrance == "implicit":
            client.secure()
        _demand(client.reply(), "220")
    client.log_in(door.user, door.password)


def _demand(reply: str, *codes: str) -> None:
    if not reply.startswith(codes):
        raise SoakError(f"{' or '.join(codes)} was due, and this came: {reply!r}")
