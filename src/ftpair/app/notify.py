"""Tells systemd how far we are: `sd_notify(3)` by hand."""

import os
import socket
from contextlib import suppress


def notify(state: str) -> None:
    """Send a state such as `READY=1` to systemd; nothing happens when systemd does not ask (Type=notify) or listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.connect(address)
        sock.send(state.encode())
