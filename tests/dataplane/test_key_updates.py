"""A peer that sends TLS records without data, one after the other, holds nobody up and is cut (S17)."""

import _ssl
import ctypes
import socket
import ssl
import threading
from pathlib import Path

import pytest

from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import MOST_BARREN_BYTES, RECEIVE_BYTES

from .raw_client import RawClient
from .stage import IMPLICIT, VIP, client_context, client_tls, real_server, server_plan, service_plan, stage
from .test_buffered_tls import until
from .test_relay import pair, peer_context

KEY_UPDATE_BYTES = 27
FLOOD = 400_000
"""So many KeyUpdates took a worker five seconds of one call."""


class Flooder:
    """A client of TLS 1.3 with a handshake behind it, and KeyUpdates at hand."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(incoming, self._outgoing, server_hostname="127.0.0.1")
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(self._outgoing.read())
                incoming.write(sock.recv(1 << 16))
        sock.sendall(self._outgoing.read())

    def key_updates(self, count: int) -> bytes:
        """Return that many, one after the other. Python's `ssl` cannot ask for one, OpenSSL below it can."""
        openssl = ctypes.CDLL(_ssl.__file__)
        openssl.SSL_key_update.argtypes = [ctypes.c_void_p, ctypes.c_int]
        openssl.SSL_do_handshake.argtypes = [ctypes.c_void_p]
        # The `SSL *` is the second field of CPython's object, behind its head.
        handle = ctypes.c_void_p.from_address(id(self._tls._sslobj) + 24).value  # type: ignore[attr-defined]
        made = bytearray()
        for number in range(count):
            openssl.SSL_key_update(handle, 0)
            openssl.SSL_do_handshake(handle)
            if number % 1000 == 999:
                made += self._outgoing.read()
        return bytes(made + self._outgoing.read())


def test_records_without_data_are_taken_for_a_while_and_then_no_more() -> None:
    ours, theirs = pair()
    flooders: list[Flooder] = []
    context = peer_context(ssl.TLSVersion.TLSv1_3)
    connecting = threading.Thread(target=lambda: flooders.append(Flooder(theirs, context)))
    connecting.start()
    leg = tls.wrap_data_as_server(tls.server_context(client_tls()), ours)
    until(leg.do_handshake, leg)
    connecting.join()
    few = MOST_BARREN_BYTES // KEY_UPDATE_BYTES // 2
    theirs.sendall(flooders[0].key_updates(few))
    with pytest.raises(ssl.SSLWantReadError):
        leg.recv(1000)
    theirs.settimeout(0)
    many = flooders[0].key_updates(2 * (MOST_BARREN_BYTES + RECEIVE_BYTES) // KEY_UPDATE_BYTES)
    theirs.send(many)
    with pytest.raises(ConnectionAbortedError):
        until(lambda: leg.recv(1000), leg)
    leg.close()
    theirs.close()


def test_s17_a_flood_of_key_updates_is_cut_and_nobody_else_waits_for_it(tmp_path: Path) -> None:
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))):
        with RawClient() as good, socket.create_connection((VIP, IMPLICIT), timeout=20) as sock:
            good.log_in(over_tls=True)
            flood = Flooder(sock, client_context()).key_updates(FLOOD)
            with pytest.raises(ConnectionError):  # One call of OpenSSL would have taken it all.
                sock.sendall(flood)
            assert good.ask("NOOP").startswith("2")
