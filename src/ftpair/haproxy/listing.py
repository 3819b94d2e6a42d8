"""HAProxy's connections as sessions and transfers: what TLS hides is empty. Pure."""

import re
from collections.abc import Iterable, Mapping

from ftpair.core.plan import TcpServicePlan
from ftpair.core.status import PASSES, SessionRow, TransferRow
from ftpair.haproxy.render import data_of
from ftpair.haproxy.reports import Connection

_NAME = re.compile(r"h(\d+)-(0x[0-9a-f]+)")

Connections = Mapping[int, Iterable[Connection]]
"""By process."""


def session_rows(services: Iterable[TcpServicePlan], connections: Connections) -> tuple[SessionRow, ...]:
    """Return a row for each control connection."""
    names = {service.name for service in services}
    return tuple(_session(pid, each) for pid, rows in connections.items() for each in rows if each.proxy in names)


def transfer_rows(services: Iterable[TcpServicePlan], connections: Connections) -> tuple[TransferRow, ...]:
    """Return a row for each data connection."""
    names = {data_of(service, server): service.name for service in services for server in service.servers}
    return tuple(
        TransferRow("", names[each.proxy], each.client, "", each.server, "", "", "", 0, each.seconds, 0.0)
        for rows in connections.values()
        for each in rows
        if each.proxy in names
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
        idle_seconds=each.idle_seconds,
        transfers=0,
        bytes_up=0,
        bytes_down=0,
        command="",
        worker=-1,
    )
