"""HAProxy's processes: a master that ftpair starts, reloads and ends.

A reload refuses no connection: the master keeps the listeners, new workers take them over, former ones finish what they
have. When ftpair itself is gone, HAProxy goes on; the next ftpair finds the master by its socket.
"""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from ftpair.core.errors import SetupError
from ftpair.core.plan import HaproxyPlan
from ftpair.haproxy import reports
from ftpair.haproxy.program import LastWords, until
from ftpair.haproxy.reports import Processes
from ftpair.haproxy.runtime import SilentError, ask

START_S = 20.0
LEARN_S = 12.0
"""A process that has just begun waits so long for a former one and for peers before it can teach (HAProxy: 5 + 5 s)."""
LEAVE_S = 1.0
"""A process that breaks off its answer because it ends is still listed for a moment."""
KILL_AFTER_S = 3.0
_STRANGE = "does not speak as a master does"


class Master:
    """A master that belongs to ftpair."""

    def __init__(self, how: HaproxyPlan) -> None:
        self.how = how
        self.socket = how.master_socket
        self._process: Process | None = None
        self._said: LastWords | None = None
        """None: an earlier ftpair has started it, and what it says is lost."""
        self._seen = Processes(0, 0, 0, (), ())
        """Who can be ended without an answer."""

    async def processes(self) -> Processes:
        """Return the processes that run. Raises SilentError when there is no master."""
        try:
            self._seen = reports.processes(await ask(self.socket, "show proc"))
        except ValueError:
            raise SilentError(f"HAProxy's socket {self.socket} {_STRANGE}") from None
        return self._seen

    async def as_started(self) -> HaproxyPlan:
        """Return how it is run: one that an earlier ftpair has started reads the file that it was started with."""
        with suppress(SilentError, OSError):
            words = Path(f"/proc/{(await self.processes()).master}/cmdline").read_bytes().decode().split("\0")
            return replace(self.how, config=dict(pairwise(words)).get("-f", self.how.config))
        return self.how

    async def ask(self, command: str) -> str:
        """Return the answer of the process that takes connections, wherever its own socket is. Raises SilentError."""
        worker = next(iter((await self.processes()).workers), None)
        if worker is None:
            raise SilentError("HAProxy has no process that takes connections")
        return await ask(self.socket, f"@!{worker} {command}")

    async def ask_each(self, command: str, *only: int) -> dict[int, str]:
        """Return the answers of all processes, former ones too, but for one that has just ended. Raises SilentError.

        `only`: of these processes alone, as far as they still run.
        """
        answers = {}
        for pid in await self._pids():
            if only and pid not in only:
                continue
            try:
                answers[pid] = await ask(self.socket, f"@!{pid} {command}")
            except SilentError as error:
                if not error.is_gone and not await until(partial(self._has_left, pid), LEAVE_S):
                    raise
        return answers

    async def _has_left(self, pid: int) -> bool:
        return pid not in await self._pids()

    async def _pids(self) -> tuple[int, ...]:
        now = await self.processes()
        return *now.workers, *now.former

    async def start(self) -> None:
        """Start it with the file that lies there, or reload the one that still runs. Raises SetupError."""
        try:
            await self.processes()
        except SilentError as error:
            if not error.is_gone:  # A second one would share its ports with it, and its clients.
                raise
            await self._start()
        else:
            await self.reload()

    async def has_died(self) -> bool:
        """Return whether there is no master any more, for which nobody else is to blame."""
        try:
            await self.processes()
        except SilentError as error:
            return error.is_gone if self._process is None else self._process.returncode is not None
        return False

    async def _start(self) -> None:
        how = self.how
        words = [how.program, "-W", "-S", f"{self.socket},mode,600", "-f", how.config]
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *words, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, process_group=0
            )
        except OSError as error:
            raise SetupError(f"HAProxy cannot be started ({how.program}: {error.strerror})") from None
        self._said = LastWords(process)
        if not await until(self._is_up, START_S, process):
            raise SetupError(f"HAProxy does not start: {self._said.text or 'it says nothing'}")

    async def _is_up(self) -> bool:
        with suppress(SilentError):
            return bool((await self.processes()).workers) and await self._answers()
        return False

    async def _answers(self) -> bool:
        return bool(await ask(self.how.socket, "show info"))

    async def is_finishing(self) -> bool:
        """Return whether former processes still finish what they have. Raises SilentError."""
        return bool((await self.processes()).former)

    async def reload(self, *, is_last: bool = False) -> None:
        """Let new workers follow the file. Raises SetupError when HAProxy refuses; then the former ones go on.

        The last one before an end needs not know who is where.
        """
        before = await self.processes()
        if not is_last:
            await self._let_learn()
        if self._said:
            self._said.forget()
        os.kill(before.master, signal.SIGUSR2)
        if not await until(lambda: self._has_reloaded(before), START_S):
            raise SetupError("HAProxy does not end its reload")
        if (await self.processes()).failed:
            why = f" ({self._said.text})" if self._said and self._said.text else ""
            raise SetupError(f"HAProxy refuses to reload{why}; the former configuration runs on")

    async def _has_reloaded(self, before: Processes) -> bool:
        with suppress(SilentError):
            now = await self.processes()
            is_new = bool(set(now.workers) - set(before.workers)) and await self._answers()
            return now.reloads > before.reloads and (is_new or now.failed > 0)
        return False

    async def _let_learn(self) -> None:
        """Wait until the worker can hand on who is where: one that has just begun cannot, for ten seconds."""

        async def has_learned() -> bool:
            return reports.has_learned(await self.ask("show peers"))

        with suppress(SilentError):
            if "id=ftpair" in await self.ask("show peers"):
                await until(has_learned, LEARN_S)

    async def finish(self, grace_s: float) -> bool:
        """Take no new connection, and let running ones end for so long; return whether all have, and it with them."""
        try:
            os.kill(await self._pid(), signal.SIGUSR1)
        except (SilentError, ProcessLookupError):
            return True
        return await until(self._is_gone, grace_s)

    async def end(self) -> None:
        """End it with what it still has; `finish` has found it."""
        with suppress(SilentError):  # It does not listen any more, but it is there.
            await self.processes()
        seen = self._seen
        with suppress(ProcessLookupError):
            os.kill(seen.master, signal.SIGTERM)
        if not await until(self._is_gone, KILL_AFTER_S):
            for pid in (seen.master, *seen.workers, *seen.former):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self._process:
            await self._process.wait()

    async def _pid(self) -> int:
        """Return who the master is, by what it told last if it is only slow. Raises SilentError."""
        try:
            return (await self.processes()).master
        except SilentError as error:
            if error.is_gone or not self._seen.master:
                raise
            return self._seen.master

    async def _is_gone(self) -> bool:
        """Return whether the master has ended; one that an earlier ftpair has started is no child of ours."""
        if self._process:
            return self._process.returncode is not None
        with suppress(ChildProcessError):  # Or it is, and was so before this process became another program.
            return os.waitpid(self._seen.master, os.WNOHANG)[0] == self._seen.master
        return not Path(f"/proc/{self._seen.master}").exists()
