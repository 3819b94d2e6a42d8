"""What is connected through HAProxy, of all its processes: listed, and ended with a reset."""

from collections.abc import Container, Iterable

import structlog

from ftpair.core.actions import SessionTable
from ftpair.core.plan import ServerPlan
from ftpair.haproxy import reports
from ftpair.haproxy.foreign import Foreign
from ftpair.haproxy.listing import place_of, session_rows, transfer_rows
from ftpair.haproxy.master import Master
from ftpair.haproxy.render import data_proxies
from ftpair.haproxy.reports import Connection
from ftpair.haproxy.severing import sever_all

log = structlog.get_logger("ftpair")


class Connected:
    """Ends connections so that a part of a file never looks whole; says once where it may not."""

    def __init__(self) -> None:
        self._has_warned = False

    async def table(self, master: Master | Foreign, services: Container[str]) -> SessionTable:
        """Return all sessions and transfers. Raises SilentError."""
        connections = await _connections(master)
        return SessionTable(session_rows(services, connections), transfer_rows(services, connections))

    async def end_all_of(self, master: Master | Foreign, server: ServerPlan) -> None:
        """End every connection with a server. Raises SilentError."""
        proxies = (server.service, *data_proxies(server))
        found = (each for some in (await _connections(master)).values() for each in some)
        self._cut(each for each in found if each.proxy in proxies and each.server == server.name)
        for proxy in proxies:
            await master.ask_each(f"shutdown sessions server {proxy}/{server.name}")

    async def end(self, master: Master | Foreign, name: str) -> bool:
        """End a session by the name of its row; return whether there was one. Raises SilentError."""
        place = place_of(name)
        if place is None:
            return False
        pid, number = place
        found = (await _connections(master, number, pid)).get(pid, ())
        if found:  # Its number may be another session's in another process.
            self._cut(found)
            await master.ask_each(f"shutdown session {number}", pid)  # It may have ended by the reset already.
        return bool(found)

    async def cut_all(self, master: Master | Foreign) -> None:
        """End everything. Raises SilentError."""
        self._cut(each for found in (await _connections(master)).values() for each in found)

    def _cut(self, connections: Iterable[Connection]) -> None:
        """Reset connections: what HAProxy would end with a FIN looks like a whole file."""
        if not sever_all(connections) and not self._has_warned:
            self._has_warned = True
            log.warning("connections that are ended cannot be reset without CAP_NET_ADMIN: an upload may look whole")


async def _connections(master: Master | Foreign, which: str = "all", *only: int) -> dict[int, tuple[Connection, ...]]:
    """Return what each process has, or one connection of one process. Raises SilentError."""
    answers = await master.ask_each(f"show sess {which}", *only)
    return {pid: tuple(reports.connections(answer)) for pid, answer in answers.items()}
