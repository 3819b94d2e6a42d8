"""Tells when a pool has lost its quorum, and when it is met again; keeps which are lost."""

from collections.abc import Callable, Mapping

from ftpair.balance.quorum import quorums
from ftpair.core.plan import Plan
from ftpair.core.status import PoolQuorum, ServerState

Say = Callable[[str, PoolQuorum], None]
"""Takes the service and how one of its pools stands now."""


class Quorums:
    """The pools of the plan that lack servers. `say` hears of each that is lost or met again."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._lost: set[tuple[str, str]] = set()

    def look(self, plan: Plan, states: Mapping[int, ServerState]) -> None:
        """Compare with the states of all servers; a pool whose quorum was taken away is forgotten."""
        former, self._lost = self._lost, set()
        for service in plan.all_services:
            for quorum in quorums(service, states):
                key = (service.name, quorum.pool)
                if not quorum.is_met:
                    self._lost.add(key)
                if quorum.is_met is (key in former):
                    self._say(service.name, quorum)
