"""Looks after drained servers once a second: who is between two transfers goes, and at the deadline all go.

Sessions of FTP mode go by themselves: their workers know the states of servers.
"""

import time

import structlog

from ftpair.app.halting import end_sessions_of
from ftpair.app.looking import all_sessions
from ftpair.app.node import Node
from ftpair.app.quiet_pairs import QuietPairs
from ftpair.core.drain import Drain
from ftpair.core.plan import ServerPlan, TcpServicePlan
from ftpair.haproxy.runtime import SilentError

log = structlog.get_logger("ftpair")

GONE = "The server is out of service now: log in again."
"""What clients read whose sessions the deadline ends."""


class Draining:
    """All drains of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._pairs = QuietPairs()
        self._overdue: set[tuple[int, Drain]] = set()
        """Those whose deadline was told."""

    async def look(self) -> None:
        """Do what is due."""
        drained = self._node.states.drained()
        self._node.drains.keep(drained)
        self._overdue &= {(server.slot, drain) for server, drain in drained}
        for server, drain in drained:
            if self._node.drains.has_emptied(server, drain):
                self._say(server, self._node.drain_status(server, drain).sentence)
        try:
            for server, drain in drained:
                if drain.is_overdue(time.time()):
                    await self._cut(server, drain)
            await self._end_quiet(tuple(server for server, drain in drained if drain.wait_for == "transfers"))
        except SilentError as error:  # HAProxy is being started again; it is asked again in a second.
            log.warning("cannot look after drained servers", reason=error.sentence)

    async def _cut(self, server: ServerPlan, drain: Drain) -> None:
        """End what still moves as a halt does; nobody is given to the server, but a pair of TCP mode may come back."""
        if not self._node.drains.is_busy(server):
            return
        halted = await end_sessions_of(self._node, server, GONE)
        if (server.slot, drain) not in self._overdue:  # What HAProxy ends stands in the counts for a moment.
            self._overdue.add((server.slot, drain))
            self._node.drains.note_cut(server, drain, halted.ended)
            self._say(server, f"drain {server.name}: its deadline has passed: {halted.sentence}")
        await self._node.haproxy.end_sessions(server)

    async def _end_quiet(self, servers: tuple[ServerPlan, ...]) -> None:
        wanted = {(each.service, each.name): each for each in servers if self._is_carried(each)}
        if not wanted:
            return
        table = await all_sessions(self._node)
        for row in self._pairs.look(table, wanted.values(), time.monotonic()):
            if await self._node.end_session(row.id, "its server is drained"):
                self._node.drains.note_ended(wanted[row.service, row.server], 1)

    def _is_carried(self, server: ServerPlan) -> bool:
        """Return whether it has sessions of TCP mode."""
        service = self._node.plan.service(server.service)
        return isinstance(service, TcpServicePlan) and self._node.counts.sessions(server.slot) > 0

    def _say(self, server: ServerPlan, sentence: str) -> None:
        log.info(sentence, service=server.service)
        self._node.happenings.note("admin", sentence, server.service)
