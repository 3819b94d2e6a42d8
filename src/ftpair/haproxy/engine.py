"""HAProxy as the engine of TCP mode: follows the plan, is told the states of servers, tells what moves.

Three things are in its hands: the file (written, checked, taken back), the processes (`master`), and the runtime API. A
file that HAProxy refuses is never put in place, and if a reload fails, the last good one is there again.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from ftpair.config.save import replace_file
from ftpair.core.actions import SessionTable
from ftpair.core.errors import SetupError
from ftpair.core.plan import HaproxyPlan, Plan, ServerPlan, TcpServicePlan
from ftpair.core.status import Admin, ServerState
from ftpair.haproxy import reports
from ftpair.haproxy.account import Account, Add
from ftpair.haproxy.journal import Journal, Line
from ftpair.haproxy.listing import place_of, session_rows, transfer_rows
from ftpair.haproxy.master import Foreign, Master, check
from ftpair.haproxy.orders import orders
from ftpair.haproxy.render import Scene, data_proxies, render, table_of
from ftpair.haproxy.reports import Connection, Figures
from ftpair.haproxy.runtime import SilentError, ask
from ftpair.haproxy.severing import sever_all

log = structlog.get_logger("ftpair")

States = Callable[[ServerPlan], ServerState]
LOG = "log.sock"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What HAProxy is to carry."""

    how: HaproxyPlan
    services: tuple[TcpServicePlan, ...]
    former: Mapping[str, tuple[ServerPlan, ...]]

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to carry."""
        return not self.services


class Haproxy:
    """The engine; one of its methods at a time speaks with HAProxy."""

    def __init__(self, states: States, add: Add) -> None:
        self._states = states
        self._running: Wanted | None = None
        self._master: Master | Foreign | None = None
        self._owed: tuple[Plan, Mapping[str, tuple[ServerPlan, ...]]] | None = None
        """What could not be taken back; tried again with every look."""
        self._account = Account(add)
        self._turn = asyncio.Lock()
        self._has_warned = False
        self._journal: asyncio.DatagramTransport | None = None
        self.trouble = ""
        """Why it does not serve; empty: it does."""

    # The plan.

    async def take(self, plan: Plan, former: Mapping[str, tuple[ServerPlan, ...]]) -> None:
        """Carry the services of a plan from now on. Raises SetupError, and then the former ones are carried on.

        Connections of services that leave go on until they end; their ports are free at once.
        """
        async with self._turn:
            await self._take(plan, former)

    async def take_back(self, plan: Plan, former: Mapping[str, tuple[ServerPlan, ...]]) -> None:
        """Carry the services of a plan again; if that cannot be now, it is tried with every look."""
        async with self._turn:
            await self._take_back(plan, former)

    async def _take_back(self, plan: Plan, former: Mapping[str, tuple[ServerPlan, ...]]) -> None:
        try:
            await self._take(plan, former)
        except SetupError as error:
            if self.trouble != error.sentence:
                log.warning("HAProxy does not come back yet, and is tried again", reason=error.sentence)
            self._owed, self.trouble = (plan, former), error.sentence

    async def _take(self, plan: Plan, former: Mapping[str, tuple[ServerPlan, ...]]) -> None:
        wanted = Wanted(plan.haproxy, plan.carried_by("haproxy"), former)
        self._owed = None
        if wanted.is_idle and self._master is None and not await self._adopt(wanted.how):
            return
        self._account.open(plan, former)
        if self._running is not None and _gist(wanted) == _gist(self._running):
            self._running = wanted
            return
        try:
            await self._follow(wanted)
        except (SilentError, OSError, LookupError) as error:
            why = error.sentence if isinstance(error, SilentError) else str(error)
            raise SetupError(f"HAProxy cannot be led: {why}") from None
        self._running, self.trouble = wanted, ""
        await self._look()

    async def _adopt(self, how: HaproxyPlan) -> bool:
        """Return whether an HAProxy that a former ftpair has started is still there: it must let go of its ports."""
        master = Master(how)
        if not how.is_managed or not Path(master.socket).exists():
            return False
        with suppress(SilentError):
            await master.processes()
            self._master = master
        return self._master is not None

    async def _follow(self, wanted: Wanted) -> None:
        how, is_first = wanted.how, self._master is None
        _prepare(how)
        if self._journal is None:
            self._journal = await Journal(self._log_session, _log_line).open(Path(how.folder, LOG))
        new, path = Path(f"{how.config}.new"), Path(how.config)
        _write(new, render(how, wanted.services, self._scene(wanted)))
        refusal = await check(how, new)
        if refusal:
            raise SetupError(f"HAProxy refuses the file that ftpair made ({new}): {refusal}")
        good = path.read_bytes() if path.exists() else None
        await self._keep_states(how)
        os.replace(new, path)  # noqa: PTH105  # Path.replace is the same call; the file is the new one or the old one.
        master = self._master or (Master(how) if how.is_managed else Foreign(how))
        master.how = how
        try:
            await (master.start() if is_first else master.reload(is_last=wanted.is_idle))
        except (SetupError, SilentError, OSError):
            await self._restore(master, path, good, is_first=is_first)
            raise
        self._master = master

    async def _restore(self, master: Master | Foreign, path: Path, good: bytes | None, *, is_first: bool) -> None:
        if good is None:
            return
        _write(path, good.decode())
        if not is_first:
            with suppress(SetupError, SilentError):
                await master.reload()

    def _scene(self, wanted: Wanted) -> Scene:
        """Return the servers that must get no session before their state is told: on a start, all not online."""
        closed = {
            (server.service, server.name)
            for service in wanted.services
            for server in service.servers
            if self._states(server).admin is not Admin.ONLINE
        }
        return Scene(closed if self._master is None else (), wanted.former)

    async def _keep_states(self, how: HaproxyPlan) -> None:
        """Let HAProxy write down which servers are drained, down or stopped: new processes begin with that."""
        with suppress(SilentError):
            _write(Path(how.folder, "servers.state"), await ask(how.socket, "show servers state") + "\n")

    # Once a second, and after every change.

    async def refresh(self) -> None:
        """Tell HAProxy the states of servers where it sees them otherwise, and count what moves."""
        async with self._turn:
            if self._owed is not None:
                await self._take_back(*self._owed)
            await self._look()

    async def _look(self) -> None:
        if self._master is None or self._running is None:
            return
        try:
            answers = await self._master.ask_each("show stat")
            now = {pid: reports.figures(answer) for pid, answer in answers.items()}
            self._account.count(now)
            if now:
                await self._tell(next(iter(now.values())))
            if self._running.is_idle and not await self._master.is_finishing():
                await self._stop(0.0)
        except SilentError as error:
            self.trouble = error.sentence
            await self._revive()
        else:
            self.trouble = ""

    async def _revive(self) -> None:
        """Start HAProxy again if it has died: its sessions are lost, and new ones are served."""
        if self._master is None or not await self._master.has_died():
            return
        log.error("HAProxy died and is started again", reason=self.trouble)
        try:
            await self._master.start()
        except (SetupError, SilentError) as error:
            self.trouble = error.sentence
        else:
            self.trouble = ""

    async def _tell(self, seen: tuple[Figures, ...]) -> None:
        assert self._running
        states = {(row.proxy, row.server): row for row in seen}
        commands: list[str] = []
        draining: list[ServerPlan] = []
        for service in self._running.services:
            for server in service.servers:
                state, row = self._states(server), states.get((service.name, server.name))
                commands += orders(service, server, state, row, time.time()) if row else ()
                draining += [server] if state.admin is not Admin.ONLINE and service.pairing == "source" else ()
        if commands:
            await ask(self._running.how.socket, *commands)
        if draining:
            await self._forget_idle(draining)

    async def _forget_idle(self, draining: Iterable[ServerPlan]) -> None:
        """Let clients without a session be sent elsewhere: what is remembered would lead them to a drained server."""
        assert self._running and self._master
        names = {(server.service, server.name) for server in draining}
        for service in {server.service for server in draining}:
            answers = await self._master.ask_each(f"show table {table_of(service)}")
            tables = [tuple(reports.entries(answer)) for answer in answers.values()]
            alive = {entry.client for table in tables for entry in table if entry.sessions}
            idle = [entry for entry in (tables[0] if tables else ()) if entry.client not in alive]
            gone = [
                f"clear table {table_of(service)} key {each.client}" for each in idle if (service, each.server) in names
            ]
            if gone:
                await ask(self._running.how.socket, *gone)

    def _log_session(self, line: Line) -> None:
        """Log the end of a control connection, in the words of FTP mode as far as they are known."""
        known = self._running.services if self._running else ()
        doors = {(service.name, port): entrance for service in known for entrance, port in service.doors}
        told = asdict(line)
        entrance = doors.get((line.service, told.pop("door")), "")
        log.info("session ended", entrance=entrance, **told)

    # Operators.

    async def end_sessions(self, server: ServerPlan) -> None:
        """End every connection with a server, of former processes too. Raises SilentError."""
        await self.refresh()  # It gets no new one any more.
        if self._master is None:
            return
        proxies = (server.service, *data_proxies(server))
        self._cut(
            each
            for found in (await self._connections()).values()
            for each in found
            if each.proxy in proxies and each.server == server.name
        )
        for proxy in proxies:
            await self._master.ask_each(f"shutdown sessions server {proxy}/{server.name}")

    async def _connections(self) -> dict[int, tuple[Connection, ...]]:
        """Return what each process has. Raises SilentError."""
        assert self._master
        answers = await self._master.ask_each("show sess all")
        return {pid: tuple(reports.connections(answer)) for pid, answer in answers.items()}

    def _cut(self, connections: Iterable[Connection]) -> None:
        """Reset connections: what HAProxy would end with a FIN looks like a whole file."""
        if not sever_all(connections) and not self._has_warned:
            self._has_warned = True
            log.warning("connections that are ended cannot be reset without CAP_NET_ADMIN: an upload may look whole")

    async def table(self) -> SessionTable:
        """Return all sessions and transfers. Raises SilentError."""
        if self._master is None or self._running is None:
            return SessionTable((), ())
        connections, names = await self._connections(), self._account.services
        return SessionTable(session_rows(names, connections), transfer_rows(names, connections))

    async def end_session(self, name: str) -> bool:
        """End a session by the name of its row; return whether there was one. Raises SilentError."""
        place = place_of(name)
        if place is None or self._master is None:
            return False
        found = (await self._connections()).get(place[0], ())
        self._cut(each for each in found if each.id == place[1])
        answers = await self._master.ask_each(f"shutdown session {place[1]}")
        return not answers.get(place[0], "gone")

    async def stop(self, grace_s: float) -> None:
        """End it, and let what runs end by itself for so many seconds."""
        async with self._turn:
            await self._stop(grace_s)

    async def _stop(self, grace_s: float) -> None:
        if self._master is None:
            return
        if not await self._master.finish(grace_s):
            with suppress(SilentError):
                self._cut(each for found in (await self._connections()).values() for each in found)
            await self._master.end()
        self._account.close()
        self._master, self._running, self._owed, self.trouble = None, None, None, ""
        if self._journal:
            self._journal.close()
            self._journal = None


def _log_line(line: str) -> None:
    log.info("HAProxy says", line=line)


def _gist(wanted: Wanted) -> Wanted:
    """Return what the file depends on."""
    return replace(wanted, services=tuple(wanted.services))


def _prepare(how: HaproxyPlan) -> None:
    """Make the folder. It stays ours: a user that HAProxy changes to finds its sockets there, and may write nothing."""
    folder = Path(how.folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o711 if how.user else 0o700)
    state = folder / "servers.state"
    if not state.exists():
        _write(state, "1\n")


def _write(path: Path, text: str) -> None:
    """Replace a file in one step. Raises OSError."""
    replace_file(path, text.encode())
