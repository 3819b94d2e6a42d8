"""HAProxy as the engine of TCP mode: follows the plan, is told the states of servers, tells what moves.

Three things are in its hands: the file (written, checked, taken back), the processes (`master`), and the runtime API. A
file that HAProxy refuses is never put in place, and if a reload fails, the last good one is there again.
"""

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from ftpair.core.actions import SessionTable
from ftpair.core.errors import FtpairError, SetupError
from ftpair.core.plan import HaproxyPlan, Plan, ServerPlan, TcpServicePlan
from ftpair.core.status import Admin
from ftpair.haproxy import reports
from ftpair.haproxy.account import Account, Add
from ftpair.haproxy.connected import Connected
from ftpair.haproxy.files import keep_states, prepare, write
from ftpair.haproxy.foreign import Foreign
from ftpair.haproxy.journal import Journal, Line
from ftpair.haproxy.master import Master
from ftpair.haproxy.program import check
from ftpair.haproxy.render import Scene, render, told
from ftpair.haproxy.runtime import SilentError, ask
from ftpair.haproxy.telling import States, tell

log = structlog.get_logger("ftpair")

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
        self._connected = Connected()
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
            raise SetupError(f"HAProxy cannot be led: {_why(error)}") from None
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
        is_first = self._master is None
        master = self._master or (Master if wanted.how.is_managed else Foreign)(wanted.how)
        how = await self._as_started(master, wanted.how)
        prepare(how)
        await self._listen_to_log(how)
        new, path = Path(f"{how.config}.new"), Path(how.config)
        write(new, render(how, wanted.services, self._scene(wanted)))
        refusal = await check(how, new)
        if refusal:
            raise SetupError(f"HAProxy refuses the file that ftpair made ({new}): {refusal}")
        good = path.read_bytes() if path.exists() else None
        await keep_states(how, master)
        await self._call_told(how, wanted.services)
        os.replace(new, path)  # noqa: PTH105  # Path.replace is the same call; the file is the new one or the old one.
        try:
            await (master.start() if is_first else master.reload(is_last=wanted.is_idle))
        except (SetupError, SilentError, OSError):
            await self._restore(master, path, good, is_first=is_first)
            raise
        self._master = master
        known = [each.name for each in self._running.services] if self._running else []
        if is_first or known:
            await self._call_told(how, (each for each in wanted.services if each.name not in known))

    async def _call_told(self, how: HaproxyPlan, services: Iterable[TcpServicePlan]) -> None:
        """Let first sessions not wait: nobody has more to tell. A reload hands that on behind all clients."""
        commands = told(services)
        with suppress(SilentError):
            if commands:
                await ask(how.socket, *commands)

    async def _as_started(self, master: Master | Foreign, wanted: HaproxyPlan) -> HaproxyPlan:
        """Let a master be run as it is said to be, but for what it was started with."""
        master.how = wanted
        master.how = how = await master.as_started()
        if how.config != wanted.config and self._master is None:
            log.warning("HAProxy runs on with its former file until ftpair is stopped", file=how.config)
        return how

    async def _listen_to_log(self, how: HaproxyPlan) -> None:
        if self._journal is None:
            self._journal = await Journal(self._log_session, _log_line).open(Path(how.folder, LOG))

    async def _restore(self, master: Master | Foreign, path: Path, good: bytes | None, *, is_first: bool) -> None:
        if good is None:
            return
        write(path, good.decode())
        if not is_first:
            with suppress(SetupError, SilentError, OSError):
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
                await tell(self._master, self._running.services, self._states, next(iter(now.values())))
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
        except (SetupError, SilentError, OSError) as error:  # It may end between two looks at it.
            self.trouble = _why(error)
        else:
            await self._call_told(self._master.how, self._running.services if self._running else ())
            self.trouble = ""

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
        if self._master is not None:
            await self._connected.end_all_of(self._master, server)

    async def table(self) -> SessionTable:
        """Return all sessions and transfers. Raises SilentError."""
        if self._master is None or self._running is None:
            return SessionTable((), ())
        return await self._connected.table(self._master, self._account.services)

    async def end_session(self, name: str) -> bool:
        """End a session by the name of its row; return whether there was one. Raises SilentError."""
        return self._master is not None and await self._connected.end(self._master, name)

    async def stop(self, grace_s: float) -> None:
        """End it, and let what runs end by itself for so many seconds."""
        async with self._turn:
            await self._stop(grace_s)

    async def _stop(self, grace_s: float) -> None:
        if self._master is None:
            return
        if not await self._master.finish(grace_s):
            with suppress(SilentError):
                await self._connected.cut_all(self._master)
            await self._master.end()
        self._account.close()
        self._master, self._running, self._owed, self.trouble = None, None, None, ""
        if self._journal:
            self._journal.close()
            self._journal = None


def _why(error: Exception) -> str:
    return error.sentence if isinstance(error, FtpairError) else str(error)


def _log_line(line: str) -> None:
    log.info("HAProxy says", line=line)


def _gist(wanted: Wanted) -> Wanted:
    """Return what the file depends on."""
    return replace(wanted, services=tuple(wanted.services))
