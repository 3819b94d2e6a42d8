"""What the doors may ask for: one function per action; each answers with a value or with a sentence."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import structlog
from msgspec import structs

from ftpair.app.account_answers import ACCOUNT_ANSWERS
from ftpair.app.auditing import tell
from ftpair.app.certificates import delete_certificate, get_certificates, save_certificate
from ftpair.app.change import apply
from ftpair.app.doctoring import end_job, get_job, get_jobs, start_doctor
from ftpair.app.guiding import get_firewall, get_guide
from ftpair.app.history import configuration, roll_back, save
from ftpair.app.inviting import get_set_up_link
from ftpair.app.node import Node
from ftpair.app.passwords import CrowdedError
from ftpair.app.pools import get_pools, set_weight
from ftpair.app.routing import find_route
from ftpair.app.status import node_gauges, node_status
from ftpair.app.waiting import Waiting
from ftpair.config.problems import InvalidConfigError
from ftpair.core.account_actions import AuditIs, Denied, GetAudit, GetSetUpLink
from ftpair.core.accounts import Identity
from ftpair.core.actions import (
    Action,
    AddBan,
    Applied,
    Apply,
    BansAre,
    ClientsAre,
    ConfigurationIs,
    Confirm,
    FindRoute,
    GetBans,
    GetClients,
    GetConfiguration,
    GetLog,
    GetMetrics,
    GetNews,
    GetReport,
    GetRevisions,
    GetSessions,
    GetStatus,
    GetTransferHistory,
    GetWaiting,
    KillSession,
    LiftBan,
    LogIs,
    Metrics,
    NewsAre,
    PatchConfiguration,
    RefusalKind,
    Refused,
    ReportIs,
    RevisionsAre,
    RollBack,
    RouteIs,
    Said,
    SaveConfiguration,
    SessionTable,
    SetAdmin,
    StatusIs,
    TransferHistoryIs,
    WaitingIs,
)
from ftpair.core.certificates import CertificateIs, DeleteCertificate, GetCertificates, SaveCertificate
from ftpair.core.errors import FtpairError, NotFoundError, WrongRequestError
from ftpair.core.guides import GetFirewall, GetGuide
from ftpair.core.health import GetHealth, HealthIs
from ftpair.core.jobs import EndJob, GetJob, GetJobs, StartDoctor
from ftpair.core.messages import Answer, EndSessions
from ftpair.core.plan import ServerPlan
from ftpair.core.pools import GetPools, SetWeight
from ftpair.core.status import PASSES, Admin
from ftpair.haproxy.runtime import SilentError

log = structlog.get_logger("ftpair")

SomeAnswer = TypeVar("SomeAnswer")


class Actions:
    """Answers actions, one apply at a time."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._waiting = Waiting(node)
        self._applying = asyncio.Lock()
        self.turn = asyncio.Lock()
        """Held by everything that changes the plan: an apply, and the renewal of certificates."""

    async def answer(self, action: Action, who: Identity) -> Answer:
        """Do what somebody asks for and say what was done, or why not; whether he may was asked at the door."""
        answer = await self._safely(self._begun(action, who))
        try:
            tell(self._node.audit, action, who, answer, lambda name: self._node.accounts.users.find(name) is not None)
        except Exception:  # It is done already, and who asked for it must hear of it.
            log.exception("the audit trail lacks an action")
        self._node.happenings.note_answer(action, answer)
        return answer

    def _begun(self, action: Action, who: Identity) -> Awaitable[Answer]:
        if answer := ACCOUNT_ANSWERS.get(type(action)):
            return answer(self._node.accounts, action, who)
        return ANSWERS[type(action)](self, _signed(action, who))

    async def _safely(self, answer: Awaitable[Answer]) -> Answer:
        try:
            return await answer
        except InvalidConfigError as error:
            return Refused("invalid", error.sentence, error.problems)
        except (NotFoundError, WrongRequestError, SilentError, CrowdedError) as error:
            return Refused(KINDS[type(error)], error.sentence)
        except Exception:  # A bug in one action must not end the supervisor, on which all sessions depend.
            log.exception("an action failed")
            return Refused("internal", "an internal error; the log has the details")

    async def apply_in_turn(self) -> None:
        """Apply when nobody else does; what comes of it is in the log and in the status."""
        async with self._applying, self.turn:
            await self._safely(apply(self._node))

    async def take_back(self) -> None:
        """Go back to what ran before an apply that nobody confirmed in time."""
        async with self._applying, self.turn:
            waiting = self._node.confirmation.waiting
            if waiting and self._node.confirmation.is_overdue:
                why = f"revision {waiting.revision} was not confirmed in time"
                log.warning(why, back_to=waiting.former)
                answer = await self._safely(roll_back(self._node, RollBack(waiting.former, "ftpair", why)))
                if isinstance(answer, Refused):
                    log.error("cannot go back", revision=waiting.former, reason=answer.sentence)
                self._node.confirmation.end()

    async def _get_status(self, _action: GetStatus) -> StatusIs:
        return StatusIs(node_status(self._node))

    async def _get_news(self, action: GetNews) -> NewsAre:
        happenings = self._node.happenings
        return NewsAre(node_status(self._node), happenings.after(action.after), happenings.latest)

    async def _get_transfer_history(self, action: GetTransferHistory) -> TransferHistoryIs | Refused:
        return await self._node.transfer_history.find(action)

    async def _get_report(self, action: GetReport) -> ReportIs | Refused:
        return await self._node.reports.find(action, node_status(self._node))

    async def _get_log(self, action: GetLog) -> LogIs:
        return self._node.recent_log.find(action)

    async def _get_sessions(self, _action: GetSessions) -> SessionTable:
        table = await self._sessions()
        what_of = self._node.former.what_of
        rows = tuple(replace(row, removed=what_of(row.service, row.server)) for row in table.sessions)
        return SessionTable(rows, table.transfers)

    async def _sessions(self) -> SessionTable:
        """Return what workers and HAProxy have."""
        own, its = await self._node.listing.ask(self._node.workers), await self._node.haproxy.table()
        return SessionTable((*own.sessions, *its.sessions), (*own.transfers, *its.transfers))

    async def _get_clients(self, _action: GetClients) -> ClientsAre:
        return await self._node.listing.clients(self._node.workers)

    async def _get_waiting(self, _action: GetWaiting) -> WaitingIs:
        return await self._waiting.look()

    async def _get_metrics(self, _action: GetMetrics) -> Metrics:
        figures = self._node.figures
        return Metrics(figures.counters(), figures.gauges() + node_gauges(self._node))

    async def _set_admin(self, action: SetAdmin) -> Said:
        server = self._server(action.service, action.server)
        await self._node.haproxy.refresh()  # The sentence tells how many sessions there are.
        sentence = SENTENCES[action.admin](self._node, server)
        if action.dry_run:
            return Said(sentence)
        self._node.states.set_admin(server, action.admin)
        if action.admin is Admin.HALT:
            self._node.end_sessions(EndSessions(f"{server.name} is halted", slot=server.slot))
            await self._node.haproxy.end_sessions(server)
        log.info(sentence, service=server.service)
        return Said(sentence)

    async def _get_bans(self, _action: GetBans) -> BansAre:
        return BansAre(self._node.bans.all())

    async def _add_ban(self, action: AddBan) -> Said:
        return Said(self._node.bans.add(action.service, action.by, action.subject, action.for_s))

    async def _lift_ban(self, action: LiftBan) -> Said:
        return Said(self._node.bans.lift(action.service, action.by, action.subject))

    async def _find_route(self, action: FindRoute) -> RouteIs:
        return RouteIs(find_route(self._node, action))

    async def _kill_session(self, action: KillSession) -> Said:
        table = await self._sessions()
        row = next((row for row in table.sessions if row.id == action.session), None)
        reason = "ended by the administrator"
        if row is None or not await self._end(row.id, reason):
            raise NotFoundError(f"no session {action.session!r} (it may have ended); `ftpair sessions` lists them")
        who = row.user or ("somebody" if row.state == PASSES else "nobody yet")
        sentence = f"kill {row.id}: the session of {who} from {row.client} is ended"
        log.info(sentence, service=row.service)
        return Said(sentence)

    async def _end(self, name: str, reason: str) -> bool:
        is_ended = await self._node.haproxy.end_session(name)
        return is_ended or await self._node.listing.end(self._node.workers, reason, name)

    async def _apply(self, action: Apply) -> Applied | Refused:
        return await self._alone(apply(self._node, action))

    async def _roll_back(self, action: RollBack) -> Applied | Refused:
        return await self._alone(roll_back(self._node, action))

    async def _save_configuration(self, action: SaveConfiguration | PatchConfiguration) -> Applied | Refused:
        return await self._alone(save(self._node, action))

    async def _get_health(self, _action: GetHealth) -> HealthIs:
        return HealthIs(tuple(self._node.health.tell(self._node.states.of)))

    async def _set_weight(self, action: SetWeight) -> Applied | Refused:
        return await self._alone(set_weight(self._node, action))

    async def _save_certificate(self, action: SaveCertificate) -> CertificateIs | Refused:
        return await self._alone(save_certificate(self._node, action))

    async def _delete_certificate(self, action: DeleteCertificate) -> Said | Refused:
        return await self._alone(delete_certificate(self._node, action))

    async def _alone(self, change: Coroutine[None, None, SomeAnswer]) -> SomeAnswer | Refused:
        """Let one change be made at a time."""
        if self._applying.locked():
            change.close()
            return Refused("busy", "another apply is running; try again when it is done")
        async with self._applying, self.turn:
            return await change

    async def _confirm(self, _action: Confirm) -> Said | Refused:
        waiting = self._node.confirmation.waiting
        if waiting is None:
            return Refused("not-found", "nothing waits to be confirmed")
        self._node.confirmation.end()
        sentence = f"revision {waiting.revision} is confirmed and stays"
        log.info(sentence)
        return Said(sentence)

    async def _get_revisions(self, action: GetRevisions) -> RevisionsAre:
        return RevisionsAre(self._node.revisions.page(action.limit, action.before))

    async def _get_configuration(self, action: GetConfiguration) -> ConfigurationIs:
        return await configuration(self._node, action.which)

    async def _get_audit(self, action: GetAudit) -> AuditIs:
        return AuditIs(self._node.audit.page(action))

    async def _denied(self, action: Denied) -> Refused:
        return Refused("not-allowed", action.sentence)

    def _server(self, service_name: str, server_name: str) -> ServerPlan:
        service = self._node.plan.named(service_name)
        for server in service.servers:
            if server.name == server_name:
                return server
        known = ", ".join(each.name for each in service.servers)
        raise NotFoundError(f"no server {server_name!r} in {service_name}; there are: {known}")


def _signed(action: Action, who: Identity) -> Action:
    """Return the action as its author's: only who comes by the control socket may say another name."""
    if who.via == "socket" or not isinstance(action, AUTHORED):
        return action
    return structs.replace(action, author=who.name)


def _drained(node: Node, server: ServerPlan) -> str:
    sessions, transfers = node.counts.sessions(server.slot), node.counts.transfers(server.slot)
    stay = f"{_number(sessions, 'session')} {'stays' if sessions == 1 else 'stay'}"
    is_repeated = node.states.of(server).admin is Admin.DRAIN
    done = f"{server.name} drains already" if is_repeated else f"drain {server.name}"
    return f"{done}: {stay}, {_number(transfers, 'transfer')}"


def _halted(node: Node, server: ServerPlan) -> str:
    sessions, transfers = node.counts.sessions(server.slot), node.counts.transfers(server.slot)
    return f"halt {server.name}: {_number(sessions, 'session')} ended, {_number(transfers, 'transfer')} cut"


def _brought_online(node: Node, server: ServerPlan) -> str:
    return f"online {server.name}: takes new sessions again (health: {node.states.of(server).health.value})"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


KINDS: dict[type[FtpairError], RefusalKind] = {
    NotFoundError: "not-found",
    WrongRequestError: "wrong-request",
    SilentError: "setup",
    CrowdedError: "too-often",
}
AUTHORED = (Apply, RollBack, SaveConfiguration, PatchConfiguration, SaveCertificate, DeleteCertificate, SetWeight)
SENTENCES: dict[Admin, Callable[[Node, ServerPlan], str]] = {
    Admin.DRAIN: _drained,
    Admin.HALT: _halted,
    Admin.ONLINE: _brought_online,
}


def _by(answer: Callable[[Node, Any], Awaitable[Answer]]) -> Callable[[Actions, Any], Awaitable[Answer]]:
    """Return an answer that needs the node alone as one of the table."""
    return lambda actions, action: answer(actions._node, action)  # noqa: SLF001 - the table is a part of the class.


ANSWERS: dict[type[Action], Callable[[Actions, Any], Awaitable[Answer]]] = {
    GetStatus: Actions._get_status,  # noqa: SLF001 - the table is a part of the class.
    GetNews: Actions._get_news,  # noqa: SLF001
    GetTransferHistory: Actions._get_transfer_history,  # noqa: SLF001
    GetReport: Actions._get_report,  # noqa: SLF001
    GetLog: Actions._get_log,  # noqa: SLF001
    GetSessions: Actions._get_sessions,  # noqa: SLF001
    GetClients: Actions._get_clients,  # noqa: SLF001
    GetMetrics: Actions._get_metrics,  # noqa: SLF001
    GetWaiting: Actions._get_waiting,  # noqa: SLF001
    SetAdmin: Actions._set_admin,  # noqa: SLF001
    GetBans: Actions._get_bans,  # noqa: SLF001
    AddBan: Actions._add_ban,  # noqa: SLF001
    LiftBan: Actions._lift_ban,  # noqa: SLF001
    KillSession: Actions._kill_session,  # noqa: SLF001
    Apply: Actions._apply,  # noqa: SLF001
    RollBack: Actions._roll_back,  # noqa: SLF001
    SaveConfiguration: Actions._save_configuration,  # noqa: SLF001
    PatchConfiguration: Actions._save_configuration,  # noqa: SLF001
    Confirm: Actions._confirm,  # noqa: SLF001
    GetRevisions: Actions._get_revisions,  # noqa: SLF001
    GetConfiguration: Actions._get_configuration,  # noqa: SLF001
    FindRoute: Actions._find_route,  # noqa: SLF001
    GetSetUpLink: _by(get_set_up_link),
    StartDoctor: _by(start_doctor),
    GetJobs: _by(get_jobs),
    GetJob: _by(get_job),
    EndJob: _by(end_job),
    GetHealth: Actions._get_health,  # noqa: SLF001
    GetPools: _by(get_pools),
    SetWeight: Actions._set_weight,  # noqa: SLF001
    GetGuide: _by(get_guide),
    GetFirewall: _by(get_firewall),
    GetCertificates: _by(get_certificates),
    SaveCertificate: Actions._save_certificate,  # noqa: SLF001
    DeleteCertificate: Actions._delete_certificate,  # noqa: SLF001
    GetAudit: Actions._get_audit,  # noqa: SLF001
    Denied: Actions._denied,  # noqa: SLF001
}
