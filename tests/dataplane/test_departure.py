"""From where data leave for an active client."""

import socket

import pytest

from ftpair.dataplane.departure import Departure


def connected(departure: Departure, listener: socket.socket) -> socket.socket:
    sock = socket.socket(listener.family)
    departure.bind(sock, listener.getsockname()[0])
    sock.connect(listener.getsockname())
    return sock


@pytest.mark.parametrize(("host", "family"), [("127.0.0.9", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_the_source_is_the_dialled_address_with_any_port(host, family):
    peer = "::1" if family is socket.AF_INET6 else "127.0.0.1"
    with (
        socket.create_server((peer, 0), family=family) as listener,
        connected(Departure(host), listener) as sock,
    ):
        assert sock.getsockname()[0] == host
        assert sock.getsockname()[1] > 1023


def test_one_source_port_serves_several_clients_at_a_time():
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        departure = Departure("127.0.0.9", 24_020)
        with connected(departure, one) as first, connected(departure, other) as second:
            assert first.getsockname() == second.getsockname() == ("127.0.0.9", 24_020)


def test_an_address_that_is_not_ours_is_an_error():
    with socket.socket() as sock, pytest.raises(OSError, match="assign"):
        Departure("192.0.2.7").bind(sock, "127.0.0.1")
