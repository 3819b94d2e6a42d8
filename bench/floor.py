"""`python -m bench.floor`: what the parts of the work cost by themselves; no relay can be cheaper than their sum.

CPU seconds of one process, so that a busy machine does not matter much; the sockets are TCP over loopback.
"""

import os
import re
import socket
import ssl
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.certificates import make_pair
from bench.ftp import client_context
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.ftp.reply import Reply
from ftpair.session.events import Chosen, ClientSent, Opened, ServerReady, ServerReplied
from ftpair.session.session import Session

BLOCK = 256 << 10
RECORD = 16 << 10
GIB = 1 << 30
ROUNDS = 3
HANDSHAKES = 300
COMMANDS = 100_000


def cipher_s_per_gib() -> float:
    """Return what OpenSSL's AES-256-GCM needs for a GiB in records of 16 KiB."""
    command = ["openssl", "speed", "-seconds", "2", "-bytes", str(RECORD), "-evp", "aes-256-gcm"]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"AES-256-GCM\s+([\d.]+)k", said.stdout)
    if found is None:
        raise SystemExit("openssl speed says nothing of AES-256-GCM: is OpenSSL 3 installed?")
    return GIB / (float(found[1]) * 1000)


def through(move: Callable[[socket.socket, socket.socket], int]) -> float:
    """Return the CPU seconds that this thread needs to carry a GiB from one socket to another."""
    (feed, source), (destination, sink) = _pair(), _pair()
    block = bytes(BLOCK)

    def feeding() -> None:
        for _ in range(GIB // BLOCK):
            feed.sendall(block)

    def sinking() -> None:
        room = bytearray(BLOCK)
        while sink.recv_into(room):
            pass

    sockets = {feed, source, destination, sink}
    helpers = [_forked(feeding, sockets - {feed}), _forked(sinking, sockets - {sink})]
    feed.close()
    sink.close()
    began = time.process_time()
    moved = move(source, destination)
    spent = time.process_time() - began
    source.close()
    destination.close()
    for helper in helpers:
        os.waitpid(helper, 0)
    return spent * GIB / moved


def copied(source: socket.socket, destination: socket.socket) -> int:
    """One copy in, one copy out."""
    moved, room = 0, memoryview(bytearray(BLOCK))
    while count := source.recv_into(room):
        destination.sendall(room[:count])
        moved += count
    return moved


def spliced(source: socket.socket, destination: socket.socket) -> int:
    """No copy: through a pipe."""
    pull, push = os.pipe()
    moved = 0
    while count := os.splice(source.fileno(), push, 1 << 20):
        moved += count
        while count:
            count -= os.splice(pull, destination.fileno(), count)
    os.close(pull)
    os.close(push)
    return moved


def handshake_us(folder: Path, *, resumed: bool) -> float:
    """Return the CPU microseconds of the server's side of a TLS 1.3 handshake with an ECDSA P-256 key."""
    pair = make_pair(folder)
    accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accepting.load_cert_chain(pair.certificate, pair.key)
    connecting, session, spent = client_context(), None, 0.0
    for _ in range(HANDSHAKES):
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = connecting.wrap_bio(to_client, to_server, session=session if resumed else None)
        began = time.thread_time()
        server = accepting.wrap_bio(to_server, to_client, server_side=True)
        spent += time.thread_time() - began
        _step(client)
        began = time.thread_time()
        _step(server)
        spent += time.thread_time() - began
        _step(client)
        began = time.thread_time()
        _step(server)
        server.write(b"226\r\n")
        spent += time.thread_time() - began
        client.read(16)
        session = client.session
    return spent / HANDSHAKES * 1e6


def _step(side: ssl.SSLObject) -> None:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return


def _pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    return one, other


def _forked(work: Callable[[], None], not_its_own: set[socket.socket]) -> int:
    """Do work in a process of its own: its CPU is not ours, and no end of a connection is held open by it."""
    child = os.fork()
    if not child:
        for sock in not_its_own:
            sock.close()
        work()
        os._exit(0)
    return child


def command_us() -> float:
    """Return what the session itself takes for one NOOP: one line in, one out, one reply in, one out. No socket."""
    session = _logged_in()
    sent, replied = ClientSent(b"NOOP"), ServerReplied(Reply(200, b"200 ok\r\n"))
    began = time.thread_time()
    for number in range(COMMANDS):
        session.handle(sent, float(number))
        session.handle(replied, float(number))
    return (time.thread_time() - began) / COMMANDS * 1e6


def _logged_in() -> Session:
    server = ServerPlan(1, "BENCH", "SVR", Endpoint("127.0.0.1", 21))
    plan = ServicePlan("BENCH", "127.0.0.1", PortRange(20000, 20999), (server,), explicit=21)
    session = Session(plan, "1", Endpoint("127.0.0.1", 50000), Endpoint("127.0.0.1", 21), "explicit", 0.0, {})
    for event in (
        Opened(),
        ClientSent(b"USER bench"),
        Chosen(server),
        ServerReady(),
        ServerReplied(Reply(220, b"220 hello\r\n")),
        ServerReplied(Reply(331, b"331 password\r\n")),
        ClientSent(b"PASS bench"),
        ServerReplied(Reply(230, b"230 welcome\r\n")),
    ):
        session.handle(event, 0.0)
    return session


def main() -> None:
    """Print each part; the median of a few rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts: dict[str, tuple[Callable[[], float], str]] = {
            "AES-256-GCM, records of 16 KiB": (cipher_s_per_gib, "CPU s/GiB"),
            "one copy in, one copy out (recv, send)": (lambda: through(copied), "CPU s/GiB"),
            "no copy (splice)": (lambda: through(spliced), "CPU s/GiB"),
            "TLS 1.3 handshake, server's side, full": (lambda: handshake_us(folder, resumed=False), "us"),
            "TLS 1.3 handshake, server's side, resumed": (lambda: handshake_us(folder, resumed=True), "us"),
            "the session for one NOOP, no socket": (command_us, "us"),
        }
        table = Table("part", "cost", "unit")
        for part, (measure, unit) in parts.items():
            table.add_row(part, f"{statistics.median(measure() for _ in range(ROUNDS)):.3g}", unit)
        Console().print(table)


if __name__ == "__main__":
    main()
