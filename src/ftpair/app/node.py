"""The running node: its plan, its counts and states, and the children that work by them."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from ftpair.app import accounts, audit, cuts, recipes
from ftpair.app.admin import AdminFile
from ftpair.app.affinity import AffinityFile, AffinityKeeper
from ftpair.app.bans import BanFile, BanKeeper
from ftpair.app.chronicle import Chronicle
from ftpair.app.confirmation import Confirmation
from ftpair.app.crew import Crew, Equipment, of_former
from ftpair.app.drain_book import DrainBook
from ftpair.app.ejecting import Ejector
from ftpair.app.figures import Figures
from ftpair.app.former import Former
from ftpair.app.foundation import Foundation, LastApply
from ftpair.app.happenings import Happenings
from ftpair.app.health import HealthBook
from ftpair.app.herald import Herald
from ftpair.app.jobs import Examiner, Jobs
from ftpair.app.listing import Listing
from ftpair.app.quorums import Quorums
from ftpair.app.recent_log import RecentLog
from ftpair.app.reports import Reports
from ftpair.app.revisions import FILE, Revisions
from ftpair.app.rows import Leaving
from ftpair.app.server_certificates import ServerWarnings
from ftpair.app.states import States
from ftpair.app.traffic import Traffic
from ftpair.app.transfer_history import TransferHistory
from ftpair.app.web_door import WebDoor
from ftpair.config.slots import Slots
from ftpair.core.drain import Drain, DrainStatus, Moving
from ftpair.core.messages import (
    Beat,
    CannotFollow,
    Clients,
    EndSessions,
    LogLines,
    Message,
    PasswordWrong,
    Probed,
    Ready,
    ServerErred,
    Sessions,
    TransfersEnded,
    UseBans,
    UseLog,
    UsePlan,
    UseStates,
    Verdict,
)
from ftpair.core.plan import Plan, ServerPlan, ServicePlan
from ftpair.core.requests import Request
from ftpair.core.status import Sample
from ftpair.dataplane.children import Child
from ftpair.dataplane.counts import Counts
from ftpair.dataplane.groups import Groups
from ftpair.dataplane.handover import Handovers
from ftpair.dataplane.listeners import listener_keys
from ftpair.haproxy.engine import Haproxy
from ftpair.observe import log as logs
from ftpair.observe.recent import RECENT

log = structlog.get_logger("ftpair")

OnRequest = Callable[[Request], None]


class Node:
    """All that the supervisor knows and keeps; written on its loop alone. Hears its children (`Parent`)."""

    def __init__(self, foundation: Foundation, on_request: OnRequest) -> None:
        self.path, self.plan, self.slots = foundation.path, foundation.plan, foundation.slots
        self.checked = foundation.checked
        self.on_keep: Callable[[], None] = _nothing
        """Called when another configuration is kept."""
        self.on_upgrade: Callable[[], None] = _nothing
        """Called when what is installed is to take over."""
        self.listeners = foundation.listeners
        self.revisions = Revisions(Path(foundation.paths.state) / FILE, log.warning)
        self.revisions.keep(self.plan.revision, self.checked.content, "file", "found at the start")
        self.confirmation = Confirmation(self.revisions)
        state = Path(foundation.paths.state)
        self.accounts = accounts.Accounts(state / accounts.FILE, log.warning)
        self.audit = audit.Audit(state / audit.FILE, log.warning)
        self.chronicle, self.revision = Chronicle(self.audit, self.counters), self.plan.revision
        """The newest revision that was ever tried."""
        self.last_apply = LastApply(f"revision {self.revision}: started")
        self.started, self.is_draining = time.time(), False
        self.paths = foundation.paths
        self.affinity = AffinityKeeper(AffinityFile(Path(self.paths.state) / "affinity.bin", log.warning))
        self.tables = foundation.inheritance.tables(self.affinity, self.plan)
        self.figures, self.listing = Figures(), Listing()
        self.traffic, self.drains = Traffic(self.counts), DrainBook(self.counts)
        self.happenings, self.recent_log = Happenings(), RecentLog()
        herald = Herald(self.happenings)
        self.states, self._quorums = (
            States(AdminFile(state / "admin.json", log.warning), self._tell_states, herald.health),
            Quorums(herald.quorum),
        )
        self.health, self.server_warnings = HealthBook(), ServerWarnings(herald.warning)
        self.haproxy = Haproxy(self.states.of, self.counts.add)
        self.news_for_haproxy = asyncio.Event()
        """Set when the states of servers are others than HAProxy was told."""
        self.bans = BanKeeper(BanFile(Path(self.paths.state) / "bans.json", log.warning), self._tell_bans)
        self.transfer_history, self.reports = TransferHistory(state, log.warning), Reports(state, log.warning)
        self.groups, self.ejector = Groups(), Ejector(self.states, self._note_state, herald.warning)
        self.jobs = Jobs(
            Examiner(self.plan.user),
            lambda service, said: self.happenings.note("doctor", said, service),
            hear_log=self.recent_log.hear,
        )
        equipment = Equipment(self.tables, self.groups, Handovers(Path(self.paths.runtime)))
        self.crew = Crew(self.plan, equipment, foundation.inheritance, self)
        foundation.inheritance.close_rest()
        self.prober = Child(recipes.prober(self.plan, self.groups), self)
        self.api = Child(recipes.api(self.plan, foundation.door), self)
        self.web = WebDoor(Path(self.paths.state), lambda: self.accounts.invitation, self.api.send)
        self._on_request = on_request
        self._leaving, self.former = Leaving(), Former(self.counts.sessions)
        self._proposed = self.plan
        """The plan that workers are told; another than `plan` while an apply waits for them."""
        self._revisions: dict[str, int] = {}
        self.refusal: CannotFollow | None = None
        """Why a worker cannot follow the proposed plan."""
        self._news = asyncio.Event()
        self.web.open(self.plan.web)
        self.keep(self.plan, self.slots)
        self.states.recall(foundation.inheritance.states)

    @property
    def counts(self) -> Counts:
        """What is counted of all services and servers."""
        return self.tables.counts

    @property
    def workers(self) -> list[Child]:
        """The workers, by number; former ones are not among them."""
        return self.crew.workers

    @property
    def children(self) -> tuple[Child, ...]:
        """All children: workers, former ones, prober, API."""
        return (*self.crew, self.prober, self.api)

    def taken(self, service: ServicePlan) -> Callable[[int], int]:
        """Return what tells the sessions of a server, and for the service itself the places that are taken."""
        counts = self.counts
        return lambda slot: counts.places(slot) if slot == service.slot else counts.sessions(slot)

    def former_servers(self, plan: Plan) -> dict[str, tuple[ServerPlan, ...]]:
        """Return the servers that a plan lacks and that sessions stay on, by service."""
        kept = {(server.service, server.name) for service in plan.all_services for server in service.servers}
        return {
            service.name: tuple(
                server
                for server in (*service.servers, *self.former.servers(service.name))
                if (server.service, server.name) not in kept and self.counts.sessions(server.slot)
            )
            for service in self.plan.tcp_services
        }

    # What the node does.

    def propose(self, plan: Plan) -> None:
        """Tell the workers to follow this plan, whose listeners are open already; `keep` makes it the node's own."""
        self._proposed, self.refusal = plan, None
        self._revisions.clear()
        for worker in self.workers:
            self._tell_plan(worker)

    def keep(self, plan: Plan, slots: Slots) -> None:
        """Work by this plan, which the workers follow, from now on."""
        self.plan, self.slots = plan, slots
        logs.configure(plan.log_format, plan.log_level)
        self.traffic.watch(slots.values())
        self.former.use_plan(plan)
        self.states.use_plan(plan)
        self.states.forget_gone(self.revisions.has_names)
        self.health.use_plan(plan)
        self.server_warnings.use_plan(plan)
        self.ejector.use_plan(plan)
        self.bans.use_plan(plan)
        self._tell_plan(self.prober)
        self._tell_log()
        self.web.keep(plan.web)
        self.on_keep()

    def tell_apply(self, last_apply: LastApply) -> None:
        """Remember how an apply went."""
        self.last_apply = last_apply
        self.happenings.note("configuration", last_apply.sentence)

    def end_sessions(self, message: EndSessions) -> None:
        """Tell all workers to end sessions."""
        for worker in self.crew.sharing:
            worker.send(message)

    async def end_session(self, name: str, reason: str) -> bool:
        """End a session by the name of its row; return whether there was one. Raises SilentError."""
        return await self.haproxy.end_session(name) or await self.listing.end(self.crew, reason, name)

    def drain_status(self, server: ServerPlan, drain: Drain) -> DrainStatus:
        """Return how far a drain is."""
        counts, slot = self.counts, server.slot
        speed = self.traffic.of(slot).bytes_per_second
        moving = Moving(counts.sessions(slot), counts.transfers(slot), self.drains.bytes(server, drain), speed)
        return self.drains.status(server, drain, moving, time.time())

    def sample(self) -> None:
        """Read the counts; called every second."""
        self.traffic.sample(time.monotonic())
        for lines in RECENT.taken():
            self.recent_log.hear("supervisor", lines)
        self.bans.refresh()
        self.states.save_again()
        self.ejector.refresh()
        self.web.refresh()
        self._leaving.release(self.slots, self.plan, self.counts.sessions, time.monotonic())
        self.former.keep(self.slots)
        self.chronicle.look()

    def counters(self) -> tuple[Sample, ...]:
        """Return all counters."""
        return self.figures.counters() + self.ejector.counters() + self.drains.counters()

    def save_affinity(self) -> None:
        """Write down what affinity remembers; may run in a thread."""
        self.affinity.save(max((service.affinity_timeout_s for service in self.plan.services), default=0.0))

    def sessions_of(self, worker: Child) -> int:
        """Return the live sessions of one worker."""
        return self.crew.sessions_of(worker, [slot for (_, server), slot in self.slots.items() if not server])

    def is_followed(self) -> bool:
        """Whether all workers work by the plan that was proposed."""
        return all(self._revisions.get(each.name) == self._proposed.revision for each in self.workers)

    async def until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for something that children bring about; return whether it came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Give back what the node opened."""
        self.listeners.close()
        self.web.close_all_but()
        self.tables.close()
        self.crew.close()
        self.groups.close()
        self.revisions.close()
        self.accounts.close()
        self.chronicle.tell()
        self.audit.close()
        self.transfer_history.close()
        self.reports.close()
        self.bans.refresh()

    # What the node hears of its children.

    def child_started(self, child: Child) -> None:
        """Tell a new process all that it must know."""
        log.info("child found" if child.was_found else "child started", child=child.name, pid=child.pid)
        if child in self.crew:
            self.crew.meet(child)
            if child in self.crew.sharing:
                child.send(UseStates(self.states.by_slot()))
            child.send(self.bans.whole())
        self._tell_plan(child)
        if child is self.api:
            self._tell_log()
            self.web.tell()

    def child_said(self, child: Child, message: Message) -> None:
        """Give each message to the one who waits for it."""
        match message:
            case Beat():
                self.figures.hear(child.name, of_former(message) if child in self.crew.former else message)
            case Ready(revision):
                self._revisions[child.name] = revision
                self.ring()
            case CannotFollow(revision, sentence):
                log.error("a worker cannot follow the plan", child=child.name, revision=revision, reason=sentence)
                self._refused(message)
            case LogLines():
                self.recent_log.hear(child.name, message)
            case TransfersEnded():
                self.transfer_history.hear(message)
            case PasswordWrong() | ServerErred():
                self._hear_complaint(message)
            case Sessions() | Clients():
                self.listing.hear(child.name, message)
            case Verdict() | Probed():
                self._hear_prober(message)
            case Request():
                self._on_request(message)

    def child_ended(self, child: Child, why: str) -> None:
        """Clear what the dead process leaves."""
        self.figures.bury(child.name)
        self.listing.bury(child.name)
        self._revisions.pop(child.name, None)
        lost = 0
        if child in self.crew:
            lost = self.sessions_of(child)
            self.crew.bury(child)
        if child.is_leaving:
            log.info("a former worker has ended", child=child.name, how=why, sessions_lost=lost)
        elif child.is_stopping:
            log.info("child ended", child=child.name, how=why)
        else:
            log.error("child died and is started again", child=child.name, how=why, sessions_lost=lost)
        self.ring()

    # How it is done.

    def _hear_complaint(self, message: PasswordWrong | ServerErred) -> None:
        if isinstance(message, PasswordWrong):
            self.bans.hear(message)
        else:
            self.ejector.hear(message)

    def _hear_prober(self, message: Verdict | Probed) -> None:
        if isinstance(message, Probed):
            self.health.note_check(message)
        elif self.states.hear(message.slot, message.state, message.revision):
            self.health.note(message.slot, message.state)
            self.server_warnings.hear(message.slot, message.state, time.time())

    def _refused(self, message: CannotFollow) -> None:
        if message.revision == self._proposed.revision:
            self.refusal = message
            self.ring()

    def _note_state(self, server: ServerPlan) -> None:
        self.health.note(server.slot, self.states.of(server))

    def _tell_log(self) -> None:
        self.api.send(UseLog(self.plan.log_format, self.plan.log_level))

    def _tell_plan(self, child: Child) -> None:
        if self.is_draining:  # The listeners are closed, and nobody begins anything new.
            return
        if child is self.prober:
            child.send(UsePlan(cuts.for_prober(self.plan)))
        elif child in self.workers:
            keys = listener_keys(self._proposed)
            passive = self.crew.passive_for(child)
            plan = UsePlan(cuts.for_worker(self._proposed), keys, tuple(passive))
            child.send(plan, (*self.listeners.fds(keys, self.workers.index(child)), *passive.values()))

    def _tell_bans(self, news: UseBans) -> None:
        for worker in self.crew:
            worker.send(news)

    def _tell_states(self) -> None:
        for worker in self.crew.sharing:
            worker.send(UseStates(self.states.by_slot()))
        self._quorums.look(self.plan, self.states.by_slot())
        self.news_for_haproxy.set()

    def ring(self) -> None:
        """Let those who wait with `until` look again."""
        self._news.set()
        self._news = asyncio.Event()


def _nothing() -> None:
    pass
