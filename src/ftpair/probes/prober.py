"""Probes all servers of a plan, each in its own time, and tells what changed."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from ftpair.balance.verdict import HealthRecord
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import HealthPlan, Plan, ServerPlan, ServerTls
from ftpair.core.status import ServerState
from ftpair.probes.entrances import entrances_of, probe_all

OnVerdict = Callable[[int, ServerState], None]
OnCheck = Callable[[int, float, float], None]
"""Takes the slot, when a check of it ended and when the next one begins, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class _Ears:
    """Who hears what a probe finds."""

    on_verdict: OnVerdict
    on_check: OnCheck
    repeat_s: float


@dataclass(frozen=True, slots=True)
class _Target:
    """A server and how it is probed."""

    entrances: tuple[ServerPlan, ...]
    """The server at each place where it is probed."""
    health: HealthPlan

    @property
    def server(self) -> ServerPlan:
        """The server as the plan has it."""
        return self.entrances[0]

    @property
    def places(self) -> list[tuple[Endpoint, ServerTls]]:
        """Where it is probed, and how TLS is spoken there."""
        return [(each.address, each.tls) for each in self.entrances]

    def is_same_place(self, other: "_Target") -> bool:
        """Whether what was found at the other says something about this."""
        return self.places == other.places and "off" not in {self.health.check, other.health.check}

    def is_same_probe(self, other: "_Target") -> bool:
        """Whether a running probe of the other can go on; weights and limits are nothing to it."""
        return (self.places, self.health) == (other.places, other.health)


class _Watch:
    """Probes one server for as long as its target stays the same."""

    def __init__(self, target: _Target, record: HealthRecord, ears: _Ears) -> None:
        self.target = target
        self.record = record
        self._ears = ears
        self._told: ServerState | None = None
        self._told_at = 0.0

    async def run(self) -> None:
        """Probe at once and then every `interval_s`, until cancelled."""
        entrances, health = self.target.entrances, self.target.health
        if health.check == "off":
            self._tell(ServerState(reason="not probed", since=time.time()))
            return
        spread = 0.5  # After the common start the servers drift apart quickly.
        while True:
            began = time.monotonic()
            outcome = await probe_all(entrances, health)
            self.record = self.record.after(outcome, health.rise, health.fall, time.time())
            self._tell(self.record.state)
            period = health.interval_s * (1 - spread * random.random())  # noqa: S311  # Spreads probes, guards nothing.
            pause = max(period - (time.monotonic() - began), health.interval_s / 10)
            self._ears.on_check(self.target.server.slot, time.time(), time.time() + pause)
            await asyncio.sleep(pause)
            spread = 0.1

    def _tell(self, state: ServerState) -> None:
        if self._told is None or _gist(state) != _gist(self._told) or self._is_due(state):
            self._told, self._told_at = state, time.monotonic()
            self._ears.on_verdict(self.target.server.slot, state)

    def _is_due(self, state: ServerState) -> bool:
        return state != self._told and time.monotonic() - self._told_at >= self._ears.repeat_s


def _gist(state: ServerState) -> tuple[object, ...]:
    return state.health, state.reason, state.features, state.certificates


def _nobody(_slot: int, _at: float, _next_at: float) -> None:
    pass


class Prober:
    """Owns one task per real server; calls `on_verdict(slot, state)` when anything but its duration changed.

    A verdict of which only the duration of the check is new is told at most every `repeat_s` seconds; `on_check` hears
    of every check.
    """

    def __init__(self, on_verdict: OnVerdict, repeat_s: float = 10.0, on_check: OnCheck = _nobody) -> None:
        self._ears = _Ears(on_verdict, on_check, repeat_s)
        self.revision = self._wanted_revision = 0
        """Of the plan that verdicts are about from now on."""
        self._targets: dict[int, _Target] = {}
        self._watches: dict[int, tuple[_Watch, asyncio.Task[None]]] = {}
        self._is_new = asyncio.Event()

    def use_plan(self, plan: Plan) -> None:
        """Probe the servers of this plan from now on; probes of which nothing changed go on undisturbed."""
        self._wanted_revision = plan.revision
        self._targets = {
            server.slot: _Target(entrances_of(service, server), service.health)
            for service in plan.all_services
            for server in service.servers
        }
        self._is_new.set()

    async def run(self) -> None:
        """Probe until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._is_new.wait()
                self._is_new.clear()
                self._settle(group)

    def _settle(self, group: asyncio.TaskGroup) -> None:
        self.revision = self._wanted_revision  # Whoever probes by the former plan is cancelled before he speaks again.
        for slot in self._watches.keys() - self._targets.keys():
            self._watches.pop(slot)[1].cancel()
        for slot, target in self._targets.items():
            former = self._watches.get(slot)
            if former is None or not target.is_same_probe(former[0].target):
                self._watches[slot] = self._started(target, former, group)

    def _started(
        self, target: _Target, former: tuple[_Watch, asyncio.Task[None]] | None, group: asyncio.TaskGroup
    ) -> tuple[_Watch, asyncio.Task[None]]:
        record = HealthRecord()
        if former is not None:
            watch, task = former
            task.cancel()
            record = watch.record if target.is_same_place(watch.target) else record
        new = _Watch(target, record, self._ears)
        return new, group.create_task(new.run(), name=f"probe of {target.server.service}/{target.server.name}")
