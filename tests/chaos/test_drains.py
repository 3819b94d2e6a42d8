"""Drains that wait for transfers, with real servers: who is idle goes, who transfers goes after it, nothing is cut."""

import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.scenario import EVERYWHERE, FTP_MODE, Kind, Run
from tests.chaos.site import PASSWORD, USER, Site, site
from tests.chaos.visits import Caller
from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.places import CONTROL_PORT

pytestmark = pytest.mark.interop
BIG = 24 << 20
PATIENCE_S = 30.0


def eventually(condition: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class Drained:
    """A site of two servers; two sessions on one of them, of which one transfers a big file."""

    def __init__(self, ground: Site) -> None:
        self.site = ground
        files.sparse(ground.files / "big", BIG)
        callers = [self.session() for _ in range(4)]
        by_server: dict[str, list[Caller]] = {}
        for caller in callers:
            by_server.setdefault(self.server_of(caller), []).append(caller)
        self.name, (self.busy, self.idle, *_) = max(by_server.items(), key=lambda pair: len(pair[1]))
        self.sessions = len(by_server[self.name])
        self.data = self.begin()

    def session(self) -> Caller:
        """A client of its own address that has logged in."""
        source = next(self.site.place.clients)
        caller = Caller(self.site.vip, CONTROL_PORT, self.site.authority.ca, "1.2", source)
        if self.site.is_secured:
            caller.auth()
        else:
            assert caller.reply().startswith("220")
        caller.log_in(USER, PASSWORD)
        return caller

    def begin(self) -> socket.socket:
        """Begin to download the big file, and read nothing of it yet."""
        data = self.busy.connect_data(self.busy.passive())
        assert self.busy.ask("RETR files/big").startswith("1")
        return self.busy.secure_data(data, resume=True) if self.site.is_secured else data

    def server_of(self, caller: Caller) -> str:
        """The server of a live session, as ftpair lists it."""
        name = "{}:{}".format(*caller.sock.getsockname())
        rows: list[dict[str, Any]] = []

        def is_listed() -> bool:
            rows[:] = [row for row in self.site.balancer.sessions() if row["client"] == name and row["server"]]
            return bool(rows)

        assert eventually(is_listed)
        return str(rows[0]["server"])

    def order(self, word: str, **how: Any) -> str:
        """Give an order about the server, and return the sentence."""
        return str(self.site.balancer.post(f"/services/S/servers/{self.name}/{word}", how)["sentence"])

    def status(self) -> dict[str, Any]:
        """What ftpair says of the server."""
        return dict(self.site.balancer.ask(f"/services/S/servers/{self.name}"))

    def counted(self, how: str) -> bool:
        """Whether the metrics tell of sessions that were drained so."""
        mark = f'ftpair_drained_sessions_total{{how="{how}",server="{self.name}",service="S"}}'
        return any(line.startswith(mark) for line in self.site.balancer.metrics().splitlines())


@pytest.fixture
def drained(kind: Kind, lab_folder: Path, authority: Authority) -> Iterator[Drained]:
    folder = lab_folder / f"drained-{time.monotonic_ns()}"
    with site(Run(kind, folder, authority, 0.0, 1, random.Random(1)), ("vsftpd", "ProFTPD")) as ground:
        yield Drained(ground)


def is_told(kind: Kind, caller: Caller) -> bool:
    """Whether a client reads that it must log in again; in TCP mode nobody can say it to a client."""
    reply = caller.reply()
    if kind in FTP_MODE:
        return reply == "421 The server is being taken out of service: log in again.\r\n"
    return not reply


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_idle_sessions_go_and_a_transfer_ends_first(kind: Kind, drained: Drained) -> None:
    assert eventually(lambda: drained.status()["transfers"] == 1)
    said = drained.order("drain", wait_for="transfers", deadline_s=600)
    assert said.startswith(f"drain {drained.name}: {drained.sessions} sessions stay until their transfers have ended")
    assert said.endswith("until all is ended")
    assert is_told(kind, drained.idle)
    assert drained.server_of(drained.session()) != drained.name
    assert eventually(lambda: drained.status()["sessions"] == 1)
    now = drained.status()
    assert now["drain"]["wait_for"] == "transfers"
    assert now["drain"]["sentence"].startswith(f"drain {drained.name}: 1 session stays, 1 transfer moves")
    assert now["drain"]["sentence"].endswith("left")
    taken = 0
    while piece := drained.data.recv(1 << 20):
        taken += len(piece)
    assert taken == BIG
    drained.data.close()
    assert drained.busy.reply().startswith("226")
    assert is_told(kind, drained.busy)
    done = f"drain {drained.name}: done, no session is left"
    assert eventually(lambda: drained.status()["drain"]["sentence"] == done)
    assert eventually(lambda: drained.counted("ended"))
    assert not drained.counted("cut")
    assert eventually(lambda: done in drained.site.balancer.log())


@pytest.mark.parametrize("kind", EVERYWHERE)
def test_at_the_deadline_all_are_ended(kind: Kind, drained: Drained) -> None:
    drained.order("drain", wait_for="sessions", deadline_s=2)
    last = "421 The server is out of service now: log in again.\r\n" if kind in FTP_MODE else ""
    assert drained.busy.reply() == last
    with pytest.raises(OSError):
        while drained.data.recv(1 << 20):
            pass
    assert eventually(lambda: not drained.status()["sessions"])
    assert drained.status()["drain"]["cut_sessions"] >= drained.sessions
    assert eventually(lambda: drained.counted("cut"))
    assert drained.server_of(drained.session()) != drained.name
    assert drained.order("online").startswith(f"online {drained.name}")
    assert drained.status()["drain"] is None


@pytest.mark.parametrize("kind", FTP_MODE)
def test_online_takes_all_back(kind: Kind, drained: Drained) -> None:
    drained.order("drain", wait_for="transfers")
    assert is_told(kind, drained.idle)
    drained.order("online")
    taken = 0
    while piece := drained.data.recv(1 << 20):
        taken += len(piece)
    drained.data.close()
    assert taken == BIG
    assert drained.busy.reply().startswith("226")
    assert drained.busy.ask("NOOP").startswith("200")
