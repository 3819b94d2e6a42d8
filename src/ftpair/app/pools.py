"""The pools of the services that run, and the weights of their servers."""

import asyncio
from collections.abc import Iterator

from ftpair.app.change import bring_in, prepare, refuse_unconfirmed
from ftpair.app.history import keep_found, write_config
from ftpair.app.node import Node
from ftpair.app.status import node_status, refusals_of
from ftpair.balance.routes import pool_names
from ftpair.config.load import read_config, understood
from ftpair.config.machine import this_machine
from ftpair.config.models import Config
from ftpair.config.patch import patched
from ftpair.config.problems import Where
from ftpair.core.actions import Applied, Apply, Refused
from ftpair.core.errors import SetupError
from ftpair.core.merge_patch import nested
from ftpair.core.plan import AnyService, ServicePlan
from ftpair.core.pools import GetPools, PoolsAre, PoolStatus, SetWeight
from ftpair.core.routing import DEFAULT_POOL
from ftpair.core.status import ServiceStatus


async def get_pools(node: Node, _action: GetPools) -> PoolsAre:
    """Return the pools of all services."""
    shown = zip(node_status(node).services, node.plan.all_services, strict=True)
    return PoolsAre(tuple(pool for status, service in shown for pool in _pools(node, status, service)))


def _pools(node: Node, status: ServiceStatus, service: AnyService) -> Iterator[PoolStatus]:
    if not isinstance(service, ServicePlan):
        yield _pool(status, service, DEFAULT_POOL, (status.is_serving, status.reason))
        return
    names, refusals = pool_names(service), refusals_of(node, service)
    is_whole_matter = not status.is_serving and len(refusals) < len(names)  # Of the node, and not of its pools.
    for name in names:
        own = (name not in refusals, refusals.get(name, "new sessions find a server"))
        yield _pool(status, service, name, (False, status.reason) if is_whole_matter else own)


def _pool(status: ServiceStatus, service: AnyService, name: str, serving: tuple[bool, str]) -> PoolStatus:
    servers = tuple(server for server in status.servers if server.pool == name)
    policies, routes = (service.pools, service.routes) if isinstance(service, ServicePlan) else ({}, ())
    return PoolStatus(
        service=service.name,
        name=name,
        balance=policies.get(name, service.balance),
        routes=tuple(f"rule {number}: {rule}" for number, rule in enumerate(routes, 1) if rule.pool == name),
        servers=servers,
        sessions=sum(server.sessions for server in servers),
        transfers=sum(server.transfers for server in servers),
        bytes_per_second=sum(server.bytes_per_second for server in servers),
        is_serving=serving[0],
        reason=serving[1],
    )


async def set_weight(node: Node, order: SetWeight) -> Applied | Refused:
    """Give a server another weight at once, in what runs and in the file; whatever else waits there goes on waiting.

    Raises NotFoundError, and InvalidConfigError if the file cannot be changed.
    """
    node.plan.server(order.service, order.server)  # Raises if it does not run.
    found = await asyncio.to_thread(read_config, node.path)
    if refused := refuse_unconfirmed(node):
        return refused
    wanted = await asyncio.to_thread(_weighed, node, node.checked.content, order)
    text = wanted if found == node.checked.content else await asyncio.to_thread(_weighed, node, found, order)
    try:
        keep_found(node, found)
        change = await prepare(node, wanted)
        await asyncio.to_thread(write_config, node.path, text)
    except SetupError as error:
        return Refused("setup", error.sentence)
    answer = await bring_in(node, change, Apply(author=order.author, comment=order.comment))
    if isinstance(answer, Refused):
        await asyncio.to_thread(write_config, node.path, found)
    return answer


def _weighed(node: Node, content: bytes, order: SetWeight) -> bytes:
    """Return a text with the weight; one that has no such server any more stays as it is."""
    machine = this_machine()
    place = _place(understood(str(node.path), content, machine), order)
    return patched(content, nested(place, {"weight": order.weight}), machine) if place else content


def _place(config: Config, order: SetWeight) -> Where:
    """Return where a server stands in the file; nothing: nowhere."""
    service = config.virtual_services.get(order.service)
    members = service.members() if service else iter(())
    for member in members:
        if member.name == order.server:
            return ("virtual_services", order.service, *member.where)
    return ()
