"""Finds the server of a session: its pool by the routes, its former server by affinity, else the policy's."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ftpair.balance.affinity import Bond, key_of
from ftpair.balance.choice import NoChoice, choose
from ftpair.balance.policies import Request
from ftpair.balance.routes import Routed, pool_names, pool_of, route
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.core.status import ServerState
from ftpair.dataplane.bonds import Bonds, Bound


@dataclass(frozen=True, slots=True)
class Scene:
    """How things stand when a server is chosen."""

    states: Mapping[int, ServerState]
    count: Callable[[int], int]
    bonds: Bonds | None = None
    """None: nothing is remembered."""
    tried: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Assigned:
    """The server of a session, or why there is none, and how it was found."""

    choice: ServerPlan | NoChoice
    routed: Routed
    pool: ServicePlan
    key: bytes = b""
    """By which the session is remembered."""
    bond: Bond = ""


class Assigning:
    """Assigns the sessions of one service; in each pool the turn goes on by itself."""

    def __init__(self, plan: ServicePlan, turn: int = 0) -> None:
        self._plan = plan
        self.pools = {name: pool_of(plan, name) for name in pool_names(plan)}
        """The service as each of its pools sees it."""
        self._turns = dict.fromkeys(self.pools, turn)

    def assign(self, request: Request, scene: Scene) -> Assigned:
        """Return the server for a new session, and remember it where that is wanted."""
        routed, pool, key = self._way(request)
        bonds = scene.bonds

        def ask(former: str) -> ServerPlan | NoChoice:
            self._turns[routed.pool] += 1
            asked = replace(request, turn=self._turns[routed.pool], former=former)
            return self._chosen(routed, pool, asked, scene)

        bound = bonds.choose(key, pool, ask) if bonds else Bound(ask(""))
        return Assigned(bound.choice, routed, pool, key, bound.bond)

    def foresee(self, request: Request, scene: Scene) -> Assigned:
        """Return the same for a session that does not come: nothing is changed, nobody loses a turn."""
        routed, pool, key = self._way(request)
        former = scene.bonds.former(key, pool) if scene.bonds else ""
        choice = self._chosen(routed, pool, replace(request, former=former), scene)
        is_kept = isinstance(choice, ServerPlan) and bool(former) and choice.name == former
        return Assigned(choice, routed, pool, key, "kept" if is_kept else "")

    def _way(self, request: Request) -> tuple[Routed, ServicePlan, bytes]:
        routed = route(self._plan, request)
        pool = self.pools[routed.pool]
        return routed, pool, key_of(pool, routed.pool, request)

    def _chosen(self, routed: Routed, pool: ServicePlan, request: Request, scene: Scene) -> ServerPlan | NoChoice:
        choice = choose(pool, scene.states, scene.count, request, scene.tried)
        if isinstance(choice, NoChoice) and len(self.pools) > 1:
            return replace(choice, reason=f"{choice.reason} (pool {routed.pool})")
        return choice
