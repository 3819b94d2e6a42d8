"""A server in TCP mode of which one entrance is dead gets no client, whoever carries the bytes."""

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, running, settings
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.servers.real_server import RealServer, ServerTls
from tests.interop.lab.tcp_house import PASSIVE, Engine, started
from tests.interop.test_bad_days import eventually

pytestmark = pytest.mark.interop
_CLIENTS = itertools.count()


@dataclass(slots=True)
class Home:
    """One service with both entrances, and the two vsftpd of each of its servers."""

    vip: str
    authority: Authority
    implicit: dict[str, RealServer]
    balancer: Balancer

    def health(self, name: str) -> tuple[str, str]:
        """Return what ftpair says of a server."""
        (service,) = self.balancer.ask("/services")
        (server,) = [each for each in service["servers"] if each["name"] == name]
        return server["health"], server["reason"]

    def servers_of(self, clients: int) -> set[str]:
        """Return the servers that so many clients of the explicit port meet that were never there, by greeting."""
        met = set()
        for number in itertools.islice(_CLIENTS, clients):
            source = f"127.1.{number // 250}.{number % 250 + 1}"
            with RawClient(self.vip, CONTROL_PORT, self.authority.ca, "1.2", source) as client:
                met.add(client.reply().removeprefix("220 ").strip())
        return met


def vsftpd(folder: Path, authority: Authority, vip: str, name: str, tls: ServerTls, address: str) -> RealServer:
    """Return a vsftpd that greets by the name of its server, at the port of its entrance."""
    port = IMPLICIT_PORT if tls == "implicit" else CONTROL_PORT
    more = (f"listen_port={port}", f"ftpd_banner={name}")
    made = new_server(folder, authority, "vsftpd", tls, advertised=vip, passive=PASSIVE, settings=more)
    return RealServer(made.program, replace(made.site, address=address))


@contextlib.contextmanager
def both_entrances(folder: Path, authority: Authority, engine: Engine) -> Iterator[Home]:
    folder.mkdir()
    vip, addresses = fresh_address(), {name: fresh_address() for name in "AB"}
    explicit, implicit = (
        {name: vsftpd(folder, authority, vip, name, tls, address) for name, address in addresses.items()}
        for tls in ("explicit", "implicit")
    )
    service = {
        "mode": "tcp",
        "engine": engine,
        "address": vip,
        "balance": "round-robin",
        "ports": {"explicit": CONTROL_PORT, "implicit": IMPLICIT_PORT, "passive": "{}-{}".format(*PASSIVE)},
        "health": {"interval_s": 0.4, "rise": 1, "fall": 2},
        "server_verify": False,
        "real_servers": {name: {"address": address} for name, address in addresses.items()},
    }
    with started(*explicit.values(), *implicit.values()):
        with running(folder, settings(folder, authority, {"S": service})) as balancer:
            yield Home(vip, authority, implicit, balancer)


@pytest.fixture(params=["haproxy", "builtin"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture
def home(engine: Engine, lab_folder: Path, authority: Authority) -> Iterator[Home]:
    with both_entrances(lab_folder / f"entrances-{time.monotonic_ns()}", authority, engine) as home:
        yield home


def test_a_server_without_its_implicit_port_is_down_until_it_is_there_again(home: Home) -> None:
    assert eventually(lambda: home.health("A")[0] == home.health("B")[0] == "up", 10)
    assert eventually(lambda: home.servers_of(6) == {"A", "B"}, 10)
    home.implicit["A"].kill()
    assert eventually(lambda: home.health("A")[0] == "down", 10)
    assert home.health("A")[1] == f"down: port {IMPLICIT_PORT}: connect refused (2 of 2 checks failed)"
    assert eventually(lambda: home.servers_of(6) == {"B"}, 5)
    home.implicit["A"].start()
    assert eventually(lambda: home.health("A")[0] == "up", 10)
    assert eventually(lambda: home.servers_of(6) == {"A", "B"}, 10)


@pytest.mark.parametrize("engine", ["haproxy"], indirect=True)
def test_haproxy_sees_it_by_itself(home: Home) -> None:
    assert eventually(lambda: home.servers_of(6) == {"A", "B"}, 10)
    os.kill(home.balancer.daemon.pid, signal.SIGKILL)
    home.implicit["A"].kill()
    assert eventually(lambda: home.servers_of(6) == {"B"}, 10)
    home.balancer.restart()
