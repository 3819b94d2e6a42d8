"""An HAProxy that somebody else starts and ends."""

import asyncio
import re
import shlex
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from contextlib import suppress

from ftpair.core.errors import SetupError
from ftpair.core.plan import HaproxyPlan
from ftpair.haproxy.program import until
from ftpair.haproxy.runtime import SilentError, ask

RELOAD_S = 20.0


class Foreign:
    """An HAProxy that somebody else starts and ends (`managed: false`): asked by its socket, reloaded by a command."""

    def __init__(self, how: HaproxyPlan) -> None:
        self.how = how

    async def as_started(self) -> HaproxyPlan:
        """Return how it is run: as it is said to be."""
        return self.how

    async def ask(self, command: str) -> str:
        """Return the answer of the process that takes connections. Raises SilentError."""
        return await ask(self.how.socket, command)

    async def ask_each(self, command: str, *only: int) -> dict[int, str]:  # noqa: ARG002  # There is one.
        """Return the answer of the process that takes connections. Raises SilentError."""
        return {0: await self.ask(command)}

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
            said, _ = await asyncio.wait_for(process.communicate(), RELOAD_S)
        except TimeoutError:
            process.kill()
            raise SetupError(f"HAProxy is not reloaded ({self.how.reload} does not end)") from None
        if process.returncode:
            why = said.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit status {process.returncode}"]
            raise SetupError(f"HAProxy is not reloaded ({self.how.reload}): {why[0]}")

        async def is_another() -> bool:
            return await self._pid() not in {"", before}

        if not await until(is_another, RELOAD_S):
            raise SetupError(f"HAProxy goes on with its former file after `{self.how.reload}`; its log says why")

    async def _pid(self) -> str:
        """Return the process that takes connections; empty while none answers."""
        with suppress(SilentError):
            found = re.search(r"^Pid: (\d+)", await self.ask("show info"), re.MULTILINE)
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
