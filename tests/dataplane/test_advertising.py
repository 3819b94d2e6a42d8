"""Clients on both sides of a NAT: each is told the address that leads back from where it is."""

import contextlib
import ftplib
import io
import os
import selectors
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from ftpair.core.advertising import Advertised, AdvertisedRule
from ftpair.core.ending import End
from ftpair.core.endpoint import PortRange
from ftpair.core.plan import ServicePlan

from .raw_client import TIMEOUT_S, Fronted
from .stage import EXPLICIT, PASSWORD, USER, VIP, real_server, server_plan, service_plan, stage

OUTER = f"127.78.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
"""The outer address of the NAT."""
INSIDE, OUTSIDE = "127.0.0.8", "127.0.0.20"
PORT = 12200
FILE = bytes(range(256)) * 4000


def behind_nat(address: tuple[str, int]) -> ServicePlan:
    inside = AdvertisedRule(("127.0.0.8/29",), "")
    return service_plan(server_plan(address), advertised=Advertised(OUTER, (inside,)), passive=PortRange(PORT, PORT))


@contextlib.contextmanager
def nat() -> Iterator[list[str]]:
    """Passes one connection to the passive port of the outer address on; yields whose it was."""
    passed: list[str] = []
    with socket.create_server((OUTER, PORT)) as listener:

        def pass_on() -> None:
            outer, (host, _port) = listener.accept()
            passed.append(host)
            with outer, socket.create_connection((VIP, PORT), TIMEOUT_S, (host, 0)) as inner:
                _carry(outer, inner)

        thread = threading.Thread(target=pass_on, daemon=True)
        thread.start()
        yield passed
        thread.join(TIMEOUT_S)


def _carry(outer: socket.socket, inner: socket.socket) -> None:
    """Pass bytes on in both directions until the inner side ends."""
    with selectors.DefaultSelector() as ready:
        ready.register(outer, selectors.EVENT_READ, inner)
        ready.register(inner, selectors.EVENT_READ, outer)
        while True:
            for key, _mask in ready.select(TIMEOUT_S):
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]  # Sockets alone are in it.
                if not data:
                    return
                key.data.sendall(data)


@contextlib.contextmanager
def logged_in(source: str) -> Iterator[ftplib.FTP]:
    """Python's own client at an address, as it was when it still believed a 227."""
    with ftplib.FTP(timeout=TIMEOUT_S) as client:
        client.trust_server_pasv_ipv4_address = True
        client.connect(VIP, EXPLICIT, source_address=(source, 0))
        client.login(USER, PASSWORD)
        yield client


def fetched(client: ftplib.FTP) -> bytes:
    """Fetch the file over the address that PASV names."""
    taken = io.BytesIO()
    client.retrbinary("RETR a.bin", taken.write)
    return taken.getvalue()


def test_a_client_inside_goes_straight_to_the_service(tmp_path: Path):
    (tmp_path / "a.bin").write_bytes(FILE)
    with real_server(tmp_path) as address, stage(behind_nat(address)), logged_in(INSIDE) as client:
        assert fetched(client) == FILE  # Nobody passes anything on at the outer address.
        assert client.makepasv() == (VIP, PORT)


def test_a_client_outside_comes_through_the_nat(tmp_path: Path):
    (tmp_path / "a.bin").write_bytes(FILE)
    with real_server(tmp_path) as address, stage(behind_nat(address)), logged_in(OUTSIDE) as client:
        with nat() as passed:
            assert fetched(client) == FILE
        assert passed == [OUTSIDE]
        assert client.makepasv() == (OUTER, PORT)


def test_epsv_is_the_same_for_everybody(tmp_path: Path):
    with real_server(tmp_path) as address, stage(behind_nat(address)):
        (tmp_path / "a.bin").write_bytes(FILE)
        for source in (INSIDE, OUTSIDE):
            with Fronted(b"", source=source) as client:
                client.log_in()
                assert client.ask("EPSV") == f"229 Entering Extended Passive Mode (|||{PORT}|)"
                assert client.retrieve("RETR a.bin")[:2] == (FILE, End.ENDED)


def test_the_client_that_a_proxy_names_counts(tmp_path: Path):
    with real_server(tmp_path) as address:
        inside = AdvertisedRule(("192.0.2.0/24",), "203.0.113.7")
        plan = service_plan(
            server_plan(address), advertised=Advertised(OUTER, (inside,)), accept_from=("127.0.0.8/31",)
        )
        with stage(plan), Fronted(b"PROXY TCP4 192.0.2.7 198.51.100.1 50007 21\r\n") as client:
            client.log_in()
            assert "(203,0,113,7," in client.ask("PASV")
