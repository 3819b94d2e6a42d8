"""What works but will hurt: nothing here stops a configuration from being used. Pure."""

from collections.abc import Callable, Iterator

from ftpair.config.checks import services
from ftpair.config.machine import Machine
from ftpair.config.models import Config
from ftpair.config.problems import Finding

DESCRIPTORS_PER_SESSION = 8
"""Control and data connection on two legs (4), and the two pipes of a clear relay (4)."""
DESCRIPTORS_OF_A_PROCESS = 64
"""Standard streams, event loop, channel, logs, and room to breathe."""
USUAL_SESSIONS = 1000
"""What a service without `max_sessions` is taken to need."""


def find_warnings(config: Config, machine: Machine) -> tuple[Finding, ...]:
    """Return what the configuration will suffer from on this machine."""
    return tuple(finding for look in _LOOKS for finding in look(config, machine))


def descriptors_needed(config: Config, workers: int) -> int:
    """Return how many files one worker may have open at a time; the kernel may give it twice its even share."""
    sessions = sum(service.max_sessions or USUAL_SESSIONS for _, service in services(config))
    share = min(sessions, -(-2 * sessions // workers))
    ports = sum(2 + -(-len(service.ports.passive) // workers) for _, service in services(config))
    return DESCRIPTORS_OF_A_PROCESS + ports + share * DESCRIPTORS_PER_SESSION


def _few_descriptors(config: Config, machine: Machine) -> Iterator[Finding]:
    needed = descriptors_needed(config, config.worker_count(machine.cpus))
    if needed > machine.descriptors:
        has = f"a worker may need {needed} open files, but is allowed {machine.descriptors}"
        yield Finding(("virtual_services",), f"{has}: raise LimitNOFILE (ulimit -n) or lower max_sessions")


def _ports_of_the_kernel(config: Config, machine: Machine) -> Iterator[Finding]:
    local = machine.local_ports
    for where, service in services(config):
        passive = service.ports.passive
        reserved = any(passive.first in each and passive.last in each for each in machine.reserved_ports)
        if local and passive.first <= local.last and local.first <= passive.last and not reserved:
            clash = f"{passive} overlaps net.ipv4.ip_local_port_range ({local}): outgoing connections take its ports"
            remedy = f"choose others, or set net.ipv4.ip_local_reserved_ports={passive}"
            yield Finding((*where, "ports", "passive"), f"{clash}; {remedy}")


def _no_weight(config: Config, _machine: Machine) -> Iterator[Finding]:
    for where, service in services(config):
        servers = service.real_servers.values()
        if servers and all(server.weight == 0 for server in servers):
            sentence = "every weight is 0, so no server gets a session: write a weight from 1 to 256"
            yield Finding((*where, "real_servers"), sentence)


_LOOKS: tuple[Callable[[Config, Machine], Iterator[Finding]], ...] = (
    _few_descriptors,
    _ports_of_the_kernel,
    _no_weight,
)
