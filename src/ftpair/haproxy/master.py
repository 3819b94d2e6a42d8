"""HAProxy's processes: a master that ftpair starts, reloads and ends, or one that runs by itself.

A reload refuses no connection: the master keeps the listeners, new workers take them over, former ones finish what they
have. When ftpair itself is gone, HAProxy goes on; the next ftpair finds the master by its socket.
"""

import asyncio
import os
import re
import shlex
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from ftpair.core.errors import SetupError
from ftpair.core.plan import HaproxyPlan
from ftpair.haproxy import reports
from ftpair.haproxy.reports import Processes
from ftpair.haproxy.runtime import SilentError, ask

START_S = 20.0
LEARN_S = 12.0
"""A process that has just begun waits so long for a former one and for peers before it can teach (HAProxy: 5 + 5 s)."""
POLL_S = 0.05
KILL_AFTER_S = 3.0
LAST_WORDS = 3


class Master:
    """A master that belongs to ftpair."""

    def __init__(self, how: HaproxyPlan) -> None:
        self.how = how
        self.socket = f"{how.folder}/master.sock"
        self._process: Process | None = None
        self._pid = 0

    async def processes(self) -> Processes:
        """Return the processes that run. Raises SilentError when there is no master."""
        try:
            return reports.processes(await ask(self.socket, "show proc"))
        except ValueError:
            raise SilentError(f"HAProxy's socket {self.socket} {_STRANGE}") from None

    async def ask_each(self, command: str) -> dict[int, str]:
        """Return the answers of all processes, former ones too, but for one that has just ended. Raises SilentError."""
        now = await self.processes()
        answers = {pid: await ask(self.socket, f"@!{pid} {command}") for pid in (*now.workers, *now.former)}
        return {pid: answer for pid, answer in answers.items() if not answer.startswith("Can't connect")}

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
        said = _LastWords(process)
        if not await _until(self._is_up, START_S, process):
            raise SetupError(f"HAProxy does not start: {said.text}")

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
        os.kill(before.master, signal.SIGUSR2)
        if not await _until(lambda: self._has_reloaded(before), START_S):
            raise SetupError("HAProxy does not end its reload")
        if (await self.processes()).failed:
            raise SetupError("HAProxy refuses to reload; the former configuration runs on")

    async def _has_reloaded(self, before: Processes) -> bool:
        with suppress(SilentError):
            now = await self.processes()
            is_new = bool(set(now.workers) - set(before.workers)) and await self._answers()
            return now.reloads > before.reloads and (is_new or now.failed > 0)
        return False

    async def _let_learn(self) -> None:
        """Wait until the worker can hand on who is where: one that has just begun cannot, for ten seconds."""

        async def has_learned() -> bool:
            return reports.has_learned(await ask(self.how.socket, "show peers"))

        with suppress(SilentError):
            if "id=ftpair" in await ask(self.how.socket, "show peers"):
                await _until(has_learned, LEARN_S)

    async def finish(self, grace_s: float) -> bool:
        """Take no new connection, and let running ones end for so long; return whether all have, and it with them."""
        try:
            now = await self.processes()
        except SilentError:
            return True
        self._pid = now.master
        os.kill(now.master, signal.SIGUSR1)
        return await _until(self._is_gone, grace_s)

    async def end(self) -> None:
        """End it with what it still has."""
        try:
            now = await self.processes()
        except SilentError:  # It does not listen any more, but it is there.
            now = Processes(self._pid, 0, 0, (), ())
        with suppress(ProcessLookupError):
            os.kill(now.master, signal.SIGTERM)
        if not await _until(self._is_gone, KILL_AFTER_S):
            for pid in (now.master, *now.workers, *now.former):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self._process:
            await self._process.wait()

    async def _is_gone(self) -> bool:
        """Return whether the master has ended; one that an earlier ftpair has started is no child of ours."""
        if self._process:
            return self._process.returncode is not None
        return not Path(f"/proc/{self._pid}").exists()


class Foreign:
    """An HAProxy that somebody else starts and ends (`managed: false`): asked by its socket, reloaded by a command."""

    def __init__(self, how: HaproxyPlan) -> None:
        self.how = how

    async def ask_each(self, command: str) -> dict[int, str]:
        """Return the answer of the process that takes connections. Raises SilentError."""
        return {0: await ask(self.how.socket, command)}

    async def start(self) -> None:
        """Let it follow the file that lies there."""
        await self.reload()

    async def is_finishing(self) -> bool:
        """Return False: former processes cannot be asked."""
        return False

    async def reload(self, *, is_last: bool = False) -> None:  # noqa: ARG002  # The command is the same.
        """Run the command. Raises SetupError when it fails, or the socket is silent after it."""
        before = await self._pid()
        words = shlex.split(self.how.reload)
        try:
            process = await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
        except OSError as error:
            raise SetupError(f"HAProxy is not reloaded ({self.how.reload}: {error.strerror})") from None
        try:
            said, _ = await asyncio.wait_for(process.communicate(), START_S)
        except TimeoutError:
            process.kill()
            raise SetupError(f"HAProxy is not reloaded ({self.how.reload} does not end)") from None
        if process.returncode:
            why = said.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit status {process.returncode}"]
            raise SetupError(f"HAProxy is not reloaded ({self.how.reload}): {why[0]}")

        async def is_another() -> bool:
            return await self._pid() not in {"", before}

        if not await _until(is_another, START_S):
            raise SetupError(f"HAProxy goes on with its former file after `{self.how.reload}`; its log says why")

    async def _pid(self) -> str:
        """Return the process that takes connections; empty while none answers."""
        with suppress(SilentError):
            found = re.search(r"^Pid: (\d+)", await ask(self.how.socket, "show info"), re.MULTILINE)
            return found[1] if found else ""
        return ""

    async def has_died(self) -> bool:
        """Return False: who started it starts it again."""
        return False

    async def finish(self, grace_s: float) -> bool:  # noqa: ARG002  # Nobody waits for it.
        """Leave it alone: who started it ends it."""
        return True

    async def end(self) -> None:
        """Leave it alone."""


class _LastWords:
    """The last lines of a process that writes into a pipe; read for as long as it lives, lest it block."""

    def __init__(self, process: Process) -> None:
        self._lines: list[str] = []
        self._reading = asyncio.get_running_loop().create_task(self._read(process))

    @property
    def text(self) -> str:
        """What is worth repeating of them."""
        alerts = [line for line in self._lines if "ALERT" in line] or self._lines[-1:]
        return " / ".join(_plain(line) for line in alerts[:LAST_WORDS]) or "it says nothing"

    async def _read(self, process: Process) -> None:
        assert process.stdout
        async for line in process.stdout:
            self._lines = [*self._lines[-50:], line.decode("utf-8", "replace").strip()]


def _plain(line: str) -> str:
    """Return a line without its mark, process and time: `[ALERT]    (7255) : `."""
    return line.rpartition(") : ")[2]


async def check(how: HaproxyPlan, path: Path) -> str:
    """Return why HAProxy refuses a file (`haproxy -c`); empty: it takes it."""
    try:
        process = await asyncio.create_subprocess_exec(
            how.program, "-c", "-f", str(path), stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
        )
    except OSError as error:
        return f"{how.program} cannot be run ({error.strerror}): {_REMEDY}"
    said, _ = await process.communicate()
    if process.returncode == 0:
        return ""
    alerts = [_plain(line) for line in said.decode("utf-8", "replace").splitlines() if "ALERT" in line]
    return " / ".join(alerts[:LAST_WORDS]) or f"exit status {process.returncode}"


async def _until(condition: Callable[[], Awaitable[bool]], within_s: float, process: Process | None = None) -> bool:
    """Ask again and again; return whether it came true in time. A process that has ended brings nothing more."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not await condition():
        if asyncio.get_running_loop().time() >= deadline or (process and process.returncode is not None):
            return False
        await asyncio.sleep(POLL_S)
    return True


_STRANGE = "does not speak as a master does"
_REMEDY = "install HAProxy (apt install haproxy), or write the path of yours, haproxy: {program: PATH}"
