"""What a configuration needs of root's powers, as capabilities: workers keep theirs, and no other. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ftpair.config.checks import services
from ftpair.config.machine import Machine
from ftpair.config.models import Config, FtpService, VirtualService
from ftpair.config.problems import Finding, Where, describe, locate
from ftpair.config.tcp import TcpService
from ftpair.core.errors import SetupError

_LOWEST_FREE_PORT = 1024
"""From here on anybody may use a port as a source (ip(7))."""


@dataclass(frozen=True, slots=True)
class Need:
    """A key whose value asks for a capability of the workers, or of the HAProxy that ftpair starts."""

    key: str
    capability: str
    is_there: Callable[[VirtualService], bool]
    instead: str
    """What can be written where nobody grants it."""
    is_haproxys: bool = False


def _is_haproxys(service: VirtualService) -> bool:
    return isinstance(service, TcpService) and service.engine == "haproxy"


def _leaves_as_client(service: VirtualService) -> bool:
    return service.source == "client" and not _is_haproxys(service)


def _leaves_as_client_by_haproxy(service: VirtualService) -> bool:
    return service.source == "client" and _is_haproxys(service)


def _leaves_from_low_port(service: VirtualService) -> bool:
    port = service.active_source_port if isinstance(service, FtpService) else None
    return port is not None and port < _LOWEST_FREE_PORT


NEEDS: tuple[Need, ...] = (
    # IP_TRANSPARENT asks for either of net_raw and net_admin (ip(7)); net_raw may change nothing of the machine.
    Need("source", "net_raw", _leaves_as_client, "source: balancer"),
    # HAProxy 2.6 starts without it, checks servers with success, and lets every client wait in vain: measured.
    Need("source", "net_raw", _leaves_as_client_by_haproxy, "source: balancer", is_haproxys=True),
    Need("active_source_port", "net_bind_service", _leaves_from_low_port, "a higher port"),
)


def capabilities(config: Config) -> tuple[str, ...]:
    """Return the names of the capabilities that workers need, in order."""
    return tuple(sorted({need.capability for _where, need in _needs(config) if not need.is_haproxys}))


def demand_rights(config: Config, machine: Machine) -> None:
    """Raise SetupError for what the configuration needs and this process can neither use nor hand on to its workers."""
    missing = locate(_missing(config, machine), config.lines)
    if missing:
        raise SetupError("; ".join(map(describe, missing)))


def _missing(config: Config, machine: Machine) -> Iterator[Finding]:
    for where, need in _needs(config):
        if need.capability not in machine.capabilities:
            name = f"CAP_{need.capability.upper()}"
            unit = f"give it AmbientCapabilities={name} in its systemd unit (and CapabilityBoundingSet)"
            yield Finding((*where, need.key), f"needs {name}: start ftpair as root, {unit}, or write {need.instead}")


def _needs(config: Config) -> Iterator[tuple[Where, Need]]:
    """Yield the needs of each service; an HAProxy that somebody else starts has what that one gives it."""
    needs = [need for need in NEEDS if config.haproxy.managed or not need.is_haproxys]
    for where, service in services(config):
        yield from ((where, need) for need in needs if need.is_there(service))
