"""HAProxy as a neighbour: in front of ftpair it sends PROXY headers, behind it it reads them for a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.interop.lab import parts
from tests.interop.lab.daemon import Daemon
from tests.interop.lab.places import CONTROL_PORT, fresh_address

_HEAD = """\
global
    log stdout format raw local0
defaults
    mode tcp
    log global
    timeout connect 5s
    timeout client 60s
    timeout server 60s
"""
# Without a port in its line a server gets the port of the header; it must be the one that ftpair has dialled.
_PORT = """\
    tcp-request content set-var(sess.asked) dst_port
    tcp-request content set-dst-port fc_dst_port
"""
# Who connected to what, as the header says, and what else it says.
_LOG = "%ci %cp %[dst] %[var(sess.asked)] id=%[fc_pp_unique_id] sni=%[fc_pp_authority]"


class Haproxy:
    """A running HAProxy; `lines` is its log."""

    def __init__(self, folder: Path, configuration: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "haproxy.cfg"
        file.write_text(_HEAD + configuration)
        self._daemon = Daemon([parts.program("haproxy"), "-db", "-f", file], folder / "output")

    def start(self, address: str) -> None:
        """Start it, and wait until it listens at the control port of an address."""
        self._daemon.start()
        self._daemon.await_listening(address, CONTROL_PORT)

    def stop(self) -> None:
        """End it."""
        self._daemon.terminate(patience_s=2)

    def lines(self) -> list[str]:
        """Return what it logged: a line for every connection that has ended."""
        return [line for line in self._daemon.output.read_text().splitlines() if " id=" in line]


@contextmanager
def in_front(folder: Path, vip: str, ports: str, version: str) -> Iterator[tuple[str, str]]:
    """Run one that passes an address of its own on to `vip`, every port; yield it, and where it comes from."""
    address, source = fresh_address(), fresh_address()
    send = {"v1": "send-proxy", "v2": "send-proxy-v2"}[version]
    binds = "".join(f"    bind {address}:{port}\n" for port in ports.split(","))
    haproxy = Haproxy(folder, f"listen front\n{binds}    source {source}\n    server ftpair {vip} {send}\n")
    haproxy.start(address)
    try:
        yield address, source
    finally:
        haproxy.stop()


@contextmanager
def behind(folder: Path, server: str, ports: str) -> Iterator[tuple[str, Haproxy]]:
    """Run one that reads the headers for a real server that cannot; yield its address and itself."""
    address = fresh_address()
    binds = "".join(f"    bind {address}:{port} accept-proxy\n" for port in ports.split(","))
    haproxy = Haproxy(folder, f"listen behind\n{binds}{_PORT}    log-format '{_LOG}'\n    server real {server}\n")
    haproxy.start(address)
    try:
        yield address, haproxy
    finally:
        haproxy.stop()
