"""Services and servers that left the plan: they are told of for as long as sessions stay on them."""

from collections.abc import Callable, Container, Iterable

from msgspec.structs import replace

from ftpair.config.slots import Key
from ftpair.core.plan import AnyService, Plan, ServerPlan

Sessions = Callable[[int], int]
"""Returns the live sessions of a row."""


class Former:
    """What was in a plan before and is not any more. `sessions` counts who stays."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._plan = Plan(0, 1, ())
        self._services: dict[str, AnyService] = {}
        self._servers: dict[Key, ServerPlan] = {}

    def use_plan(self, plan: Plan) -> None:
        """Remember what is not in this plan, but was in the one before."""
        self._services |= {service.name: service for service in self._plan.all_services}
        self._servers |= {(server.service, server.name): server for server in _servers(self._plan)}
        for service in plan.all_services:
            self._services.pop(service.name, None)
        for server in _servers(plan):
            self._servers.pop((server.service, server.name), None)
        self._plan = plan

    def keep(self, keys: Container[Key]) -> None:
        """Forget what has no row any more."""
        self._services = {name: each for name, each in self._services.items() if (name, "") in keys}
        self._servers = {key: each for key, each in self._servers.items() if key in keys}

    def services(self) -> tuple[AnyService, ...]:
        """Return the removed services on which sessions stay, without their servers, which are removed as well."""
        return tuple(
            replace(service, servers=()) for service in self._services.values() if self._sessions(service.slot)
        )

    def servers(self, service: str) -> tuple[ServerPlan, ...]:
        """Return the removed servers of a service on which sessions stay."""
        mine = (server for server in self._servers.values() if server.service == service)
        return tuple(server for server in mine if self._sessions(server.slot))

    def what_of(self, service: str, server: str) -> str:
        """Return what of a session is removed: its `service`, its `server`, or nothing."""
        if service in self._services:
            return "service"
        return "server" if (service, server) in self._servers else ""


def _servers(plan: Plan) -> Iterable[ServerPlan]:
    return (server for service in plan.all_services for server in service.servers)
