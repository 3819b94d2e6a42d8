"""Apply: the configuration file becomes the plan that runs.

A refused change changes nothing; an applied change ends no session.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from ftpair.app.foundation import LastApply
from ftpair.app.node import Node
from ftpair.config import check
from ftpair.config.blocks import Paths
from ftpair.config.check import Checked
from ftpair.config.load import read_config
from ftpair.config.problems import InvalidConfigError, describe, describe_warnings
from ftpair.config.slots import Slots
from ftpair.config.steps import steps
from ftpair.core.actions import Applied, Apply, Refused
from ftpair.core.errors import SetupError
from ftpair.core.plan import HaproxyPlan, Plan, ServerPlan
from ftpair.core.revisions import etag_of
from ftpair.core.status import Admin
from ftpair.dataplane.claims import claims_of, demand_bindable, served_here
from ftpair.dataplane.listeners import listener_keys

log = structlog.get_logger("ftpair")

FOLLOW_TIMEOUT_S = 10.0
"""What workers get to make TLS contexts and say Ready."""
TAKE_BACK_TIMEOUT_S = 2.0
"""What they get for the former plan, of which they have everything already."""
STOPPING = Refused("busy", "ftpair is stopping: nothing was changed")
CHANGED = Refused("changed", "somebody else has changed the configuration file meanwhile: look at it and try again")
AS_IT_IS = Apply()
RENEWED = Apply(author="ftpair", comment="certificates, CAs or revocation lists were renewed")
OUT = {Admin.DRAIN: "drained", Admin.HALT: "halted"}
_UNCONFIRMED = (
    "revision {waiting.revision} waits to be confirmed, {left:.0f} s are left: "
    "`ftpair confirm` it first, or `ftpair rollback {waiting.former}`"
)


@dataclass(frozen=True, slots=True)
class Change:
    """What an apply would do."""

    plan: Plan
    slots: Slots
    steps: tuple[str, ...]
    checked: Checked
    """The configuration, what was read for it, and what it will suffer from."""
    is_way_back: bool = False
    """Whether servers that come back are as they were left; those that a new file adds begin online."""

    def applied(self, revision: int) -> Applied:
        """Return the answer to who asked for it."""
        return Applied(revision, self.steps, self.checked.warnings)


async def apply(
    node: Node, order: Apply = AS_IT_IS, *, is_way_back: bool = False, follow_timeout_s: float = FOLLOW_TIMEOUT_S
) -> Applied | Refused:
    """Read the file and work by it, or say why not; while an apply waits to be confirmed, only the way back is open."""
    try:
        content = await asyncio.to_thread(read_config, node.path)
        if refusal := demand_match(order.if_match, content):
            return refusal
        if order.dry_run:
            return await foresee(node, content)
        change = await prepare(node, content, is_way_back=is_way_back)
        refusal = None if is_way_back else refuse_unconfirmed(node)
        answer = refusal or await _taken(node, change, order, follow_timeout_s)
    except InvalidConfigError as error:
        answer = Refused("invalid", error.sentence, error.problems)
    except SetupError as error:
        answer = Refused("setup", error.sentence)
    if not order.dry_run:
        node.tell_apply(_log(answer))
    return answer


async def bring_in(
    node: Node, change: Change, order: Apply, *, follow_timeout_s: float = FOLLOW_TIMEOUT_S
) -> Applied | Refused:
    """Work by a change that was prepared, whatever else the file says by now."""
    try:
        answer = refuse_unconfirmed(node) or await _taken(node, change, order, follow_timeout_s)
    except SetupError as error:
        answer = Refused("setup", error.sentence)
    node.tell_apply(_log(answer))
    return answer


async def foresee(node: Node, content: bytes, *, is_way_back: bool = False) -> Applied:
    """Return what an apply of a text would do. Raises InvalidConfigError and SetupError."""
    change = await prepare(node, content, is_way_back=is_way_back)
    _try_listeners(node, change.plan)
    return change.applied(change.plan.revision)


def refuse_unconfirmed(node: Node) -> Refused | None:
    """Return why nothing can be applied now; None: it can."""
    waiting = node.confirmation.waiting
    if waiting is None:
        return None
    return Refused("busy", _UNCONFIRMED.format(waiting=waiting, left=node.confirmation.seconds_left))


def demand_match(if_match: str, content: bytes) -> Refused | None:
    """Return why a text is not the one that is meant; None: it is, or any is meant."""
    return None if if_match in {"", "*", etag_of(content)} else CHANGED


async def _taken(node: Node, change: Change, order: Apply, follow_timeout_s: float) -> Applied | Refused:
    """Work by a change, keep it as a revision, and let it wait for its confirmation.

    All that is written down before: whatever ends this process, the next one knows what to take back.
    """
    if change.plan is node.plan:
        return await _take(node, change, follow_timeout_s)
    number, former = change.plan.revision, node.plan.revision
    node.revisions.keep(number, change.checked.content, order.author or "file", order.comment)
    if order.confirm_s:
        node.confirmation.begin(number, former, order.confirm_s)
    answer: Applied | Refused | None = None
    try:
        answer = await _take(node, change, follow_timeout_s)
    finally:
        if order.confirm_s and not isinstance(answer, Applied):
            node.confirmation.end()
    if isinstance(answer, Refused):
        return answer
    node.revisions.applied(number)
    waiting = node.confirmation.waiting
    return replace(answer, confirm_until=waiting.until) if waiting and order.confirm_s else answer


async def renew(node: Node, *, follow_timeout_s: float = FOLLOW_TIMEOUT_S) -> check.Renewed:
    """Read certificates, CAs and revocation lists anew and work by them; return what there is to say about them.

    The configuration is the one that runs, whatever its file says by now.
    """
    slots = node.slots.copy()
    number = node.revisions.number_for(node.checked.content, node.revision)
    fresh = await asyncio.to_thread(check.renew, node.path, node.checked, number, slots)
    plan = _as_running(node.plan, fresh.checked.plan)
    change = Change(plan, slots, steps(node.plan, plan), fresh.checked)
    if plan is not node.plan:
        swap = _log(await _taken(node, change, RENEWED, follow_timeout_s))
        if node.last_apply.is_successful and swap.is_successful:  # Else the file waits to be mended, and that is told.
            node.tell_apply(swap)
    return fresh


async def prepare(node: Node, content: bytes, *, is_way_back: bool = False) -> Change:
    """Return the change from what runs to a text.

    Raises InvalidConfigError, and SetupError for rights that workers gave up when they started.
    """
    running, slots = node.plan, node.slots.copy()
    number = node.revisions.number_for(content, node.revision)
    checked = await asyncio.to_thread(check.check, node.path, number, slots, content=content)
    demand_rights(running, checked.plan)
    plan = _as_running(running, checked.plan)
    if plan is running and content != node.checked.content:  # A comment, or another way to say the same.
        plan = replace(running, revision=number)
    left = _as_left(node, plan) if is_way_back else ()
    later = _until_restart(running, node.paths, checked)
    return Change(plan, slots, steps(running, plan) + left + later, checked, is_way_back)


def _as_left(node: Node, plan: Plan) -> tuple[str, ...]:
    """Say which servers come back as the administrator has left them."""
    return tuple(
        f"{server.service}: {server.name} is still {OUT[admin]}, until `ftpair online {server.service} {server.name}`"
        for server, admin in node.states.left_out(plan)
    )


def _as_running(running: Plan, wanted: Plan) -> Plan:
    """Return the wanted plan without what needs a restart; what runs already, if nothing else is wanted."""
    plan = replace(
        wanted,
        workers=running.workers,
        user=running.user,
        api_user=running.api_user,
        capabilities=running.capabilities,
        haproxy=_as_started(running, wanted),
    )
    return running if replace(plan, revision=running.revision) == running else plan


def _as_started(running: Plan, wanted: Plan) -> HaproxyPlan:
    """Return how HAProxy is to be run, but for what a process of ours was started with."""
    was, how = running.haproxy, wanted.haproxy
    if not (was.is_managed and running.carried_by("haproxy")):
        return how
    return replace(how, program=was.program, config=was.config, socket=was.socket, is_managed=True, node=was.node)


def demand_rights(running: Plan, wanted: Plan, euid: int | None = None) -> None:
    """Raise SetupError if workers lack a capability: only a new process can be given one. Root's workers have all."""
    missing = set(wanted.capabilities) - set(running.capabilities)
    is_root = not running.user and (os.geteuid() if euid is None else euid) == 0
    if missing and not is_root:
        names = ", ".join(f"CAP_{name.upper()}" for name in sorted(missing))
        raise SetupError(f"workers need {names}, which they gave up when they started: restart ftpair")


def _until_restart(running: Plan, paths: Paths, wanted: Checked) -> tuple[str, ...]:
    """Say what stays as it is: ports are split by the number of workers, processes keep their user and their files."""
    fixed = (
        ("workers", running.workers, wanted.plan.workers),
        ("user", running.user, wanted.plan.user),
        ("api_user", running.api_user, wanted.plan.api_user),
        ("paths.runtime", paths.runtime, wanted.config.paths.runtime),
        ("paths.state", paths.state, wanted.config.paths.state),
        *_fixed_of_haproxy(running, wanted.plan),
    )
    return tuple(
        f"{name} {old or 'none'} -> {new or 'none'}: needs a restart" for name, old, new in fixed if old != new
    )


def _fixed_of_haproxy(running: Plan, wanted: Plan) -> Iterator[tuple[str, object, object]]:
    """Yield what a process of ours keeps until ftpair is started again."""
    kept = _as_started(running, wanted)
    for key in ("program", "config", "socket", "is_managed", "node"):
        yield f"haproxy.{key.removeprefix('is_')}", getattr(kept, key), getattr(wanted.haproxy, key)


async def _take(node: Node, change: Change, follow_timeout_s: float) -> Applied | Refused:
    if change.plan is node.plan:
        return change.applied(node.plan.revision)
    if node.is_draining:
        return STOPPING
    await node.haproxy.refresh()  # Who has sessions is asked now, not a second ago.
    former = node.former_servers(change.plan)
    node.revision = change.plan.revision
    try:
        if _needs_ports_of_haproxy(node.plan, change.plan):
            await node.haproxy.take(change.plan, former)
        demand_bindable(change.plan, node.plan)
        node.listeners.open(listener_keys(change.plan))
        node.web.open(change.plan.web)
    except SetupError:
        await _take_back(node)
        raise
    refusal = await _proposed(node, change.plan, follow_timeout_s)
    if node.is_draining:
        return STOPPING
    refusal = refusal or await _carried(node, change.plan, former)
    if refusal:
        await _take_back(node)
    else:
        node.checked = change.checked
        if not change.is_way_back:
            node.states.begin_anew(change.plan)
        node.keep(change.plan, change.slots)
    node.listeners.keep(listener_keys(node.plan))
    node.web.keep(node.plan.web)
    return refusal or change.applied(change.plan.revision)


def _needs_ports_of_haproxy(running: Plan, wanted: Plan) -> bool:
    """Whether workers are to listen where HAProxy does: then it must let go first."""
    held, claimed = claims_of(running.carried_by("haproxy")), tuple(claims_of(served_here(wanted)))
    return any(own.meets(other) for own in held for other in claimed)


async def _carried(node: Node, plan: Plan, former: Mapping[str, tuple[ServerPlan, ...]]) -> Refused | None:
    """Let HAProxy follow a plan that the workers follow; return why it does not."""
    node.listeners.keep(listener_keys(plan))  # A port that moves to HAProxy must be free.
    try:
        await node.haproxy.take(plan, former)
    except SetupError as error:
        node.listeners.open(listener_keys(node.plan))
        return Refused("setup", f"revision {plan.revision}: {error.sentence}; the former one runs on")
    return None


async def _proposed(node: Node, plan: Plan, timeout_s: float) -> Refused | None:
    """Tell the workers a plan; return why one does not follow it, None if all do."""
    node.propose(plan)
    await node.until(lambda: node.is_followed() or node.refusal is not None or node.is_draining, timeout_s)
    if node.is_followed():
        return None
    if node.refusal:
        return Refused("setup", f"revision {plan.revision}: {node.refusal.sentence}; the former one runs on")
    return Refused("internal", f"a worker did not take revision {plan.revision}; the former one runs on")


async def _take_back(node: Node) -> None:
    """Let the workers follow the former plan again, and HAProxy after them: only then are its ports free."""
    node.propose(node.plan)
    await node.until(lambda: node.is_followed() or node.is_draining, TAKE_BACK_TIMEOUT_S)
    node.listeners.keep(listener_keys(node.plan))
    await node.haproxy.take_back(node.plan, node.former_servers(node.plan))


def _try_listeners(node: Node, plan: Plan) -> None:
    """Bind what the plan needs, and let it go again."""
    demand_bindable(plan, node.plan)
    node.listeners.open(listener_keys(plan))
    node.listeners.keep(listener_keys(node.plan))
    node.web.open(plan.web)
    node.web.keep(node.plan.web)


def _log(answer: Applied | Refused) -> LastApply:
    match answer:
        case Applied(revision, taken, warnings):
            log.info("applied", revision=revision, steps=taken)
            for warning in describe_warnings(warnings):
                log.warning(warning)
            return LastApply(f"revision {revision}: {'; '.join(taken) or 'nothing to change'}")
        case Refused(_kind, sentence, problems):
            # The sentence repeats the first problem.
            why = {"problems": [describe(problem) for problem in problems]} if problems else {"reason": sentence}
            log.error("apply refused", **why)
            return LastApply(f"refused: {sentence}", is_successful=False)
