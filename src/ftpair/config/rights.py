"""What a configuration needs of root's powers, as capabilities: workers keep these, and no other. Pure."""

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
    """A key whose value asks for a capability of the workers."""

    key: str
    capability: str
    is_there: Callable[[VirtualService], bool]
    instead: str
    """What can be written where nobody grants it."""


def _leaves_as_client(service: VirtualService) -> bool:
    """Return whether workers make connections under the client's address; HAProxy makes its own."""
    by_haproxy = isinstance(service, TcpService) and service.engine == "haproxy"
    return service.source == "client" and not by_haproxy


def _leaves_from_low_port(service: VirtualService) -> bool:
    port = service.active_source_port if isinstance(service, FtpService) else None
    return port is not None and port < _LOWEST_FREE_PORT


NEEDS: tuple[Need, ...] = (
    # IP_TRANSPARENT asks for either of net_raw and net_admin (ip(7)); net_raw may change nothing of the machine.
    Need("source", "net_raw", _leaves_as_client, "source: balancer"),
    Need("active_source_port", "net_bind_service", _leaves_from_low_port, "a higher port"),
)


def capabilities(config: Config) -> tuple[str, ...]:
    """Return the names of the capabilities that workers need, in order."""
    return tuple(sorted({need.capability for _where, need in _needs(config)}))


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
    for where, service in services(config):
        yield from ((where, need) for need in NEEDS if need.is_there(service))
