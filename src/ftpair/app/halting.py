"""Takes a server away from its sessions, and tells what becomes of them, or what would."""

from ftpair.app.node import Node
from ftpair.core.halting import Halted
from ftpair.core.messages import EndSessions
from ftpair.core.plan import Rescue, ServerPlan


async def end_sessions_of(node: Node, server: ServerPlan, reason: str) -> Halted:
    """Tell the workers to end a server's sessions; where its service rescues, they say which go elsewhere.

    HAProxy is told by the caller.
    """
    if _rescue(node, server) != "off":
        return await node.listing.halt(node.crew.sharing, reason, server.slot)
    halted = Halted(node.counts.sessions(server.slot), 0, node.counts.transfers(server.slot))
    node.end_sessions(EndSessions(reason, slot=server.slot))
    return halted


def expectation(node: Node, server: ServerPlan) -> str:
    """Return what a halt would do, in words; which transfers can go on shows only then."""
    sessions, transfers = node.counts.sessions(server.slot), node.counts.transfers(server.slot)
    rescue = _rescue(node, server)
    halted = Halted(sessions, 0, transfers) if rescue == "off" else Halted(0, sessions, transfers)
    unless = " unless they go on there" if rescue == "transfers" and transfers else ""
    return f"{halted.sentence}{unless}"


def _rescue(node: Node, server: ServerPlan) -> Rescue:
    service = node.plan.in_ftp_mode(server.service)
    return service.rescue if service is not None else "off"
