"""Connections are cut with a reset, and nothing else is."""

import socket

import pytest

from ftpair.config.machine import held_capabilities
from ftpair.haproxy.severing import sever


def text(address: tuple[str, int]) -> str:
    return "{}:{}".format(*address)


def test_a_connection_that_has_ended_costs_no_listener():
    """The kernel takes the listener for a connection that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = listener.getsockname()
        with pytest.raises(FileNotFoundError):
            sever(text(near), "127.0.0.1:9")
        with socket.create_connection(near, 5) as client, listener.accept()[0] as served:
            if "net_admin" in held_capabilities():
                sever(text(near), text(client.getsockname()))
                with pytest.raises(ConnectionAbortedError):
                    served.recv(1)
            else:
                with pytest.raises(PermissionError):
                    sever(text(near), text(client.getsockname()))
        socket.create_connection(near, 5).close()
