"""Clients and real servers that behave badly."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from tests.chaos.crowd import Cast, crowd
from tests.chaos.liar import End, cut, in_order, lying, without_close_notify
from tests.chaos.scenario import FTP_MODE, WITH_TLS, Figures, Run, scenario
from tests.chaos.site import PASSWORD, USER, Site, site
from tests.chaos.visits import Caller
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.raw_client import reset

CRAWLERS = 40


@scenario(f"{CRAWLERS} more clients read or write 100 bytes a second, for 8 s, and vanish in the middle.", on=WITH_TLS)
def slow_readers_and_writers(run: Run) -> Figures:
    with site(run) as node, crowd(run, node) as clients:
        with clients.fault(), _crawling(node):
            time.sleep(8)
        return clients.figures()


@contextlib.contextmanager
def _crawling(node: Site) -> Iterator[None]:
    is_over = threading.Event()
    threads = [
        threading.Thread(target=_crawl, args=(node, next(node.place.clients), bool(number % 2), is_over))
        for number in range(CRAWLERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _crawl(node: Site, source: str, is_writer: bool, is_over: threading.Event) -> None:
    caller = Caller(node.vip, CONTROL_PORT, node.authority.ca, "1.2", source)
    if node.is_secured:
        caller.auth()
    else:
        caller.reply()
    caller.log_in(USER, PASSWORD)
    data = caller.connect_data(caller.passive())
    assert caller.ask(f"STOR files/slow-{source}" if is_writer else "RETR files/big-0").startswith("1")
    if node.is_secured:
        data = caller.secure_data(data, resume=True)
    while not is_over.wait(1):
        data.send(bytes(100)) if is_writer else data.recv(100)
    reset(data)
    caller.sock.close()


@scenario("One real server of three accepts connections and never answers, for 8 s.", on=WITH_TLS)
def mute_server(run: Run) -> Figures:
    with site(run) as node, crowd(run, node) as clients:
        server = node.servers["SVR1"]
        with clients.fault():
            server.kill()
            with _mute(server.address):
                time.sleep(8)
            server.start()
        return clients.figures()


@contextlib.contextmanager
def _mute(address: str) -> Iterator[None]:
    kept: list[socket.socket] = []
    with socket.create_server((address, CONTROL_PORT), backlog=100) as listener, contextlib.ExitStack() as ends:
        thread = threading.Thread(target=_accept_all, args=(listener, kept))
        thread.start()
        ends.callback(thread.join)
        ends.callback(listener.shutdown, socket.SHUT_RDWR)
        yield
    for sock in kept:
        sock.close()


def _accept_all(listener: socket.socket, kept: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        while True:
            kept.append(listener.accept()[0])


def _lied_to(run: Run, end: End, cast: Cast, *, is_early: bool = False) -> Figures:
    with site(run) as node, crowd(run, node, cast) as clients:
        with clients.fault(), lying(node, "SVR1", end, is_early=is_early):
            time.sleep(6)
        return clients.figures()


@scenario("One real server of three sends half, resets the data connection and says 226, for 6 s.", on=FTP_MODE)
def half_and_reset(run: Run) -> Figures:
    return _lied_to(run, cut, Cast())


@scenario("One real server of three says 226, sends half and resets the data connection, for 6 s.", on=("ftps",))
def complete_before_half(run: Run) -> Figures:
    return _lied_to(run, cut, Cast(), is_early=True)


@scenario("One real server of three sends half, ends without close_notify and says 226, for 6 s.", on=("ftps",))
def half_without_close_notify(run: Run) -> Figures:
    return _lied_to(run, without_close_notify, Cast())


@scenario("One real server of three sends half, ends in order and says 226, for 6 s. Clients are curl.", on=("ftp",))
def half_in_order(run: Run) -> Figures:
    return _lied_to(run, in_order, Cast(regulars=0, passers=0, idlers=0, programs=("curl", "curl", "curl", "curl")))
