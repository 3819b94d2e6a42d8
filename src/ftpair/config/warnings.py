"""What works but will hurt: nothing here stops a configuration from being used. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from ftpair.config.binding import loosely_bound
from ftpair.config.checks import ftp_services, services
from ftpair.config.descriptors import BACKLOG, carried_here, descriptors_needed
from ftpair.config.haproxy import few_connections
from ftpair.config.machine import Machine
from ftpair.config.models import Config, FtpService, VirtualService
from ftpair.config.pairing import password_in_clear_text, ports_of_nobody
from ftpair.config.probing import demanding_checks
from ftpair.config.problems import Finding, Where
from ftpair.config.tcp import TcpService
from ftpair.core.endpoint import Endpoint

_EVERYBODY = ("0.0.0.0/0", "::/0")
_ANY_PROXY = "whoever connects may claim any client's address; write the networks of your proxies"
_ANY_SERVER = "a server may have data connections made to any host; write the networks of your servers"


def find_warnings(config: Config, machine: Machine) -> tuple[Finding, ...]:
    """Return what the configuration will suffer from on this machine."""
    return tuple(finding for look in _LOOKS for finding in look(config, machine))


def _few_descriptors(config: Config, machine: Machine) -> Iterator[Finding]:
    needed = descriptors_needed(config, config.worker_count(machine.cpus))
    if needed > machine.descriptors:
        has = f"a worker may need {needed} open files, but is allowed {machine.descriptors}"
        yield Finding(("virtual_services",), f"{has}: raise LimitNOFILE (ulimit -n) or lower max_sessions")


def _short_queue(config: Config, machine: Machine) -> Iterator[Finding]:
    if 0 < machine.somaxconn < BACKLOG and any(carried_here(config)):
        short = f"only {machine.somaxconn} connections may wait at a port, and {BACKLOG} are wanted for a flood"
        yield Finding(("virtual_services",), f"{short}: set net.core.somaxconn={BACKLOG} (sysctl)")


def _ports_of_the_kernel(config: Config, machine: Machine) -> Iterator[Finding]:
    local = machine.local_ports
    for where, service in services(config):
        passive = service.ports.passive
        reserved = any(passive.first in each and passive.last in each for each in machine.reserved_ports)
        if local and passive.overlaps(local) and not reserved:
            clash = f"{passive} overlaps net.ipv4.ip_local_port_range ({local}): outgoing connections take its ports"
            remedy = f"choose others, or set net.ipv4.ip_local_reserved_ports={passive}"
            yield Finding((*where, "ports", "passive"), f"{clash}; {remedy}")


def _no_weight(config: Config, _machine: Machine) -> Iterator[Finding]:
    for where, service in services(config):
        pools = defaultdict(list)
        for member in service.members():
            pools[member.where[:-1]].append(member.server.weight)
        for place, weights in pools.items():
            if not any(weights):
                sentence = "every weight is 0, so no server gets a session: write a weight from 1 to 256"
                yield Finding((*where, *place), sentence)


def _servers_twice(config: Config, _machine: Machine) -> Iterator[Finding]:
    """In one pool: a real server of several pools is a way to divide users."""
    for where, service in services(config):
        owners: dict[tuple[Where, Endpoint], str] = {}
        for place, dialled in _dialled(service):
            name = str(place[-1])
            first = owners.setdefault((place[:-1], dialled), name)
            if first != name:
                sentence = f"{dialled} is the address and port of {first} too: one server would count as two"
                yield Finding((*where, *place, "address"), f"{sentence}; write another, or remove one of them")


def _dialled(service: VirtualService) -> Iterator[tuple[Where, Endpoint]]:
    """Yield the place of every real server, with what is dialled for a control connection."""
    if isinstance(service, TcpService):
        for member in service.members():
            yield member.where, Endpoint(member.server.address, service.probed_port)
        return
    for each in service.members():
        yield each.where, Endpoint(each.server.address, each.server.control_port(service.tls_towards(each.server)))


def _useless_ciphers(config: Config, _machine: Machine) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        tls = service.tls
        if tls and tls.ciphers and tls.minimum_version == "1.3":
            sentence = "is for TLS 1.2, which minimum_version 1.3 leaves out: remove one of the two"
            yield Finding((*where, "tls", "ciphers"), sentence)


def _loose_binding(config: Config, _machine: Machine) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        yield from loosely_bound(where, service)


def _nowhere_to_go(config: Config, _machine: Machine) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        pools = Counter(member.where[:-1] for member in service.members() if service.rescue != "off")
        for place in (place for place, count in pools.items() if count < 2):
            sentence = f"rescue {service.rescue} finds no second server here: add one with the same users and files"
            yield Finding((*where, *place), f"{sentence}, or write rescue: off")


def _everybody_believed(config: Config, _machine: Machine) -> Iterator[Finding]:
    for where, service in services(config):
        accepted = service.proxy_protocol.accept_from
        yield from _everybody((*where, "proxy_protocol", "accept_from"), accepted, _ANY_PROXY)
        if isinstance(service, FtpService):
            yield from _everybody((*where, "server_passive_networks"), service.server_passive_networks, _ANY_SERVER)


def _everybody(where: Where, networks: list[str], opened: str) -> Iterator[Finding]:
    for number, network in enumerate(networks):
        if network in _EVERYBODY:
            yield Finding((*where, number), f"{network} holds everybody: {opened}")


_LOOKS: tuple[Callable[[Config, Machine], Iterator[Finding]], ...] = (
    _few_descriptors,
    _short_queue,
    few_connections,
    _ports_of_the_kernel,
    _no_weight,
    _servers_twice,
    ports_of_nobody,
    password_in_clear_text,
    _useless_ciphers,
    _loose_binding,
    _nowhere_to_go,
    _everybody_believed,
    demanding_checks,
)
