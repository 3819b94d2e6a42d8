"""Plans of services in TCP mode for the tests of the engine."""

from pathlib import Path
from typing import Any

import msgspec

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import HaproxyPlan, Plan, ServerPlan, TcpServicePlan


def server(name: str, slot: int, host: str, port: int = 21, service: str = "VIP", **more: Any) -> ServerPlan:
    """Return a real server."""
    return ServerPlan(slot, service, name, Endpoint(host, port), **more)


def two_servers(port: int = 21, hosts: tuple[str, str] = ("10.0.0.11", "10.0.0.12")) -> tuple[ServerPlan, ServerPlan]:
    """Return the servers A and B."""
    return server("A", 1, hosts[0], port), server("B", 2, hosts[1], port)


def service(**more: Any) -> TcpServicePlan:
    """Return the service of the design's example."""
    usual: dict[str, Any] = {
        "name": "VIP",
        "address": "192.0.2.10",
        "passive": PortRange(1025, 1052),
        "servers": two_servers(),
        "explicit": 21,
        "implicit": 990,
        "server_explicit": 21,
        "server_implicit": 990,
    }
    return TcpServicePlan(**(usual | more))


def sliced(servers: tuple[ServerPlan, ServerPlan], first: PortRange, second: PortRange) -> tuple[ServerPlan, ...]:
    """Return two servers, each with its slice."""
    return tuple(
        msgspec.structs.replace(each, passive=ports) for each, ports in zip(servers, (first, second), strict=True)
    )


def how(folder: Path, **more: Any) -> HaproxyPlan:
    """Return an HAProxy whose files lie in a folder."""
    usual = {"config": f"{folder}/haproxy.cfg", "socket": f"{folder}/runtime.sock", "folder": str(folder)}
    return HaproxyPlan(**(usual | more))


def plan(folder: Path, *services: TcpServicePlan, revision: int = 1, **more: Any) -> Plan:
    """Return a plan with these services."""
    return Plan(revision, 1, (), shutdown_timeout_s=1.0, tcp_services=services, haproxy=how(folder, **more))
