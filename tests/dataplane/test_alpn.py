"""A browser that was lured to an FTP port is turned away before its first byte is read (ALPACA, CVE-2021-3618)."""

import socket
import ssl
from pathlib import Path

import pytest

from ftpair.core.facts import Handshake, SessionEnded

from .stage import EXPLICIT, IMPLICIT, VIP, client_context, real_server, server_plan, service_plan, stage


def connect(entrance: str) -> socket.socket:
    if entrance == "implicit":
        return socket.create_connection((VIP, IMPLICIT), timeout=10)
    sock = socket.create_connection((VIP, EXPLICIT), timeout=10)
    assert sock.recv(100).startswith(b"220 ")
    sock.sendall(b"AUTH TLS\r\n")
    assert sock.recv(100).startswith(b"234 ")
    return sock


@pytest.mark.parametrize("entrance", ["explicit", "implicit"])
@pytest.mark.parametrize("protocols", [["h2", "http/1.1"], ["http/1.1"]])
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
