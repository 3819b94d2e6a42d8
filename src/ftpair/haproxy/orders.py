"""What HAProxy is told when it sees a server otherwise than ftpair does. Pure."""

from ftpair.core.plan import ServerPlan, TcpServicePlan
from ftpair.core.status import Admin, Health, ServerState
from ftpair.haproxy.reports import Figures

WHOLE_SECOND = 1.0
"""HAProxy counts in these, and may be one ahead."""


def orders(
    service: TcpServicePlan, server: ServerPlan, state: ServerState, row: Figures, now: float = 0.0
) -> list[str]:
    """Return the commands that let HAProxy see a server as ftpair does; none where it does already."""
    name = f"{service.name}/{server.name}"
    wanted = {Admin.ONLINE: "ready", Admin.DRAIN: "drain", Admin.HALT: "maint"}[state.admin]
    seen = {"MAINT": "maint", "DRAIN": "drain"}.get(row.state, "ready")
    commands = [] if wanted == seen else [f"set server {name} state {wanted}"]
    if row.weight != server.weight and row.state not in {"DRAIN", "MAINT"}:
        commands.append(f"set server {name} weight {server.weight}")
    # HAProxy's own check would bring it up again (DOWN 1/3), so it is told for as long as the deeper probes say so.
    if state.health is Health.DOWN and row.status != "DOWN" and row.state in {"UP", "DOWN"}:
        commands.append(f"set server {name} health down")
    # Its own check would take some seconds more. What it found later than ftpair did (a death) holds.
    if state.health is Health.UP and row.state == "DOWN" and row.changed_s > now - state.since + WHOLE_SECOND:
        commands.append(f"set server {name} health up")
    return commands
