"""Rows of servers and services that left the plan: free again when nothing can count in them any more."""

from collections.abc import Callable

from ftpair.config.slots import Key, Slots
from ftpair.core.plan import Plan

RELEASE_AFTER_S = 600.0
"""A session that began under the former plan may still choose by it, at the latest when it logs in."""


def keys_of(plan: Plan) -> set[Key]:
    """Return the keys of all services and servers of a plan."""
    servers = {(server.service, server.name) for service in plan.all_services for server in service.servers}
    return servers | {(service.name, "") for service in plan.all_services}


class Leaving:
    """Keys that no plan needs any more, and since when."""

    def __init__(self) -> None:
        self._since: dict[Key, float] = {}

    def release(self, slots: Slots, plan: Plan, sessions: Callable[[int], int], now: float) -> None:
        """Free the rows that are left: long out of the plan, and without a session."""
        gone = slots.keys() - keys_of(plan)
        self._since = {key: self._since.get(key, now) for key in gone}
        for key, since in self._since.items():
            if now - since >= RELEASE_AFTER_S and sessions(slots[key]) == 0:
                slots.free(key)
