"""The states of all real servers: admin comes from the administrator, health from the probes, and both meet here.

A server that is ejected is down whatever the probes say; their verdict is kept until it comes back.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from ftpair.app.admin import AdminFile, Server, Wish
from ftpair.balance.slow_start import came_up
from ftpair.core.drain import Drain
from ftpair.core.plan import Plan, ServerPlan
from ftpair.core.status import Admin, Health, ServerState


class States:
    """One state per server of the plan. `changed` is called when workers must know, `say` with a new health."""

    def __init__(
        self,
        admin: AdminFile,
        changed: Callable[[], None],
        say: Callable[[ServerPlan, str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._admin, self._changed, self._say, self._now = admin, changed, say, now
        self._servers: dict[int, ServerPlan] = {}
        self._states: dict[int, ServerState] = {}
        self._verdicts: dict[int, ServerState] = {}
        """What the probes said last of those that are ejected."""
        self._since: dict[int, int] = {}
        """The revision from which on verdicts about a slot mean the server that is there now."""

    def by_slot(self) -> dict[int, ServerState]:
        """Return the states of all servers of the plan."""
        return dict(self._states)

    def of(self, server: ServerPlan) -> ServerState:
        """Return the state of a server."""
        return self._states.get(server.slot, ServerState())

    def use_plan(self, plan: Plan) -> None:
        """Keep the servers of this plan; one that is new, or reached in a new way, is unknown until it is probed."""
        former, states, since = self._servers, self._states, self._since
        self._servers = {server.slot: server for service in plan.all_services for server in service.servers}
        self._states = {
            slot: states[slot] if is_same_place(former.get(slot), server) else self._begun(server)
            for slot, server in self._servers.items()
        }
        self._verdicts = {slot: kept for slot, kept in self._verdicts.items() if slot in self._states}
        self._since = {
            slot: since[slot] if is_same_place(former.get(slot), server) else plan.revision
            for slot, server in self._servers.items()
        }
        self._changed()

    def begin_anew(self, plan: Plan) -> None:
        """Want nothing yet of the servers that a plan is to add, whatever was wanted of others of their names."""
        added = _named(plan) - self._names
        self._admin.forget(lambda server: server in added)

    def forget_gone(self, may_return: Callable[[str, str], bool]) -> None:
        """Forget what was wanted of servers that are gone, but for those that a way back could bring again."""
        names = self._names
        self._admin.forget(lambda server: server not in names and not may_return(*server))

    def left_out(self, plan: Plan) -> tuple[tuple[ServerPlan, Admin], ...]:
        """Return the servers that a plan would bring back as they were left, if that is not online."""
        servers = (server for service in plan.all_services for server in service.servers)
        back = (each for each in servers if (each.service, each.name) not in self._names)
        wished = ((server, self._begun(server).admin) for server in back)
        return tuple((server, admin) for server, admin in wished if admin is not Admin.ONLINE)

    @property
    def _names(self) -> set[Server]:
        return {(server.service, server.name) for server in self._servers.values()}

    def recall(self, states: Mapping[int, ServerState]) -> None:
        """Take what a former supervisor knew of servers that are not probed yet; who was ejected gets a new chance."""
        for slot, former in states.items():
            state = self._states.get(slot)
            if state is not None and state.health is Health.UNKNOWN and not former.is_ejected:
                self._states[slot] = replace(former, admin=state.admin, drain=state.drain)
        self._changed()

    def hear(self, slot: int, verdict: ServerState, revision: int) -> bool:
        """Take the verdict of probes by the plan of that revision, and return whether it counts.

        One about a server that is gone, or was somewhere else then, is late, and nothing to speak of.
        """
        server, former = self._servers.get(slot), self._states.get(slot)
        if server is None or former is None or revision < self._since[slot]:
            return False
        if former.is_ejected:
            self._verdicts[slot] = verdict
            return False
        self._turn(server, verdict)
        return True

    def _turn(self, server: ServerPlan, verdict: ServerState) -> None:
        """Let this be the health of a server."""
        former = self._states[server.slot]
        again = came_up(former, verdict.health, self._now())
        state = self._states[server.slot] = replace(verdict, admin=former.admin, drain=former.drain, came_up=again)
        is_told = former.is_ejected or state.health is not Health.UNKNOWN
        if state.health is not former.health and is_told:
            self._say(server, f"{server.name} is {state.reason}")
        if replace(state, check_seconds=0.0) != replace(former, check_seconds=0.0):
            self._changed()

    def eject(self, server: ServerPlan, reason: str, at: float) -> None:
        """Take a server out, whatever the probes say; `at` in seconds since the epoch."""
        former = self._verdicts[server.slot] = self._states[server.slot]
        ejected = replace(former, health=Health.DOWN, reason=f"down: {reason}", since=at, is_ejected=True)
        self._turn(server, ejected)

    def bring_back(self, server: ServerPlan, at: float) -> None:
        """Let the probes' last verdict hold again for a server that is ejected."""
        verdict = self._verdicts.pop(server.slot)
        self._turn(server, replace(verdict, since=at) if verdict.health is not Health.DOWN else verdict)

    def probed(self, server: ServerPlan) -> ServerState:
        """Return what the probes say of a server, ejected or not."""
        return self._verdicts.get(server.slot) or self.of(server)

    def save_again(self) -> None:
        """Keep the wishes that could not be kept, if there is room by now; called now and then."""
        self._admin.save_again()

    def set_admin(self, server: ServerPlan, wish: Wish) -> None:
        """Follow the administrator from now on, and over a restart."""
        self._admin.set((server.service, server.name), wish)
        self._states[server.slot] = replace(self.of(server), admin=wish.admin, drain=wish.drain)
        self._changed()

    def drained(self) -> tuple[tuple[ServerPlan, Drain], ...]:
        """Return the servers of the plan that are drained, each with its drain."""
        found = ((self._servers[slot], state.drain) for slot, state in self._states.items())
        return tuple((server, drain) for server, drain in found if drain is not None)

    def _begun(self, server: ServerPlan) -> ServerState:
        wish = self._admin.of((server.service, server.name))
        return ServerState(admin=wish.admin, drain=wish.drain)


def _named(plan: Plan) -> set[Server]:
    return {(server.service, server.name) for service in plan.all_services for server in service.servers}


def is_same_place(former: ServerPlan | None, server: ServerPlan) -> bool:
    """Return whether what the probes found of the former still holds."""
    return former is not None and (former.service, former.name, former.address, former.tls) == (
        server.service,
        server.name,
        server.address,
        server.tls,
    )
