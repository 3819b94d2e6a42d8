"""Slow start: which share of its weight a server has that came up again after it was down. Pure.

Moments are those of the monotonic clock, which is one for all processes of a machine.
"""

from ftpair.core.plan import ServerPlan
from ftpair.core.status import Health, ServerState

WHOLE = 100
LEAST = 1
"""A server that has just come up gets something, or nobody would be served where it is the only one."""


def came_up(former: ServerState, health: Health, now: float) -> float:
    """Return when a server came up again, given what its health was and is; 0: it has not been down."""
    if health is Health.DOWN:
        return 0.0
    return now if former.health is Health.DOWN else former.came_up


def share_of(server: ServerPlan, state: ServerState, now: float) -> int:
    """Return the share of its weight that a server has now, in percent."""
    if not server.slow_start_s or not state.came_up:
        return WHOLE
    passed_s = now - state.came_up
    return max(LEAST, min(WHOLE, int(passed_s * WHOLE / server.slow_start_s)))


def told(reason: str, share: int) -> str:
    """Return why a server is as it is, and that it does not have all of its weight yet."""
    return reason if share == WHOLE else f"{reason} (slow start, {share} %)"
