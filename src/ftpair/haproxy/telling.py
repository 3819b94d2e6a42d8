"""HAProxy told how servers are, wherever it sees them otherwise."""

import time
from collections.abc import Callable, Iterable

from ftpair.core.plan import ServerPlan, TcpServicePlan
from ftpair.core.status import Admin, ServerState
from ftpair.haproxy import reports
from ftpair.haproxy.foreign import Foreign
from ftpair.haproxy.master import Master
from ftpair.haproxy.orders import orders
from ftpair.haproxy.render import table_of
from ftpair.haproxy.reports import Figures
from ftpair.haproxy.runtime import ask

States = Callable[[ServerPlan], ServerState]


async def tell(
    master: Master | Foreign, services: Iterable[TcpServicePlan], states: States, seen: Iterable[Figures]
) -> None:
    """Tell it the states of servers, by what it sees itself. Raises SilentError."""
    rows = {(row.proxy, row.server): row for row in seen}
    commands: list[str] = []
    draining: list[ServerPlan] = []
    for service in services:
        for server in service.servers:
            state, row = states(server), rows.get((service.name, server.name))
            commands += orders(service, server, state, row, time.time()) if row else ()
            draining += [server] if state.admin is not Admin.ONLINE and service.pairing == "source" else ()
    if commands:
        await ask(master.how.socket, *commands)
    if draining:
        await _forget_idle(master, draining)


async def _forget_idle(master: Master | Foreign, draining: Iterable[ServerPlan]) -> None:
    """Let clients without a session be sent elsewhere: what is remembered would lead them to a drained server."""
    names = {(server.service, server.name) for server in draining}
    for service in {service for service, _server in names}:
        answers = await master.ask_each(f"show table {table_of(service)}")
        tables = [tuple(reports.entries(answer)) for answer in answers.values()]
        alive = {entry.client for table in tables for entry in table if entry.sessions}
        idle = [entry for entry in (tables[0] if tables else ()) if entry.client not in alive]
        gone = [
            f"clear table {table_of(service)} key {each.client}" for each in idle if (service, each.server) in names
        ]
        if gone:
            await ask(master.how.socket, *gone)
