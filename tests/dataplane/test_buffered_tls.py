"""TLS through memory says the same as an SSLSocket: what has come, what has ended, what was cut, what has no room."""

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ftpair.dataplane import tls
from ftpair.dataplane.buffered_tls import BufferedTls

from .stage import client_tls
from .test_relay import pair, peer_context

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
PATIENCE_S = 10.0


def until(step: Callable[[], Any], ours: socket.socket) -> Any:
    """Repeat a step whenever the peer has read or written something."""
    for _ in range(10_000):
        try:
            return step()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            ours.settimeout(0)
            threading.Event().wait(0.001)
    raise AssertionError("the peer never answered")


def secured(version: ssl.TLSVersion) -> tuple[BufferedTls, ssl.SSLSocket]:
    ours, theirs = pair()
    theirs.settimeout(PATIENCE_S)
    peers: list[ssl.SSLSocket] = []
    context = peer_context(version)
    connecting = threading.Thread(
        target=lambda: peers.append(
            context.wrap_socket(theirs, server_hostname="127.0.0.1", suppress_ragged_eofs=False)
        )
    )
    connecting.start()
    leg = tls.wrap_data_as_server(tls.server_context(client_tls()), ours)
    until(leg.do_handshake, leg)
    connecting.join()
    return leg, peers[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_end_that_the_peer_has_no_room_for_waits_until_it_reads(version: ssl.TLSVersion) -> None:
    leg, peer = secured(version)
    data = memoryview(bytes(1 << 18))
    with pytest.raises(ssl.SSLWantWriteError):
        while True:
            leg.send(data)
            leg.flush()
    with pytest.raises(ssl.SSLWantWriteError):
        tls.end(leg)

    def read() -> None:
        while peer.recv(65536):
            pass

    reading = threading.Thread(target=read)
    reading.start()
    assert until(lambda: tls.end(leg), leg) is False
    leg.close()
    reading.join(PATIENCE_S)
    assert not reading.is_alive(), "the peer has seen the end"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_peer_has_no_room_for_arrives_when_it_reads(version: ssl.TLSVersion) -> None:
    leg, peer = secured(version)
    data = bytes(range(256)) * 1024
    sent = 0
    with pytest.raises(ssl.SSLWantWriteError):
        while sent < 64 << 20:
            sent += leg.send(memoryview(data))
        leg.flush()
    received = bytearray()

    def read() -> None:
        while len(received) < sent:
            received.extend(peer.recv(1 << 16))

    reading = threading.Thread(target=read)
    reading.start()
    until(leg.flush, leg)
    reading.join(PATIENCE_S)
    assert len(received) == sent
    assert bytes(received[: len(data)]) == data
    leg.close()
    peer.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_bytes_that_no_wake_up_will_tell_of_are_pending(version: ssl.TLSVersion) -> None:
    leg, peer = secured(version)
    peer.sendall(bytes(100_000))
    room = memoryview(bytearray(50_000))
    total = until(lambda: leg.read_into(room), leg)
    while total < 100_000:
        total += until(lambda: leg.read_into(room[:1000]), leg)
    assert total == 100_000
    assert leg.pending() == 0
    peer.sendall(bytes(2000))
    assert until(lambda: leg.read_into(room[:500]), leg) == 500
    assert leg.pending() == 1500
    leg.close()
    peer.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_orderly_end_a_bare_fin_and_a_reset_are_three_things(version: ssl.TLSVersion) -> None:
    leg, peer = secured(version)
    ending = threading.Thread(target=peer.unwrap)
    ending.start()
    assert until(lambda: leg.recv(100), leg) == b""
    until(leg.unwrap, leg)
    ending.join(PATIENCE_S)
    leg.close()

    leg, peer = secured(version)
    socket.socket.shutdown(peer, socket.SHUT_WR)
    with pytest.raises(ssl.SSLError) as bare:
        until(lambda: leg.recv(100), leg)
    assert tls.is_bare_fin(bare.value)
    leg.close()

    leg, peer = secured(version)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    with pytest.raises(ConnectionResetError):
        until(lambda: leg.recv(100), leg)
    leg.close()


def test_a_peer_that_is_refused_hears_why() -> None:
    ours, theirs = pair()
    heard: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False

    def connect() -> None:
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.wrap_socket(theirs)
        except OSError as error:
            heard.append(str(error))

    server = tls.server_context(client_tls())
    server.minimum_version = ssl.TLSVersion.TLSv1_3
    connecting = threading.Thread(target=connect)
    connecting.start()
    leg = tls.wrap_data_as_server(server, ours)
    with pytest.raises(ssl.SSLError):
        until(leg.do_handshake, leg)
    leg.close()
    connecting.join(PATIENCE_S)
    assert "ALERT_PROTOCOL_VERSION" in heard[0]


def test_who_is_gone_before_the_handshake_is_an_error() -> None:
    ours, theirs = pair()
    ours.shutdown(socket.SHUT_RDWR)
    theirs.close()
    ours.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        tls.wrap_data_as_server(tls.server_context(client_tls()), ours)
