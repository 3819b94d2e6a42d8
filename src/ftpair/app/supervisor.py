"""The supervisor: starts everything in order, keeps it running, ends it in order. No client byte ever touches it."""

import asyncio
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import structlog

from ftpair.app import orphans, upgrading
from ftpair.app.actions import Actions
from ftpair.app.adoption import decide
from ftpair.app.affinity import SAVE_S
from ftpair.app.door import close_door, open_door
from ftpair.app.draining import Draining
from ftpair.app.foundation import Foundation, LastApply
from ftpair.app.history import begin
from ftpair.app.node import Node
from ftpair.app.notify import notify
from ftpair.app.orphans import Orphan
from ftpair.app.overdue import end_overdue
from ftpair.app.renewal import Renewal
from ftpair.app.status import node_status
from ftpair.app.succession import told_of
from ftpair.config.check import check
from ftpair.config.problems import InvalidConfigError, describe, describe_warnings
from ftpair.config.slots import Slots
from ftpair.core.errors import FtpairError, SetupError
from ftpair.core.requests import Request, Response
from ftpair.dataplane.children import READY_TIMEOUT_S, Child, check_user
from ftpair.dataplane.claims import demand_bindable
from ftpair.dataplane.confinement import hide
from ftpair.dataplane.listeners import Listeners, listener_keys
from ftpair.observe import log as logs
from ftpair.observe.stderr import STDERR

log = structlog.get_logger("ftpair")

SAMPLE_S = 1.0
SHORT_GRACE_S = 3.0
"""What prober and API get to end; the API finishes its answers."""
VAIN_STARTS = 3
"""A worker that died so often before it was ever ready will not come."""


def serve(path: Path) -> int:
    """Run ftpair in the foreground until it is told to end; return the exit status. Trouble is said on stderr."""
    signal.signal(signal.SIGTERM, _end_before_the_start)
    found: list[Orphan] = []
    try:
        if asyncio.run(_serve(path.absolute(), found)):
            upgrading.become()
    except SystemExit:  # What a former supervisor has left is told to end as well.
        orphans.end(found)
        raise
    except InvalidConfigError as error:
        _say(*(describe(problem) for problem in error.problems) if error.problems else (error.sentence,))
        return error.exit_status
    except FtpairError as error:
        _say(error.sentence)
        return error.exit_status
    return 0


def _end_before_the_start(_number: int, _frame: object) -> None:
    """End in order even when told to while the start is under way; the loop takes the signal over after it."""
    raise SystemExit(0)


async def _serve(path: Path, found: list[Orphan]) -> bool:
    """Serve until the end; return whether it is one that makes way for what is installed."""
    former = upgrading.upgraded_from()
    hide()
    raise_descriptor_limit()
    STDERR.pass_on()
    slots = Slots()
    said: list[str] = []
    checked = check(path, begin(path, said.append), slots)
    config, plan = checked.config, checked.plan
    logs.configure(plan.log_format, plan.log_level)
    for warning in (*said, *describe_warnings(checked.warnings)):
        log.warning(warning)
    for user in dict.fromkeys((plan.user, plan.api_user)):
        check_user(user)
    runtime = Path(config.paths.runtime)
    door = open_door(runtime)
    listeners = Listeners(plan.workers)
    try:
        found += await orphans.find_in(runtime)
        inheritance = decide(found, plan, former)
        if inheritance.rows:  # Whoever has a row keeps it.
            slots = Slots(inheritance.rows)
            checked = check(path, plan.revision, slots)
            plan = checked.plan
        inheritance.give_listeners(listeners)
        listeners.open(listener_keys(plan))
        demand_bindable(plan)
        foundation = Foundation(path, plan, slots, listeners, door.socket.fileno(), config.paths, checked, inheritance)
        return await Supervisor(foundation).run()
    finally:
        listeners.close()
        close_door(door, runtime)


def raise_descriptor_limit() -> None:
    """Allow this process and its children as many open files as the hard limit allows."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(*lines: str) -> None:
    """Tell why ftpair does not run: in lines of the log where that is JSON, else in plain text."""
    if logs.is_json():
        for line in lines:
            log.error(line)
    else:
        sys.stderr.writelines(f"ftpair: {line}\n" for line in lines)


class Supervisor:
    """The life of a node, from the first child to the last."""

    def __init__(self, foundation: Foundation) -> None:
        self._node, self._inheritance = Node(foundation, self._asked), foundation.inheritance
        self._actions = Actions(self._node)
        self._node.on_upgrade = self._upgrade_asked
        self._told_to_end = asyncio.Event()
        self._is_apply_wanted = self._is_applying = self._is_making_way = False
        self._tasks: asyncio.TaskGroup
        self._lives: dict[Child, asyncio.Task[None]] = {}

    async def run(self) -> bool:
        """Start, work until told to end, end; return whether to make way. Raises SetupError if workers do not come."""
        failure: FtpairError | None = None
        async with asyncio.TaskGroup() as self._tasks:
            self._listen_to_signals()
            for child in self._node.children:
                self._lives[child] = self._tasks.create_task(child.run())
            sampling = self._tasks.create_task(self._sample())
            keeping = self._tasks.create_task(self._keep_affinity())
            renewing = self._tasks.create_task(Renewal(self._node, self._actions.turn).run())
            reporting = self._tasks.create_task(self._report())
            telling = self._tasks.create_task(self._tell_haproxy())
            draining = self._tasks.create_task(self._look_after_drains())
            examining = self._tasks.create_task(self._node.jobs.run())
            try:
                await self._begin()
                await self._told_to_end.wait()
            except FtpairError as error:  # Raised after the children have ended, and not as a group.
                failure = error
                self._node.crew.let_go()
            examining.cancel()
            if self._is_making_way:
                await self._make_way()
            else:
                await self._end(0.0 if failure else self._node.plan.shutdown_timeout_s)
            sampling.cancel()
            keeping.cancel()
            renewing.cancel()
            draining.cancel()
            telling.cancel()
            reporting.cancel()
        self._node.save_affinity()
        self._take_reading()
        self._node.close()
        if failure:
            raise failure
        return self._is_making_way

    async def _begin(self) -> None:
        """Wait until every worker is ready."""
        workers = self._node.workers
        await self._node.until(
            lambda: (
                all(each.is_ready for each in workers)
                or self._node.refusal is not None
                or any(each.restarts >= VAIN_STARTS for each in workers)
                or self._told_to_end.is_set()
            ),
            READY_TIMEOUT_S,
        )
        late = [each.name for each in workers if not each.is_ready]
        if self._told_to_end.is_set():
            return
        if self._node.refusal:
            raise SetupError(self._node.refusal.sentence)
        if late:
            raise SetupError(f"{', '.join(late)} cannot start; the lines above say why")
        await self._node.haproxy.take(self._node.plan, {})
        self._node.revisions.applied(self._node.plan.revision)
        self._tell_of_former()
        self._node.crew.dismiss()
        sentence = "serves " + ", ".join(service.name for service in self._node.plan.all_services)
        log.info(sentence, workers=len(workers), revision=self._node.plan.revision)
        notify(f"READY=1\nSTATUS={sentence}")

    def _tell_of_former(self) -> None:
        """Say what a former supervisor has left, if it has left anything."""
        sentence = told_of(self._node, self._inheritance)
        if sentence:
            log.info(sentence)
            self._node.tell_apply(LastApply(sentence))

    async def _end(self, grace_s: float) -> None:
        """Close the listeners at once, give transfers their time, end the API last."""
        notify("STOPPING=1")
        self._node.is_draining = True
        self._node.ring()
        log.info("ftpair is stopping", grace_s=grace_s)
        for worker in self._node.crew:
            worker.stop(grace_s)
        self._node.listeners.close()
        self._node.prober.stop(SHORT_GRACE_S)
        await asyncio.gather(self._deaths(*self._node.crew, self._node.prober), self._node.haproxy.stop(grace_s))
        self._node.api.stop(SHORT_GRACE_S)
        await self._deaths(self._node.api)

    async def _make_way(self) -> None:
        """End what is begun anew at once; leave the workers, and HAProxy, to the program that this process becomes."""
        notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        upgrading.hold_signals()
        self._node.is_draining = True
        for child in (self._node.prober, self._node.api):
            child.stop(SHORT_GRACE_S)
        await self._deaths(self._node.prober, self._node.api)
        for worker in self._node.crew:
            worker.let_go()
        await self._deaths(*self._node.crew)

    async def _deaths(self, *children: Child) -> None:
        await asyncio.wait([self._lives[child] for child in children])

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop_asked)
        loop.add_signal_handler(signal.SIGHUP, self._apply_asked)
        upgrading.take_signals()

    def _upgrade_asked(self) -> None:
        if not self._told_to_end.is_set():
            self._is_making_way = True
            self._told_to_end.set()

    def _stop_asked(self) -> None:
        if self._told_to_end.is_set():
            for child in self._node.children:
                child.stop(0.0)
                child.kill("ended at once")
        self._told_to_end.set()
        self._node.ring()

    def _apply_asked(self) -> None:
        """Apply; asked for once more while it runs (the file may have been read already), once more after it."""
        self._is_apply_wanted = True
        if not self._is_applying:
            self._is_applying = True
            self._tasks.create_task(self._apply())

    async def _apply(self) -> None:
        while self._is_apply_wanted and not self._node.is_draining:
            self._is_apply_wanted = False
            notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
            await self._actions.apply_in_turn()
            notify("READY=1")
        self._is_applying = False

    def _asked(self, request: Request) -> None:
        self._tasks.create_task(self._answer(request))

    async def _answer(self, request: Request) -> None:
        result = await self._actions.answer(request.action, request.who)
        self._node.api.send(Response(request.number, result))

    async def _keep_affinity(self) -> None:
        while True:
            await asyncio.sleep(SAVE_S)
            await asyncio.to_thread(self._node.save_affinity)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(self._node.reports.seconds_left())
            self._take_reading()

    def _take_reading(self) -> None:
        try:
            self._node.reports.record(node_status(self._node), self._node.figures.counters())
        except Exception:  # A bug in figures must not end the supervisor, on which all sessions depend.
            log.exception("a reading for the reports failed")

    async def _tell_haproxy(self) -> None:
        """Once a second, and at once when the state of a server is another."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._node.news_for_haproxy.wait(), SAMPLE_S)
            self._node.news_for_haproxy.clear()
            try:
                await self._node.haproxy.refresh()
            except Exception:  # A bug here must not end the supervisor, on which all sessions depend.
                log.exception("a look at HAProxy failed")

    async def _look_after_drains(self) -> None:
        draining = Draining(self._node)
        while True:
            await asyncio.sleep(SAMPLE_S)
            try:
                await draining.look()
            except Exception:  # A bug here must not end the supervisor, on which all sessions depend.
                log.exception("a look at drained servers failed")

    def _look(self) -> None:
        try:
            self._node.sample()
            end_overdue(self._node)
        except Exception:  # A database that breaks must not end the supervisor, on which all sessions depend.
            log.exception("a look at the node failed")

    async def _sample(self) -> None:
        while True:
            self._look()
            if self._node.confirmation.is_overdue and not self._actions.turn.locked():
                self._tasks.create_task(self._actions.take_back())
            await asyncio.sleep(SAMPLE_S)
