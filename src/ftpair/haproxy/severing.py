"""Connections of HAProxy cut with a reset.

HAProxy ends what it is told to end with a FIN, after which a server takes the part of a file for the whole. The kernel
resets a connection for whoever may administrate the network (SOCK_DESTROY of sock_diag(7), CAP_NET_ADMIN).
"""

import errno
import os
import socket
import struct
from collections.abc import Iterable

from ftpair.haproxy.reports import Connection

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_SOCK_DESTROY = 21
_NLMSG_ERROR = 2
_NLM_F_REQUEST = 0x1
_LISTEN = 10
_COOKIE = slice(44, 52)
_NLM_F_REQUEST_ACK = 0x5
_ANY_STATE = 0xFFFFFFFF
_NO_COOKIE = b"\xff" * 8
_HEADER = struct.Struct("=IHHII")
_ANSWER_BYTES = 4096


def sever_all(connections: Iterable[Connection]) -> bool:
    """Reset both legs of connections; return whether that is allowed.

    The server's comes first, since it is the one that keeps files; HAProxy may have ended the client's before its turn.
    """
    for connection in connections:
        for near, far in (connection.server_leg, connection.client_leg):
            try:
                sever(near, far)
            except PermissionError:
                return False
            except (OSError, ValueError):  # It has just ended, or a PROXY header told of another peer.
                continue
    return True


def sever(near: str, far: str) -> None:
    """Reset the TCP connection of this machine between two `address:port`, and by its cookie nothing but that.

    Raises ValueError for what is none, OSError: PermissionError without CAP_NET_ADMIN, ENOENT if there is no such.
    """
    (near_host, near_port), (far_host, far_port) = _split(near), _split(far)
    family = socket.AF_INET6 if ":" in near_host else socket.AF_INET
    hosts = [socket.inet_pton(family, host).ljust(16, b"\0") for host in (near_host, far_host)]
    asked = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, _ANY_STATE)
    asked += struct.pack("!HH", near_port, far_port) + b"".join(hosts) + struct.pack("=I", 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as sock:
        found = _answer(sock, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, asked + _NO_COOKIE)
        if found[1] == _LISTEN:  # Where there is no such connection the kernel takes the listener in its place.
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        _answer(sock, _SOCK_DESTROY, _NLM_F_REQUEST_ACK, asked + found[_COOKIE])


def _answer(sock: socket.socket, kind: int, flags: int, request: bytes) -> bytes:
    """Ask the kernel; return the body of its answer. Raises OSError."""
    sock.send(_HEADER.pack(_HEADER.size + len(request), kind, flags, 1, 0) + request)
    answer = sock.recv(_ANSWER_BYTES)
    if _HEADER.unpack_from(answer)[1] == _NLMSG_ERROR and (code := -struct.unpack_from("=i", answer, _HEADER.size)[0]):
        raise OSError(code, os.strerror(code))
    return answer[_HEADER.size :]


def _split(text: str) -> tuple[str, int]:
    """Return address and port of HAProxy's `10.0.0.1:21` and `2001:db8::1:21`. Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not host:
        raise ValueError(f"{text!r} is no address with a port")
    return host, int(port)
