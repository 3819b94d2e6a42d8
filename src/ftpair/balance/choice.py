"""From a service and the states of its servers to one server, or to the sentence that says why there is none."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from ftpair.balance.policies import POLICIES, Candidate, Request
from ftpair.balance.slow_start import share_of
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.core.status import Admin, ServerState

_UNKNOWN = ServerState()
_NAMED_SERVERS = 3


@dataclass(frozen=True, slots=True)
class NoChoice:
    """No server can take the session; the reason is for the log, the text for the client: it names no server."""

    reason: str
    text: str = "No server is available: try again later."
    is_full: bool = False
    """Whether a limit is among the causes."""


FULL = "Too many sessions: try again later."


def full(reason: str) -> NoChoice:
    """Return that a limit keeps the session out."""
    return NoChoice(reason, FULL, is_full=True)


class Obstacle(Enum):
    """Why a server cannot take a session."""

    FAILED = "failed"
    DRAINED = "drained"
    HALTED = "halted"
    DOWN = "down"
    WEIGHTLESS = "of weight 0"
    FULL = "full"


OF_ONE: dict[Obstacle, str] = {
    Obstacle.FAILED: "{server.name} failed",
    Obstacle.DRAINED: "{server.name} is drained",
    Obstacle.HALTED: "{server.name} is halted",
    Obstacle.DOWN: "{server.name} is down",
    Obstacle.WEIGHTLESS: "{server.name} has weight 0",
    Obstacle.FULL: "{server.name} is full (max_sessions {server.max_sessions})",
}

OF_ALL: dict[Obstacle, str] = {
    Obstacle.FAILED: "all {count} servers failed",
    Obstacle.DRAINED: "every server is drained",
    Obstacle.HALTED: "every server is halted",
    Obstacle.DOWN: "all {count} servers are down",
    Obstacle.WEIGHTLESS: "every server has weight 0",
    Obstacle.FULL: "all {count} servers are full",
}


def choose(
    service: ServicePlan,
    states: Mapping[int, ServerState],
    count: Callable[[int], int],
    request: Request,
    tried: Collection[int],
) -> ServerPlan | NoChoice:
    """Return the server for a new session.

    `states` is by slot, and a server that is missing there is unknown, thus eligible. `count(slot)` is the number of
    sessions in that row of the shared memory, the asking session not yet among them. `tried` are the slots that failed
    for this session already. The server of a former session (`request.former`) comes before the policy. Backups are
    asked when no other server can take the session.
    """
    if 0 < service.max_sessions <= count(service.slot):
        return full(f"service is full (max_sessions {service.max_sessions})")
    able = []
    for server in service.servers:
        state = states.get(server.slot, _UNKNOWN)
        if server.weight > 0 and server.slot not in tried and state.is_eligible:
            sessions = count(server.slot)
            if not 0 < server.max_sessions <= sessions:
                able.append(Candidate(server, sessions, share_of(server, state, request.now)))
    if not able:
        return _none(service, states, tried)
    candidates = [each for each in able if not each.server.is_backup] or able
    former = next((each.server for each in candidates if each.server.name == request.former), None)
    return former or POLICIES[service.balance](candidates, request).server


def _none(service: ServicePlan, states: Mapping[int, ServerState], tried: Collection[int]) -> NoChoice:
    obstacles = [_obstacle(server, states.get(server.slot, _UNKNOWN), tried) for server in service.servers]
    reason = _why_none(service.servers, obstacles)
    if Obstacle.FULL in obstacles:
        return full(reason)
    return NoChoice(reason, service.sorry_text) if service.sorry_text else NoChoice(reason)


def _why_none(servers: tuple[ServerPlan, ...], obstacles: list[Obstacle]) -> str:
    kinds = list(dict.fromkeys(obstacles))
    if not servers:
        return "service has no servers"
    if len(servers) > 1 and len(kinds) == 1:
        return OF_ALL[kinds[0]].format(count=len(servers))
    if len(servers) <= _NAMED_SERVERS:
        clauses = zip(obstacles, servers, strict=True)
        return ", ".join(OF_ONE[obstacle].format(server=server) for obstacle, server in clauses)
    return "no server is free: " + ", ".join(f"{obstacles.count(kind)} {kind.value}" for kind in kinds)


def _obstacle(server: ServerPlan, state: ServerState, tried: Collection[int]) -> Obstacle:
    """Name what stands between the session and this server; the administrator's word comes before the probes'."""
    obstacles = {
        Obstacle.FAILED: server.slot in tried,
        Obstacle.DRAINED: state.admin is Admin.DRAIN,
        Obstacle.HALTED: state.admin is Admin.HALT,
        Obstacle.DOWN: not state.is_eligible,
        Obstacle.WEIGHTLESS: server.weight <= 0,
    }
    return next((obstacle for obstacle, is_there in obstacles.items() if is_there), Obstacle.FULL)
