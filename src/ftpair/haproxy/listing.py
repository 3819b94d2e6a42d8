"""HAProxy's connections as sessions and transfers: what TLS hides is empty. Pure."""

import re
from collections.abc import Container, Iterable, Mapping

from ftpair.core.status import PASSES, SessionRow, TransferRow
from ftpair.haproxy.render import service_of
from ftpair.haproxy.reports import Connection

_NAME = re.compile(r"h(\d+)-(0x[0-9a-f]+)")

Connections = Mapping[int, Iterable[Connection]]
"""By process."""


def session_rows(services: Container[str], connections: Connections) -> tuple[SessionRow, ...]:
    """Return a row for each control connection."""
    return tuple(_session(pid, each) for pid, rows in connections.items() for each in rows if each.proxy in services)


def transfer_rows(services: Container[str], connections: Connections) -> tuple[TransferRow, ...]:
    """Return a row for each data connection."""
    return tuple(
        _transfer(each)
        for rows in connections.values()
        for each in rows
        if each.proxy not in services and service_of(each.proxy) in services
    )


def place_of(name: str) -> tuple[int, str] | None:
    """Return process and id of a connection by the name of its row; None for a name of another kind."""
    found = _NAME.fullmatch(name)
    return (int(found[1]), found[2]) if found else None


def _session(pid: int, each: Connection) -> SessionRow:
    return SessionRow(
        id=f"h{pid}-{each.id}",
        service=each.proxy,
        client=each.client,
        entrance="",
        user="",
        server=each.server,
        state=PASSES,
        tls="",
        seconds=each.seconds,
        idle_seconds=0.0,
        transfers=0,
        bytes_up=each.bytes_up,
        bytes_down=each.bytes_down,
        command="",
        worker=-1,
    )


def _transfer(each: Connection) -> TransferRow:
    moved = each.bytes_up + each.bytes_down
    return TransferRow(
        session="",
        service=service_of(each.proxy),
        client=each.client,
        user="",
        server=each.server,
        verb="",
        path="",
        direction="up" if each.bytes_up > each.bytes_down else "down",
        bytes=moved,
        seconds=each.seconds,
        bytes_per_second=moved / max(each.seconds, 1.0),
    )
