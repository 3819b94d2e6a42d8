"""A virtual service as pages show it: as the file has it, as it runs, or both."""

from dataclasses import dataclass

from ftpair.api.problems import RefusalError
from ftpair.core.status import NodeStatus, ServerStatus, ServiceStatus
from ftpair.web.fields import Field, ports_text
from ftpair.web.filled import texts_of
from ftpair.web.service_fields import GROUPS, basic
from ftpair.web.service_form import mode_of, yaml_of
from ftpair.web.wanted import Values, Wanted, pools_of, servers_of


@dataclass(frozen=True, slots=True)
class Server:
    """A real server as the file has it, as it runs, or both."""

    name: str
    pool: str
    address: str
    status: ServerStatus | None
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the file has it, as it runs, or both."""

    name: str
    block: Values | None
    """None: the file has it no more."""
    status: ServiceStatus | None
    """None: it does not run yet."""

    @property
    def mode(self) -> str:
        """Its mode."""
        if self.block is None and self.status:
            return self.status.mode
        return mode_of(self.block or {})

    @property
    def address(self) -> str:
        """Where it listens."""
        if self.block is None and self.status:
            return self.status.address
        return str((self.block or {}).get("address", ""))

    @property
    def ports(self) -> str:
        """Its ports on one line."""
        if self.block is None and self.status:
            running = self.status
            return ports_text({key: getattr(running, key) for key in ("explicit", "implicit", "passive")})
        return ports_text((self.block or {}).get("ports", ""))

    @property
    def servers(self) -> tuple[Server, ...]:
        """Its real servers, those of all pools: first the wanted ones, then those that an apply will remove."""
        running = {server.name: server for server in self.status.servers} if self.status else {}
        wished = [("default", servers_of(self.block or {}))]
        wished += [(pool, servers_of(each)) for pool, each in pools_of(self.block or {}).items()]
        found = [
            Server(name, pool, _dialled(block), running.pop(name, None), is_wanted=True)
            for pool, servers in wished
            for name, block in servers.items()
        ]
        lost = [Server(each.name, each.pool, each.address, each, is_wanted=False) for each in running.values()]
        return (*found, *lost)

    @property
    def settings(self) -> list[tuple[str, list[tuple[Field, str]]]]:
        """What the file says beside servers and ports, by group."""
        block = self.block or {}
        mode = mode_of(block)
        groups = [("", basic(mode)), *((group.title, group.fields(mode)) for group in GROUPS)]
        said = [(title, texts_of(block, fields), fields) for title, fields in groups]
        filled = [
            (title, [(each, texts[each.key]) for each in fields if texts[each.key]]) for title, texts, fields in said
        ]
        return [(title, rows) for title, rows in filled if rows]

    @property
    def yaml(self) -> str:
        """Its block of the file."""
        return yaml_of(self.name, self.block) if self.block is not None else ""


def services_of(found: Wanted, node: NodeStatus) -> list[Service]:
    """Return all services: those of the file, in its order, and those that an apply will remove."""
    running = {service.name: service for service in node.services}
    wished = [Service(name, block, running.pop(name, None)) for name, block in found.services.items()]
    return wished + [Service(name, None, status) for name, status in running.items()]


def service_named(name: str, found: Wanted, node: NodeStatus) -> Service:
    """Return one service. Raises RefusalError."""
    known = services_of(found, node)
    service = next((each for each in known if each.name == name), None)
    if service is None:
        there = ", ".join(each.name for each in known) or "none"
        raise RefusalError("not-found", f"There is no virtual service {name!r}; there are: {there}.")
    return service


def _dialled(block: Values) -> str:
    """Return address and port of a real server as the file has them; without a port, the address alone."""
    address, port = str(block.get("address", "")), block.get("port")
    return f"[{address}]:{port}" if port and ":" in address else f"{address}:{port}" if port else address
