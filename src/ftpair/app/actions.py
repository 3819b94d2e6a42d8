"""What the doors may ask for: every action with the function that answers it, by a value or by a sentence."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog
from msgspec import structs

from ftpair.app import looking, steering
from ftpair.app.account_answers import ACCOUNT_ANSWERS
from ftpair.app.auditing import tell
from ftpair.app.certificates import delete_certificate, get_certificates, save_certificate
from ftpair.app.change import apply
from ftpair.app.doctoring import end_job, get_job, get_jobs, start_doctor
from ftpair.app.guiding import get_firewall, get_guide
from ftpair.app.history import confirm, get_configuration, roll_back, save
from ftpair.app.inviting import get_set_up_link
from ftpair.app.node import Node
from ftpair.app.passwords import CrowdedError
from ftpair.app.pools import get_pools, set_weight
from ftpair.app.upgrading import upgrade
from ftpair.app.waiting import Waiting
from ftpair.config.problems import InvalidConfigError
from ftpair.core.account_actions import Denied, GetAudit, GetSetUpLink
from ftpair.core.accounts import Identity
from ftpair.core.actions import (
    Action,
    AddBan,
    Apply,
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
    PatchConfiguration,
    RefusalKind,
    Refused,
    RollBack,
    Said,
    SaveConfiguration,
    SetAdmin,
)
from ftpair.core.certificates import DeleteCertificate, GetCertificates, SaveCertificate
from ftpair.core.errors import FtpairError, NotFoundError, WrongRequestError
from ftpair.core.guides import GetFirewall, GetGuide
from ftpair.core.health import GetHealth
from ftpair.core.jobs import EndJob, GetJob, GetJobs, StartDoctor
from ftpair.core.pools import GetPools, SetWeight
from ftpair.core.requests import Answer
from ftpair.core.upgrades import Upgrade
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
        if isinstance(action, GetWaiting):
            return self._waiting.look()
        if isinstance(action, Confirm):
            return self._confirmed(action)
        if change := CHANGES.get(type(action)):
            return self._alone(change(self._node, _signed(action, who)))
        return ANSWERS[type(action)](self._node, action)

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

    async def _confirmed(self, action: Confirm) -> Said | Refused:
        async with self._applying:  # What is being taken back at this moment is not said to stay.
            return await confirm(self._node, action)

    async def _alone(self, change: Coroutine[None, None, SomeAnswer]) -> SomeAnswer | Refused:
        """Let one change be made at a time."""
        if self._applying.locked():
            change.close()
            return Refused("busy", "another apply is running; try again when it is done")
        async with self._applying, self.turn:
            return await change


def _signed(action: Action, who: Identity) -> Action:
    """Return the action as its author's: only who comes by the control socket may say another name."""
    if who.via == "socket" or not isinstance(action, AUTHORED):
        return action
    return structs.replace(action, author=who.name)


async def _denied(_node: Node, action: Denied) -> Refused:
    return Refused("not-allowed", action.sentence)


KINDS: dict[type[FtpairError], RefusalKind] = {
    NotFoundError: "not-found",
    WrongRequestError: "wrong-request",
    SilentError: "setup",
    CrowdedError: "too-often",
}
AUTHORED = (Apply, RollBack, SaveConfiguration, PatchConfiguration, SaveCertificate, DeleteCertificate, SetWeight)
CHANGES: dict[type[Action], Callable[[Node, Any], Coroutine[None, None, Answer]]] = {
    Apply: apply,
    RollBack: roll_back,
    SaveConfiguration: save,
    PatchConfiguration: save,
    SetWeight: set_weight,
    SaveCertificate: save_certificate,
    DeleteCertificate: delete_certificate,
}
"""They change the file or the plan, one at a time."""
ANSWERS: dict[type[Action], Callable[[Node, Any], Awaitable[Answer]]] = {
    GetStatus: looking.get_status,
    GetNews: looking.get_news,
    GetSessions: looking.get_sessions,
    GetClients: looking.get_clients,
    GetMetrics: looking.get_metrics,
    GetBans: looking.get_bans,
    GetHealth: looking.get_health,
    GetRevisions: looking.get_revisions,
    GetTransferHistory: looking.get_transfer_history,
    GetReport: looking.get_report,
    GetLog: looking.get_log,
    GetAudit: looking.get_audit,
    FindRoute: looking.get_route,
    SetAdmin: steering.set_admin,
    KillSession: steering.kill_session,
    AddBan: steering.add_ban,
    LiftBan: steering.lift_ban,
    GetConfiguration: get_configuration,
    GetSetUpLink: get_set_up_link,
    StartDoctor: start_doctor,
    GetJobs: get_jobs,
    GetJob: get_job,
    EndJob: end_job,
    GetPools: get_pools,
    GetGuide: get_guide,
    GetFirewall: get_firewall,
    GetCertificates: get_certificates,
    Upgrade: upgrade,
    Denied: _denied,
}
