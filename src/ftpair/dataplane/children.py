"""Child processes: spawned by exec, joined by a channel, watched, and replaced when they die.

A child is one name with many lives: `worker 1` keeps its name when its process is replaced.
"""

import asyncio
import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from ftpair.core.errors import SetupError
from ftpair.core.messages import Beat, Leave, Message, Ready, Stop
from ftpair.dataplane import rights
from ftpair.dataplane.channel import Channel, socketpair
from ftpair.dataplane.processes import Process, death_of, ending

READY_TIMEOUT_S = 30.0
"""From exec to `Ready`."""
SHORT_LIFE_S = 2.0
"""Who dies younger is started again with a pause, which doubles with every such death."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """After which silence a child is killed."""

    ready_s: float = READY_TIMEOUT_S
    beat_s: float = 15.0
    """A child beats every second; one that does not for this long hangs."""
    stop_margin_s: float = 5.0
    """What a child gets beyond its grace to end by itself."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a child is started and watched: `python -m module --channel FD *arguments`."""

    name: str
    """For people: `worker 1`, `prober`, `api`."""
    module: str
    receives: Any
    """The union of messages that the child may send; one that says anything else is cut off."""
    arguments: tuple[str, ...] = ()
    pass_fds: tuple[int, ...] = ()
    user: str = ""
    """Empty: the user of the supervisor."""
    capabilities: tuple[str, ...] = ()
    """What it may keep of root's powers, by name: `net_bind_service`, `net_raw`."""
    outlives: bool = False
    """Whether its process goes on when nobody watches it any more, for the next supervisor to find."""
    environment: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    deadlines: Deadlines = Deadlines()


class Parent(Protocol):
    """Who hears of a child's lives."""

    def child_started(self, child: "Child") -> None:
        """Hear of a new life: time to send it its plan."""

    def child_said(self, child: "Child", message: Message) -> None:
        """Hear a message; `Ready` and `Beat` included."""

    def child_ended(self, child: "Child", why: str) -> None:
        """Hear of the end of a life, before the next begins."""


def account(user: str) -> pwd.struct_passwd | None:
    """Return whom children run as, None for the supervisor's own user. Raises SetupError."""
    if not user:
        return None
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise SetupError(f"there is no user {user!r}; create it (`useradd --system {user}`)") from None
    if os.geteuid() not in (0, entry.pw_uid):
        raise SetupError(f"only root can run children as {user!r}; start ftpair as root, or name no user in the file")
    return entry if os.geteuid() == 0 else None


def check_user(user: str, python: str = sys.executable) -> None:
    """Raise SetupError if that user cannot run ftpair: an interpreter below /root is closed to everybody else."""
    entry = account(user)
    if not entry:
        return
    try:
        subprocess.run(  # noqa: S603 - our own interpreter.
            [python, "-c", "import ftpair"],
            check=True,
            capture_output=True,
            timeout=READY_TIMEOUT_S,
            user=entry.pw_uid,
            group=entry.pw_gid,
            extra_groups=[],
        )
    except (OSError, subprocess.SubprocessError):
        raise SetupError(
            f"{user!r} cannot run {python}; install ftpair where every user can read it (/opt/ftpair)"
        ) from None


@dataclass(frozen=True, slots=True)
class Found:
    """A life that began under a former supervisor: the process, and the connection to it."""

    process: Process
    sock: socket.socket
    is_tolerant: bool = False
    """Whether it may say what this version does not know."""


class Child:
    """One child, through all its lives."""

    def __init__(self, recipe: Recipe, parent: Parent, found: Found | None = None) -> None:
        """With `found` its first life has begun already."""
        self.recipe = recipe
        self.name = recipe.name
        self.restarts = 0
        self.is_ready = False
        self.is_stopping = False
        self.confinement = ""
        """What keeps this life from files, in the child's own words."""
        self._parent = parent
        self._deadlines = recipe.deadlines
        self.is_leaving = False
        """Whether this life is the last one, and ends when nothing is left to do."""
        self._found = found
        self.was_found = found is not None
        """Whether this life began under a former supervisor."""
        self._process: Process | None = None
        self._gone = asyncio.Event()
        self._channel: Channel | None = None
        self._short_lives = 0
        self._alive_until = 0.0
        self._watchdog: asyncio.TimerHandle | None = None
        self._stopped = asyncio.Event()
        self._is_let_go = False
        self._why = ""
        """Why this life is being ended by us."""
        self._why_dead = ""
        """What a watchdog that barks will say."""

    @property
    def pid(self) -> int:
        """The process of this life, 0 between two lives."""
        return self._process.pid if self._process else 0

    async def run(self) -> None:
        """Live, die and live again until `stop`, or `leave`."""
        while not self.is_stopping:
            born = monotonic()
            why = await self._live()
            if self._is_let_go:
                return
            self._parent.child_ended(self, why)
            if self.is_leaving:
                return
            if not self.is_stopping:
                await self._pause(monotonic() - born)
                self.restarts += 1

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Send a message; a child that is being replaced gets nothing, for its successor is told all anew."""
        if self._channel:
            self._channel.send(message, fds)

    def leave(self) -> None:
        """Let a child whose work others have taken over end when it has nothing more to do."""
        self.is_leaving = True
        self.send(Leave())

    def let_go(self) -> None:
        """Leave the process to the next supervisor."""
        self.is_stopping = self._is_let_go = True
        if self._channel:
            self._channel.close()
        self._stopped.set()
        self._gone.set()

    def stop(self, grace_s: float) -> None:
        """Ask the child to end within that many seconds; it is killed when it does not."""
        self.is_stopping = True
        self._stopped.set()
        self.send(Stop(grace_s))
        self._watch(grace_s + self._deadlines.stop_margin_s, f"did not end within {grace_s:g} s")

    def kill(self, why: str) -> None:
        """End this life at once."""
        if self._process:
            self._why = why
            self._process.kill()

    async def _live(self) -> str:
        """Run one process to its end; return how it ended."""
        self._why = ""
        try:
            process, self._gone = self._spawn()
        except (OSError, SetupError) as error:  # No process or no memory left, or the user is gone: tried again.
            return f"could not be started: {error}"
        ready_s = self._deadlines.ready_s
        self._watch(ready_s, f"was not ready within {ready_s:g} s")
        self._parent.child_started(self)
        try:
            await self._gone.wait()
        except asyncio.CancelledError:  # The supervisor falls by a fault of its own.
            self._is_let_go = self.recipe.outlives
            raise
        finally:
            self._bury(process)
        return self._why or ending(process.returncode)

    def _spawn(self) -> tuple[Process, asyncio.Event]:
        if self._found is not None:
            return self._take(self._found)
        ours, theirs = socketpair()
        with theirs:
            try:
                self._process = process = _exec(self.recipe, theirs.fileno())
            except (OSError, SetupError):
                ours.close()
                raise
        self._channel = Channel(ours, self.recipe.receives, self._heard, self._hung_up)
        return process, death_of(process.pid)

    def _take(self, found: Found) -> tuple[Process, asyncio.Event]:
        """Go on with a life that was found; the next ones are begun as ever."""
        self._found = None
        gone = death_of(found.process.pid)
        self.is_ready = self.is_leaving  # It gets no plan any more that it could become ready for.
        self._process = found.process
        self._channel = Channel(
            found.sock, self.recipe.receives, self._heard, self._hung_up, is_tolerant=found.is_tolerant
        )
        return found.process, gone

    def _bury(self, process: Process) -> None:
        """Clear what a life leaves; kills the process if `run` was cancelled."""
        if not self._is_let_go:
            if process.poll() is None:
                process.kill()
            process.wait()
        if self._watchdog:
            self._watchdog.cancel()
        if self._channel:
            self._channel.close()
        self._process = self._channel = None
        self.was_found = False
        self.is_ready, self.confinement = False, ""

    def _heard(self, message: Message, _fds: tuple[int, ...]) -> None:
        if isinstance(message, Ready):
            self.confinement = message.confinement
        if isinstance(message, Ready | Beat) and not self.is_stopping:
            self.is_ready = self.is_ready or isinstance(message, Ready)
            self._alive_until = monotonic() + self._deadlines.beat_s
            self._why_dead = f"hung: no sign of life for {self._deadlines.beat_s:g} s"
        self._parent.child_said(self, message)

    def _hung_up(self) -> None:
        """Give a child that left its channel the time to exit; one that does not has lost its way."""
        if not self.is_stopping:
            self._watch(self._deadlines.stop_margin_s, "left its channel but did not exit")

    def _watch(self, timeout_s: float, why: str) -> None:
        self._alive_until, self._why_dead = monotonic() + timeout_s, why
        self._check()

    def _check(self) -> None:
        if self._watchdog:
            self._watchdog.cancel()
        left_s = self._alive_until - monotonic()
        if left_s <= 0:
            self.kill(self._why_dead)
        elif self._process:
            self._watchdog = asyncio.get_running_loop().call_later(left_s, self._check)

    async def _pause(self, lived_s: float) -> None:
        self._short_lives = self._short_lives + 1 if lived_s < SHORT_LIFE_S else 0
        if self._short_lives:
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (self._short_lives - 1))
            try:
                await asyncio.wait_for(self._stopped.wait(), pause_s)
            except TimeoutError:
                return


def _exec(recipe: Recipe, channel: int) -> subprocess.Popen[bytes]:
    entry = account(recipe.user)
    wrapper = rights.wrapper(entry, recipe.capabilities)
    if wrapper:
        entry = None  # It changes the user itself: what it keeps would be lost with a change before it.
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module.
        [*wrapper, recipe.python, "-P", "-m", recipe.module, "--channel", str(channel), *recipe.arguments],
        stdin=subprocess.DEVNULL,
        pass_fds=(channel, *recipe.pass_fds),
        env=os.environ | recipe.environment,
        process_group=0,  # Ctrl-C in a terminal reaches the supervisor alone, which ends its children in order.
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
    )
