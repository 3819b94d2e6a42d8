"""A browser that was lured to an FTP port is turned away before its first byte is read (ALPACA, CVE-2021-3618)."""

import socket
import ssl
from pathlib import Path

import pytest

from ftpair.config import contexts
from ftpair.core.binding import DataSession
from ftpair.core.ending import End
from ftpair.core.facts import Handshake, SessionEnded
from ftpair.core.plan import ServerTls

from .raw_client import RawClient, read
from .stage import EXPLICIT, FILE, IMPLICIT, VIP, client_context, real_server, server_plan, service_plan, stage
from .test_binding import bound


def connect(entrance: str) -> socket.socket:
    if entrance == "implicit":
        return socket.create_connection((VIP, IMPLICIT), timeout=10)
    sock = socket.create_connection((VIP, EXPLICIT), timeout=10)
    assert sock.recv(100).startswith(b"220 ")
    sock.sendall(b"AUTH TLS\r\n")
    assert sock.recv(100).startswith(b"234 ")
    return sock


@pytest.mark.parametrize("entrance", ["explicit", "implicit"])
@pytest.mark.parametrize("protocols", [["h2", "http/1.1"], ["http/1.1"], ["imap"]])
def test_s5_a_client_that_offers_web_protocols_gets_no_session(tmp_path: Path, entrance: str, protocols: list[str]):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))) as running:
        context = client_context()
        context.set_alpn_protocols(protocols)
        sock = context.wrap_socket(connect(entrance), suppress_ragged_eofs=False)
        with pytest.raises(OSError, match=r"reset|EOF|Broken"):
            for _ in range(50):
                sock.sendall(b"POST / HTTP/1.1\r\n\r\n")
                assert sock.recv(100) == b"", "ftpair answered a browser"
        assert any("ALPN" in handshake.reason for handshake in running.facts_of(Handshake))
        if entrance == "explicit":
            running.facts_of(SessionEnded)


@pytest.mark.parametrize("protocols", [["ftp"], ["h2", "ftp"], ["ftp-data"]])
def test_a_client_that_offers_ftp_or_something_unknown_is_served(tmp_path: Path, protocols: list[str]):
    with real_server(tmp_path) as address, stage(service_plan(server_plan(address))):
        context = client_context()
        context.set_alpn_protocols(protocols)
        sock: ssl.SSLSocket = context.wrap_socket(connect("implicit"))
        assert sock.recv(100).startswith(b"220 ")
        sock.close()


@pytest.mark.parametrize("session", ["off", "prefer"])
def test_s5_a_data_connection_for_another_protocol_gets_not_one_byte(tmp_path: Path, session: DataSession):
    """With `prefer` it is one of several that may be the client's: the right one is served."""
    with bound(tmp_path, session) as running, RawClient() as client:
        client.log_in(over_tls=True)
        port = client.passive()
        lured = client_context()
        lured.set_alpn_protocols(["h2", "http/1.1"])
        first = lured.wrap_socket(client.connect(port), suppress_ragged_eofs=False, do_handshake_on_connect=False)
        client.say("RETR a.bin")
        with pytest.raises(OSError, match=r"reset|EOF|Broken"):
            first.do_handshake()
            assert first.recv(100) == b"", "a lured client was given a file"
            raise AssertionError("its connection ended as if a file were complete")
        assert any("ALPN" in handshake.reason for handshake in running.facts_of(Handshake))
        if session == "prefer":
            assert read(client.secured(client.connect(port))) == (FILE, End.ENDED)
        assert client.reply().startswith("1")
        assert client.reply().startswith("426 " if session == "off" else "226 ")


def test_servers_are_offered_ftp():
    """By the context of every leg towards a server, probes included."""
    offered = client_hello_of(contexts.client_context(ServerTls("explicit", verify=False)))
    assert b"\x00\x10\x00\x06\x00\x04\x03ftp" in offered


def client_hello_of(context: ssl.SSLContext) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()
