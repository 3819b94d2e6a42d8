"""Changes that an administrator makes at full load. They must cost nothing at all."""

import contextlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.chaos.crowd import Cast, crowd
from tests.chaos.ledger import Ledger
from tests.chaos.scenario import EVERYWHERE, FTP_MODE, TCP_MODE, Figures, Run, scenario
from tests.chaos.site import PASSIVE, Site, site
from tests.interop.lab.places import CONTROL_PORT

FURTHER_PORTS = (2990, 2991)
_KNOCKS_PAUSE_S = 0.005


class Changes:
    """The file of a site, another one with every `apply`: weights, ports, and the certificate of the service."""

    def __init__(self, run: Run, node: Site) -> None:
        self._run, self._node = run, node
        self._numbers = itertools.count(1)

    def apply(self) -> None:
        """Change it and apply it; raises if that is refused."""
        number, path = next(self._numbers), self._node.balancer.configuration
        content = json.loads(path.read_text())
        service = content["virtual_services"]["S"]
        self._weigh(service, number)
        port = (self._move_entrance if self._run.kind in FTP_MODE else self._move_range)(service, number)
        self._run.authority.issue(f"vip-{self._run.folder.name}-S", self._node.vip)
        path.write_text(json.dumps(content))
        assert self._node.balancer.post("/apply")["steps"], "nothing was applied"
        with contextlib.suppress(ConnectionResetError):  # There, but no server listens behind a passive port.
            socket.create_connection((self._node.vip, port), 20).close()

    def _move_entrance(self, service: dict[str, Any], number: int) -> int:
        """Change ports and words of FTP mode; return a port that is new."""
        service["ports"]["implicit"] = FURTHER_PORTS[number % 2]
        service["greeting"] = f"Revision {number}."
        return FURTHER_PORTS[number % 2]

    def _move_range(self, service: dict[str, Any], number: int) -> int:
        """Change ports and limits of TCP mode; return a port that every second change closes again."""
        last = PASSIVE[1] + 1 + number % 2
        service["ports"]["passive"] = f"{PASSIVE[0]}-{last}"
        service["max_sessions"] = 1000 + number
        *_, server = service["real_servers"].values()
        if "passive" in server:
            server["passive"] = f"{server['passive'].partition('-')[0]}-{last}"
        return last

    def _weigh(self, service: dict[str, Any], number: int) -> None:
        for at, server in enumerate(service["real_servers"].values()):
            server["weight"] = 100 if (number + at) % 3 else 50


@contextmanager
def knocking(vip: str, ledger: Ledger) -> Iterator[None]:
    """Connect again and again for the length of a block: not one connection may be refused, reset or left hanging."""
    is_over = threading.Event()

    def knock() -> None:
        while not is_over.wait(_KNOCKS_PAUSE_S):
            try:
                with socket.create_connection((vip, CONTROL_PORT), 20) as sock:
                    answer = sock.makefile("rb").readline()
                    sock.sendall(b"QUIT\r\n")
                if not answer.startswith(b"220"):
                    raise ConnectionError(f"a greeting was {answer!r}")
            except OSError as error:
                ledger.note(ConnectionError(f"a new connection: {error}"))

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(30)


def _applied(run: Run, **more: Any) -> Figures:
    """Apply changes one after another, with no pause; whatever a client has to hear of it is undue."""
    with site(run, **more) as node, crowd(run, node) as clients:
        changes = Changes(run, node)
        with knocking(node.vip, clients.ledger), clients.fault():
            for _ in range(run.times):
                changes.apply()
        figures = clients.figures()
        return replace(figures, undue=tuple(f"{count} x {reason}" for reason, count in figures.reasons))


@scenario("The file is applied again and again: other weights, ports, certificates.", on=EVERYWHERE, times=100)
def file_applied(run: Run) -> Figures:
    return _applied(run)


@scenario("The file is applied again and again, with clients that belong together by address.", on=TCP_MODE, times=100)
def pairs_applied(run: Run) -> Figures:
    return _applied(run, pairing="source")


@scenario("Servers are drained by their transfers one after another, and brought back.", on=FTP_MODE, times=6)
def server_drained(run: Run) -> Figures:
    """Drain each in turn until it is empty. A program that is told 421 before its transfer fails, so there is none."""
    with site(run) as node, crowd(run, node, Cast(programs=())) as clients:
        names = itertools.islice(itertools.cycle(node.servers), run.times)
        with clients.fault():
            for name in names:
                _drain(node, name)
        return clients.figures()


def _drain(node: Site, name: str) -> None:
    place = f"/services/S/servers/{name}"
    node.balancer.post(f"{place}/drain", {"wait_for": "transfers", "deadline_s": 60})
    deadline = time.monotonic() + 90
    while node.balancer.ask(place)["sessions"]:
        assert time.monotonic() < deadline, f"{name} does not become empty"
        time.sleep(0.2)
    assert node.balancer.ask(place)["drain"]["cut_sessions"] == 0
    node.balancer.post(f"{place}/online")
