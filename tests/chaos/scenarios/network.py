"""Faults of the network, on three machines in a row with a wire between them."""

import contextlib
import subprocess
import time
from collections.abc import Iterator, Sequence

from tests.chaos.crowd import Cast, Crowd, crowd
from tests.chaos.places import Row, in_a_row
from tests.chaos.scenario import ONE_OF_EACH_MODE, WITH_TLS, Figures, Run, scenario
from tests.chaos.site import MAKES, Site, site
from tests.chaos.wire import Weather, Wire
from tests.interop.lab import parts

HEEDFUL = tuple(make for make in MAKES if make != "pyftpdlib")
"""Servers that call no upload complete which a reset has ended."""
GENTLE = Cast(regulars=4, passers=2, idlers=2, pace=2 << 20)
"""The wires carry some 50 MiB/s, and a lossy one far less."""


@contextlib.contextmanager
def _street(run: Run, servers: Sequence[str] = MAKES) -> Iterator[tuple[Row, Site, Crowd]]:
    with in_a_row() as row, site(run, servers, place=row.place) as node, crowd(run, node, GENTLE) as clients:
        yield row, node, clients


def _under(run: Run, which: str, weather: Weather, seconds: float) -> Figures:
    """Return what some weather costs on one of the wires."""
    with _street(run) as (row, _, clients):
        wire: Wire = getattr(row, which)
        with clients.fault(), wire.weather(weather):
            time.sleep(seconds)
        return clients.figures()


@scenario("The network to the clients is cut for 5 s.", on=ONE_OF_EACH_MODE)
def clients_cut_off(run: Run) -> Figures:
    return _under(run, "before", Weather(is_cut=True), 5)


@scenario("The network to all servers is cut for 5 s.", on=ONE_OF_EACH_MODE)
def servers_cut_off(run: Run) -> Figures:
    return _under(run, "behind", Weather(is_cut=True), 5)


@scenario("5 % of the packets from and to clients are lost, for 10 s.", on=ONE_OF_EACH_MODE)
def packets_lost(run: Run) -> Figures:
    return _under(run, "before", Weather(loss=0.05), 10)


@scenario("5 % of the packets from and to servers are lost, for 10 s.", on=ONE_OF_EACH_MODE)
def packets_lost_behind(run: Run) -> Figures:
    return _under(run, "behind", Weather(loss=0.05), 10)


@scenario("Packets from and to clients take 200 ms, for 10 s.", on=ONE_OF_EACH_MODE)
def packets_delayed(run: Run) -> Figures:
    return _under(run, "before", Weather(delay_s=0.1), 10)


@scenario("All of ftpair's connections are reset three times a second, for 3 s.", on=WITH_TLS)
def reset_storm(run: Run) -> Figures:
    # Without pyftpdlib: it takes whatever ends an upload for its end, a reset too, and says 226.
    with _street(run, HEEDFUL) as (row, _, clients):
        with clients.fault(), row.place.inside("balancer"):
            for _ in range(9):
                subprocess.run(
                    [parts.program("ss"), "--kill", "--tcp", "state", "established"], check=True, capture_output=True
                )
                time.sleep(1 / 3)
        return clients.figures()


@scenario("One real server of three vanishes from the network (nothing comes, nothing goes) for 10 s.", on=WITH_TLS)
def server_vanished(run: Run) -> Figures:
    with _street(run) as (row, node, clients):
        address = node.servers["SVR1"].address
        with clients.fault(), row.place.inside("server"):
            for command in ("add table ip gone", "add chain ip gone in { type filter hook input priority 0 ; }"):
                subprocess.run([parts.program("nft"), command], check=True)
            subprocess.run([parts.program("nft"), f"add rule ip gone in ip daddr {address} drop"], check=True)
            time.sleep(10)
            subprocess.run([parts.program("nft"), "delete table ip gone"], check=True)
        return clients.figures()
