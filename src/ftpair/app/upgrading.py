"""`ftpair upgrade`: the supervisor becomes the program that is installed now, with the same process id.

First it is proved that this can serve. Then the API ends, and the workers are left as a killed supervisor would leave
them: they accept all the time. The new program finds them, starts its own on the same sockets, and lets them leave.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import NoReturn

import structlog

import ftpair
from ftpair.app.node import Node
from ftpair.core.actions import Refused, Said
from ftpair.core.errors import SetupError
from ftpair.core.units import counted
from ftpair.core.upgrades import Upgrade

log = structlog.get_logger("ftpair")

PROOF_TIMEOUT_S = 60.0
ANSWER_S = 0.1
"""What the answer gets to reach who has asked, before the API is told to end."""
SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""They wait while the program changes, so that none of them finds nobody who would follow it."""
VARIABLE = "FTPAIR_UPGRADED_FROM"


async def upgrade(node: Node, action: Upgrade) -> Said | Refused:
    """Make way for what is installed, or say why not; nothing has changed then."""
    if refusal := _not_now(node):
        return refusal
    try:
        version = await prove(node.path)
    except SetupError as error:
        return Refused("setup", error.sentence)
    workers = [worker for worker in node.crew if node.sessions_of(worker)]
    number = sum(map(node.sessions_of, workers))
    sessions, go = counted(number, "session"), "goes on" if number == 1 else "go on"
    begins = "would upgrade" if action.dry_run else "upgrading"
    sentence = f"{begins} from {ftpair.__version__} to {version}: {sessions} on {counted(len(workers), 'worker')} {go}"
    if not action.dry_run:
        log.info(sentence)
        asyncio.get_running_loop().call_later(ANSWER_S, node.on_upgrade)
    return Said(sentence)


def _not_now(node: Node) -> Refused | None:
    if node.is_draining:
        return Refused("busy", "ftpair is stopping: nothing was changed")
    if waiting := node.confirmation.waiting:
        why = f"revision {waiting.revision} waits to be confirmed: `ftpair confirm` it first, or roll it back"
        return Refused("busy", f"{why}; nothing was changed")
    missing = [worker.name for worker in node.workers if not worker.is_ready]
    if missing:
        return Refused("busy", f"{', '.join(missing)} is being started: try again in a moment; nothing was changed")
    return None


async def prove(path: Path) -> str:
    """Return the version of the ftpair that is installed. Raises SetupError if it cannot serve by the file."""
    python, _words = program()
    process = await asyncio.create_subprocess_exec(
        python, "-P", "-m", "ftpair.app.proof", str(path), stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(PROOF_TIMEOUT_S):
            said, wrong = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise SetupError("what is installed does not start within a minute; nothing was changed") from None
    if process.returncode:
        lines = wrong.decode(errors="replace").strip().splitlines() or [f"exit status {process.returncode}"]
        raise SetupError(f"what is installed cannot serve: {lines[-1]}; nothing was changed")
    return said.decode().strip()


def program() -> tuple[str, list[str]]:
    """Return the interpreter of what is installed, and the words by which this process was started.

    A script names its interpreter itself: that of the folder to which `/opt/ftpair` leads by now.
    """
    script = Path(sys.argv[0])
    if script.is_absolute() and os.access(script, os.X_OK):
        with script.open("rb") as file:
            first = file.readline(1000)
        named = first.removeprefix(b"#!").decode(errors="replace").split()
        if first.startswith(b"#!") and named and Path(named[0]).name.startswith("python"):
            return named[0], [str(script), *sys.argv[1:]]
    return sys.executable, [sys.executable, *sys.orig_argv[1:]]


def hold_signals() -> None:
    """Let signals wait until `take_signals`, in the next program too."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def take_signals() -> None:
    """Follow those that have waited, and all that come."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def become() -> NoReturn:
    """Become what is installed; nothing of this program is left. Raises OSError if that cannot be."""
    _python, words = program()
    os.execve(words[0], words, os.environ | {VARIABLE: ftpair.__version__})  # noqa: S606 - our own program.


def upgraded_from() -> str:
    """Return the version that has made way for this one; empty: none did."""
    return os.environ.pop(VARIABLE, "")
