"""What an operator may do at once, without an apply: drain, halt, online, the end of a session, bans."""

import time
from collections.abc import Callable

import structlog

from ftpair.app.admin import Wish
from ftpair.app.halting import end_sessions_of, expectation
from ftpair.app.looking import all_sessions
from ftpair.app.node import Node
from ftpair.core.actions import AddBan, KillSession, LiftBan, Said, SetAdmin
from ftpair.core.drain import Drain
from ftpair.core.errors import NotFoundError, WrongRequestError
from ftpair.core.plan import ServerPlan
from ftpair.core.status import PASSES, Admin
from ftpair.core.units import duration

log = structlog.get_logger("ftpair")


async def set_admin(node: Node, action: SetAdmin) -> Said:
    """Drain, halt or bring online, or only tell what would happen. Raises NotFoundError and WrongRequestError."""
    server = node.plan.server(action.service, action.server)
    await node.haproxy.refresh()  # The sentence tells how many sessions there are.
    wish = Wish(action.admin, _drain(node, server, action))
    sentence = SENTENCES[action.admin](node, server, wish)
    if action.dry_run:
        return Said(sentence)
    if wish.drain:
        node.drains.has_emptied(server, wish.drain)  # From here on: it may be empty before the first look.
    node.states.set_admin(server, wish)
    await node.haproxy.refresh()  # What is answered holds: from now on it gets new sessions, or none.
    if action.admin is Admin.ONLINE:
        node.ejector.end(server)
    if action.admin is Admin.HALT:
        halted = await end_sessions_of(node, server, f"{server.name} is halted")
        sentence = f"halt {server.name}: {halted.sentence}"
        await node.haproxy.end_sessions(server)
    log.info(sentence, service=server.service)
    return Said(sentence)


async def kill_session(node: Node, action: KillSession) -> Said:
    """End one session. Raises NotFoundError."""
    table = await all_sessions(node)
    row = next((row for row in table.sessions if row.id == action.session), None)
    if row is None or not await node.end_session(row.id, "ended by the administrator"):
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


def _drain(node: Node, server: ServerPlan, action: SetAdmin) -> Drain | None:
    """Return how the server is to be drained: as asked for, else as it is drained already, else as its service says."""
    if action.admin is not Admin.DRAIN:
        if action.wait_for is not None or action.deadline_s is not None:
            raise WrongRequestError(f"{action.admin.value} waits for nothing: only drain has wait_for and deadline_s")
        return None
    usual, former = node.plan.named(server.service).drain, node.states.of(server).drain
    now = time.time()
    since, until = (former.since, former.until) if former else (now, _after(usual.deadline_s, now))
    if action.deadline_s is not None:
        until = _after(action.deadline_s, now)
    return Drain(action.wait_for or (former or usual).wait_for, since, until)


def _after(deadline_s: float, now: float) -> float:
    return now + deadline_s if deadline_s else 0.0


def _drained(node: Node, server: ServerPlan, wish: Wish) -> str:
    drain = wish.drain
    assert drain is not None, "a drain has its way"
    sessions, transfers = node.counts.sessions(server.slot), node.counts.transfers(server.slot)
    done = f"{server.name} drains already" if node.states.of(server).drain == drain else f"drain {server.name}"
    stay = f"{_number(sessions, 'session')} {'stays' if sessions == 1 else 'stay'}"
    if drain.wait_for == "transfers":
        stay += f" until {'its' if sessions == 1 else 'their'} transfers have ended"
    left = f"; {duration(max(0.0, drain.until - time.time()))} until all is ended" if drain.until else ""
    return f"{done}: {stay}, {_number(transfers, 'transfer')}{left}"


def _halted(node: Node, server: ServerPlan, _wish: Wish) -> str:
    return f"halt {server.name}: {expectation(node, server)}"


def _brought_online(node: Node, server: ServerPlan, _wish: Wish) -> str:
    if node.states.of(server).is_ejected:
        return f"online {server.name}: its ejection ends (health: {node.states.probed(server).health.value})"
    return f"online {server.name}: takes new sessions again (health: {node.states.of(server).health.value})"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


SENTENCES: dict[Admin, Callable[[Node, ServerPlan, Wish], str]] = {
    Admin.DRAIN: _drained,
    Admin.HALT: _halted,
    Admin.ONLINE: _brought_online,
}
