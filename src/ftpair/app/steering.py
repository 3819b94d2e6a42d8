"""What an operator may do at once, without an apply: drain, halt, online, the end of a session, bans."""

from collections.abc import Callable

import structlog

from ftpair.app.looking import all_sessions
from ftpair.app.node import Node
from ftpair.core.actions import AddBan, KillSession, LiftBan, Said, SetAdmin
from ftpair.core.errors import NotFoundError
from ftpair.core.messages import EndSessions
from ftpair.core.plan import ServerPlan
from ftpair.core.status import PASSES, Admin

log = structlog.get_logger("ftpair")


async def set_admin(node: Node, action: SetAdmin) -> Said:
    """Drain, halt or bring online, or only tell what would happen. Raises NotFoundError."""
    server = node.plan.server(action.service, action.server)
    await node.haproxy.refresh()  # The sentence tells how many sessions there are.
    sentence = SENTENCES[action.admin](node, server)
    if action.dry_run:
        return Said(sentence)
    node.states.set_admin(server, action.admin)
    if action.admin is Admin.ONLINE:
        node.ejector.end(server)
    if action.admin is Admin.HALT:
        node.end_sessions(EndSessions(f"{server.name} is halted", slot=server.slot))
        await node.haproxy.end_sessions(server)
    log.info(sentence, service=server.service)
    return Said(sentence)


async def kill_session(node: Node, action: KillSession) -> Said:
    """End one session. Raises NotFoundError."""
    table = await all_sessions(node)
    row = next((row for row in table.sessions if row.id == action.session), None)
    if row is None or not await _end(node, row.id, "ended by the administrator"):
        raise NotFoundError(f"no session {action.session!r} (it may have ended); `ftpair sessions` lists them")
    who = row.user or ("somebody" if row.state == PASSES else "nobody yet")
    sentence = f"kill {row.id}: the session of {who} from {row.client} is ended"
    log.info(sentence, service=row.service)
    return Said(sentence)


async def add_ban(node: Node, action: AddBan) -> Said:
    """Ban somebody. Raises NotFoundError and WrongRequestError."""
    return Said(node.bans.add(action.service, action.by, action.subject, action.for_s))


async def lift_ban(node: Node, action: LiftBan) -> Said:
    """Take a ban back. Raises NotFoundError and WrongRequestError."""
    return Said(node.bans.lift(action.service, action.by, action.subject))


async def _end(node: Node, name: str, reason: str) -> bool:
    is_ended = await node.haproxy.end_session(name)
    return is_ended or await node.listing.end(node.crew, reason, name)


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
    if node.states.of(server).is_ejected:
        return f"online {server.name}: its ejection ends (health: {node.states.probed(server).health.value})"
    return f"online {server.name}: takes new sessions again (health: {node.states.of(server).health.value})"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


SENTENCES: dict[Admin, Callable[[Node, ServerPlan], str]] = {
    Admin.DRAIN: _drained,
    Admin.HALT: _halted,
    Admin.ONLINE: _brought_online,
}
