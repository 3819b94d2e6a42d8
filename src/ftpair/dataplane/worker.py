"""One worker: accepts clients, runs their sessions on one event loop, and reports to the supervisor."""

import asyncio
import logging
import os
import random
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from weakref import WeakSet

from ftpair.balance.choice import NoChoice
from ftpair.core.columns import SESSIONS
from ftpair.core.ending import Leg
from ftpair.core.facts import DataConnection, Fact
from ftpair.core.halting import Halted
from ftpair.core.messages import ListenerKey, Sessions
from ftpair.core.overload import Shortage
from ftpair.core.plan import Entrance, Plan, ServerPlan, ServicePlan
from ftpair.core.status import Sample, ServerState
from ftpair.dataplane.accepting import Accepting, OnAccepted, Share
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.carrying import NONE, Carrier, Place
from ftpair.dataplane.clientele import Clientele
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.descriptors import used_up
from ftpair.dataplane.dialling import keep_alive
from ftpair.dataplane.driver import Driver
from ftpair.dataplane.echo import Echo
from ftpair.dataplane.ends import ends_of
from ftpair.dataplane.farewell import LINGER_S
from ftpair.dataplane.gate import Gate, Visit, turn_away
from ftpair.dataplane.heap import Heap
from ftpair.dataplane.holdings import Holdings
from ftpair.dataplane.introductions import Introductions
from ftpair.dataplane.mates import Mates
from ftpair.dataplane.outcomes import Outcomes
from ftpair.dataplane.passive import IDLE_PORT_S, PassivePorts
from ftpair.dataplane.rows import session_row, transfer_row
from ftpair.dataplane.sealed import Seal
from ftpair.dataplane.seating import Seating
from ftpair.dataplane.service import Service
from ftpair.dataplane.stock import Stock
from ftpair.dataplane.terms import Clocked
from ftpair.dataplane.threshold import Threshold
from ftpair.dataplane.watch import Watch
from ftpair.session import events

log = logging.getLogger(__name__)

TICK_S = 1.0
_ACCEPTS_AT_ONCE = 64
_TOLD_AT_ONCE = 64


def _prepare(listener: socket.socket) -> None:
    """Set what every accepted connection inherits."""
    listener.settimeout(0)
    # asyncio sets it only on its own sockets; with Nagle every transfer stalls for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    keep_alive(listener)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)  # The urgent DM in front of ABOR stays in line.


class Worker:
    """The sessions of one process. `note` takes every fact."""

    def __init__(self, number: int, workers: int, counts: Counts, note: Callable[[Fact], None], gate: Gate) -> None:
        self.loop = asyncio.get_running_loop()
        self.number, self.counts, self.note, self.gate = number, counts, note, gate
        self.threshold = Threshold(note, self.loop.time)
        self.sockets = Watch(self.loop)
        self._echo, self._newcomers = Echo(self.sockets), Share(self.sockets)
        self.stock = Stock(self.sockets)
        self.mates = Mates(self.sockets, counts, self._newcomers, self._meet)
        self.clientele, self.outcomes = Clientele(), Outcomes(counts)
        self.seal = Seal()
        self._heap = Heap()
        self.ports = PassivePorts(self.sockets, self._stray, self._meet_data)
        self._introductions = Introductions(self.sockets, note)
        self.carrier = Carrier(self, gate.presence, self._introductions, workers)
        self.bonds: Bonds | None = None
        """Where affinity remembers; none until it is set."""
        self._seating = Seating(counts, note, lambda: self.bonds)
        self.lag_s = 0.0
        self.commands: dict[str, int] = {}
        """All commands so far, by verb."""
        self._workers = workers
        self._services: dict[str, Service] = {}
        self._alive: WeakSet[Service] = WeakSet()
        """These, and the former ones that sessions still work by."""
        self._states: Mapping[int, ServerState] = {}
        self._listeners: dict[ListenerKey, Accepting] = {}
        self._drivers: dict[str, Driver] = {}
        self._moving: set[Clocked] = set()
        self._began = 0
        self._is_stopping = self._is_leaving = False
        self._next_tick = self.loop.time() + TICK_S
        self._timer = self.loop.call_at(self._next_tick, self._tick)
        self._idle = asyncio.Event()

    # Plan and states.

    def use_plan(
        self, plan: Plan, keys: Sequence[ListenerKey], fds: Sequence[int], passive: Mapping[Place, int] = NONE
    ) -> None:
        """Give new sessions this plan; running ones keep theirs. Raises ssl.SSLError for a bad certificate.

        `passive` are ports of the built-in engine that are open already, with their descriptors.
        """
        try:
            made = {service.name: self._made(service) for service in plan.services}
            self.carrier.use_plan(plan, passive)
            self.threshold.limits = plan.overload
            self._services = made
        except BaseException:  # Whatever it was, nobody else closes these descriptors; it is raised again.
            for fd in fds:
                os.close(fd)
            raise
        finally:
            for fd in passive.values():
                os.close(fd)
        self._learn()
        self._listen(dict(zip(keys, fds, strict=True)))
        if not self._is_stopping:
            self.mates.work_by(plan.revision, keys)

    def _made(self, plan: ServicePlan) -> Service:
        running = self._services.get(plan.name)
        if running is not None and running.plan == plan:
            return running
        service = Service(plan, self.number, self._workers)
        service.prepare()
        self._alive.add(service)
        return service

    def use_states(self, states: Mapping[int, ServerState]) -> None:
        """Choose by these states from now on."""
        changed = {slot for slot, state in states.items() if state.ends_sessions != self._ends_sessions(slot)}
        self._states = self._seating.states = states
        self.carrier.use_states(states)
        self._learn()
        if changed:
            self._tell_drains([driver.name for driver in self._drivers.values() if driver.slot in changed])

    def _tell_drains(self, names: list[str]) -> None:
        """Let sessions go whose server is drained; some at a time: transfers of others go on meanwhile."""
        for name in names[:_TOLD_AT_ONCE]:
            driver = self._drivers.get(name)
            if driver is not None:
                driver.dispatch(events.Draining() if self._ends_sessions(driver.slot) else events.DrainLifted())
        if rest := names[_TOLD_AT_ONCE:]:
            self.loop.call_soon(self._tell_drains, rest)

    def _ends_sessions(self, slot: int) -> bool:
        return self._states[slot].ends_sessions if slot in self._states else False

    def holdings(self) -> Holdings:
        """Return what a new supervisor must know and have, so that nothing of it is lost."""
        plans = [service.plan for service in self._alive]
        rows = {*self.carrier.rows(), *((plan.name, "", plan.slot) for plan in plans)}
        rows |= {(plan.name, server.name, server.slot) for plan in plans for server in plan.servers}
        control = {key: accepting.fileno() for key, accepting in self._listeners.items()}
        return Holdings(control, self.carrier.listening(), tuple(sorted(rows)), self._states)

    def _learn(self) -> None:
        for service in self._services.values():
            service.learn(self._states)

    # Accepting.

    def _listen(self, wanted: dict[ListenerKey, int]) -> None:
        for key in self._listeners.keys() - wanted.keys():
            self._listeners.pop(key).close()
        for key, fd in wanted.items():
            if key in self._listeners or self._is_stopping:
                os.close(fd)
            else:
                listener = socket.socket(fileno=fd)
                _prepare(listener)
                welcome = partial(self._arrive, key)
                self._listeners[key] = Accepting(
                    self.sockets, listener, welcome, at_once=_ACCEPTS_AT_ONCE, share=self._newcomers
                )

    def _arrive(self, key: ListenerKey, sock: socket.socket, host: str) -> None:
        if not self.mates.pass_on(key, sock):
            self._meet(key, sock, host)

    def _shortage(self) -> Shortage | None:
        return self.threshold.shortage(len(self._drivers) + len(self.carrier))

    def _meet(self, key: ListenerKey, sock: socket.socket, host: str) -> None:
        shortage = self._shortage()
        if shortage is not None:
            self.mates.be_able(is_able=False)
            if self.mates.pass_on(key, sock):
                return
            self.threshold.turn_away(shortage, key.service, key.entrance, sock, host)
        elif self.carrier.carries(key.service):
            self.carrier.meet(key.service, key.entrance, sock, host)
        else:
            service = self._services.get(key.service)
            plans = (service.plan,) if service is not None else ()
            self._introductions.meet(plans, sock, host, partial(self._welcome, key))

    def _meet_data(self, address: str, port: int, then: OnAccepted, sock: socket.socket, host: str) -> None:
        plans = (each.plan for each in self._alive if each.plan.address == address and port in each.plan.passive)
        self._introductions.meet(plans, sock, host, then)

    def _welcome(self, key: ListenerKey, sock: socket.socket, _host: str) -> None:
        service = self._services.get(key.service)
        if service is None:
            sock.close()
            return
        self._began += 1
        name = f"{self.number}-{self._began:x}-{random.getrandbits(24):06x}"
        try:
            visit = Visit(self.gate, service.plan, ends_of(sock), name)
        except OSError:  # It was gone before it was greeted.
            sock.close()
            return
        text = visit.may_enter(with_handshake=key.entrance == "implicit")
        if text:
            turn_away(sock, text if key.entrance == "explicit" else "")
        else:
            self._let_in(service, sock, key.entrance, visit)

    def _let_in(self, service: Service, sock: socket.socket, entrance: Entrance, visit: Visit) -> None:
        try:
            driver = Driver(self, service, sock, entrance, visit)
        except OSError:  # As above.
            visit.leave()
            sock.close()
            return
        self._drivers[driver.name] = driver
        self._count_in(driver)
        driver.begin()

    def _count_in(self, driver: Driver) -> None:
        self.counts.add(driver.service.plan.slot, SESSIONS, 1)

    # What drivers ask for.

    def choose(self, driver: Driver, user: str, tried: tuple[int, ...]) -> ServerPlan | NoChoice:
        """Ask the balancer."""
        return self._seating.choose(driver, user, tried)

    def forget(self, driver: Driver) -> None:
        """The session is over."""
        if self._drivers.pop(driver.name, None) is not None:
            self.counts.add(driver.service.plan.slot, SESSIONS, -1)
            self._seating.leave(driver)
            driver.visit.leave()
            self._heap.session_ended()
        self.look_idle()

    def look_idle(self) -> None:
        """Tell who waits for the end that nothing runs any more, if so."""
        if not self._drivers and not self.carrier:
            self._idle.set()

    def watch(self, data: Clocked) -> None:
        """Call `check` about every second from now on."""
        self._moving.add(data)

    def unwatch(self, data: Clocked) -> None:
        """Call it no more."""
        self._moving.discard(data)

    def _stray(self, _host: str, port: int) -> None:
        service = next((s for s in self._services.values() if port in s.plan.passive), None)
        self.note(DataConnection(service.plan.name if service else "", "passive", Leg.CLIENT, "stray"))

    # Once a second.

    def _tick(self) -> None:
        self.lag_s = self._echo.call()
        self._next_tick = self.loop.time() + TICK_S
        self._timer = self.loop.call_at(self._next_tick, self._tick)
        self.threshold.look(self.lag_s)
        self.mates.be_able(is_able=self._shortage() is None)
        now = time.monotonic()
        for data in tuple(self._moving):
            self._check(data, now)
        for driver in tuple(self._drivers.values()):
            driver.tick(now)
        self.carrier.tick(now)
        if self.bonds:
            self.bonds.tick()
        # Who leaves keeps no port from its successor longer than it is awaited there.
        self.ports.close_idle(self.loop.time() + IDLE_PORT_S * self._is_leaving)
        self._heap.tick(now)

    def _check(self, data: Clocked, now: float) -> None:
        try:
            data.check(now)
        except Exception:  # A bug in one transfer must not stop the clocks of all others.
            log.exception("a clock of a transfer failed")
            self.unwatch(data)
            data.give_up()

    def counters(self) -> tuple[Sample, ...]:
        """Return what the worker has counted beside its facts."""
        commands = (Sample("commands_total", (verb,), float(number)) for verb, number in self.commands.items())
        lacks = (Sample("descriptors_used_up_total", (call,), float(number)) for call, number in used_up.items())
        passed = Sample("connections_passed_on_total", (), float(self.mates.passed))
        return (*commands, *lacks, passed)

    def gauges(self) -> tuple[Sample, ...]:
        """Return what can be read off right now."""
        samples = [
            Sample("event_loop_lag_seconds", (str(self.number),), self.lag_s),
            *self.threshold.gauges(self.number),
        ]
        for key, accepting in self._listeners.items():
            samples.append(Sample("accept_queue", (key.service, key.entrance), float(accepting.waiting)))
        for name, service in self._services.items():
            in_use = self.ports.in_use(service.plan.address, service.passive_ports)
            samples.append(Sample("passive_ports_in_use", (name,), float(in_use)))
            sessions = self.counts.own(service.plan.slot, SESSIONS)
            samples.append(Sample("sessions", (name,), float(sessions)))
        return (*samples, *self.carrier.gauges())

    # Operators.

    def sessions(self, number: int) -> Sessions:
        """List sessions and transfers."""
        now = time.monotonic()
        drivers = self._drivers.values()
        transfers = (transfer_row(driver, now) for driver in drivers)
        return Sessions(
            number,
            (*(session_row(driver, now) for driver in drivers), *self.carrier.sessions(now)),
            (*(row for row in transfers if row is not None), *self.carrier.transfers(now)),
        )

    def end_sessions(self, reason: str, session: str, slot: int) -> Halted:
        """End one session by name, or all of a server's, which may go to other servers; return what became of them."""
        told = [driver for driver in self._drivers.values() if driver.name == session or driver.slot == slot >= 0]
        busy = [driver for driver in told if driver.session.transfer is not None]
        for driver in told:
            driver.dispatch(events.Dismissed(reason) if session else events.ServerHalted(reason))
        moved = sum(driver.name in self._drivers for driver in told)
        going_on = sum(driver.name in self._drivers and driver.session.transfer is not None for driver in busy)
        carried = self.carrier.end_sessions(reason, session, slot)
        return Halted(len(told) - moved + carried, moved, len(busy) - going_on)

    async def leave(self) -> None:
        """Take no new connection, and wait until the last one has ended; others listen on the same sockets already."""
        self._is_stopping = self._is_leaving = True
        self._listen({})
        self.mates.leave()
        self.carrier.stop_listening()
        await self._wait_idle(None)

    async def stop(self, grace_s: float) -> None:
        """Close the listeners, let running transfers end for `grace_s` seconds, dismiss the rest."""
        self._is_stopping = True
        self._listen({})
        self.mates.leave()
        self.carrier.stop_listening()
        for driver in tuple(self._drivers.values()):
            driver.dispatch(events.ShuttingDown("ftpair is shutting down"))
        await self._wait_idle(grace_s)
        self.carrier.stop("ftpair is shutting down")
        if self._drivers:
            for driver in tuple(self._drivers.values()):
                driver.dispatch(events.Dismissed("ftpair is shutting down"))
            await self._wait_idle(LINGER_S)
        self._timer.cancel()
        self._echo.close()
        self.ports.close()
        self._introductions.close()
        await asyncio.sleep(0.05)  # The last replies are on their way: let the farewells send their FIN.

    async def _wait_idle(self, most_s: float | None) -> None:
        if not self._drivers and not self.carrier:
            return
        self._idle.clear()
        try:
            async with asyncio.timeout(most_s):
                await self._idle.wait()
        except TimeoutError:
            pass
