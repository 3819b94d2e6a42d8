"""HAProxy's program run: a file checked by it, what it says before it ends, and the wait for what it does."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable
from pathlib import Path

from ftpair.core.plan import HaproxyPlan

POLL_S = 0.05
LAST_WORDS = 3
_REMEDY = "install HAProxy (apt install haproxy), or write the path of yours, haproxy: {program: PATH}"


class LastWords:
    """The last lines of a process that writes into a pipe; read for as long as it lives, lest it block."""

    def __init__(self, process: Process) -> None:
        self._lines: list[str] = []
        self._reading = asyncio.get_running_loop().create_task(self._read(process))

    @property
    def text(self) -> str:
        """What is worth repeating of them; empty: it says nothing."""
        alerts = [line for line in self._lines if "ALERT" in line] or self._lines[-1:]
        return " / ".join(_plain(line) for line in alerts[:LAST_WORDS])

    def forget(self) -> None:
        """Repeat only what comes from now on."""
        self._lines = []

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


async def until(condition: Callable[[], Awaitable[bool]], within_s: float, process: Process | None = None) -> bool:
    """Ask again and again; return whether it came true in time. A process that has ended brings nothing more."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not await condition():
        if asyncio.get_running_loop().time() >= deadline or (process and process.returncode is not None):
            return False
        await asyncio.sleep(POLL_S)
    return True
