"""What TCP mode contradicts: slices, engines, ports; and what HAProxy needs of the machine. Pure."""

from collections.abc import Iterator
from itertools import combinations

from ftpair.config.checks import tcp_services
from ftpair.config.machine import Machine
from ftpair.config.models import Config
from ftpair.config.problems import Finding, Where
from ftpair.config.tcp import TcpService
from ftpair.core.endpoint import PortRange
from ftpair.core.errors import SetupError

OLDEST_HAPROXY = (2, 6)
CONNECTIONS_PER_SESSION = 2
"""One for commands, one for data."""
DESCRIPTORS_PER_CONNECTION = 4
"""Two sockets, and the two ends of the pipe that bytes are spliced through."""
USUAL_SESSIONS = 1000
"""What a service without `max_sessions` is taken to need."""
DESCRIPTORS_OF_HAPROXY = 100
"""Its own: event polls, logs, checks, the sockets of the runtime API."""


def contradictory_pairings(config: Config) -> Iterator[Finding]:
    """Yield what keeps services of TCP mode from being used."""
    for where, service in tcp_services(config):
        for look in (_slices, _server_is_the_service, _unneeded_ports, _probe_without_port):
            yield from look(where, service)
    yield from _unmanaged(config)


def _slices(where: Where, service: TcpService) -> Iterator[Finding]:
    pairing = (*where, "pairing")
    for number, member in enumerate(service.members()):
        place, own = (*where, *member.where, "passive"), member.server.passive
        if service.pairing == "source" and own is not None:
            sentence = "is a slice, and with pairing: source every server answers for the whole range: remove it"
            yield Finding(place, f"{sentence}, or write pairing: port", depends=(pairing,))
        elif service.pairing == "port" and own is None:
            yield Finding(place, f"is missing: {_proposal(service, number)}", depends=(pairing,))
        elif own is not None and not _lies_in(own, service.ports.passive):
            sentence = f"{own} leaves the passive range of the service ({service.ports.passive}): write ports in it"
            yield Finding(place, sentence, depends=((*where, "ports", "passive"),))
    yield from _shared_ports(where, service)


def _shared_ports(where: Where, service: TcpService) -> Iterator[Finding]:
    for one, other in combinations(service.members(), 2):
        first, second = one.server.passive, other.server.passive
        if first and second and first.overlaps(second):
            sentence = f"{second} overlaps the slice of {one.name} ({first}): a port must name one server alone"
            place = (*where, *other.where, "passive")
            yield Finding(place, f"{sentence}, so write other ports", depends=((*where, *one.where, "passive"),))


def _proposal(service: TcpService, number: int) -> str:
    """Return what to write for a server without a slice: its even share of the range."""
    whole, servers = service.ports.passive, len(service.real_servers)
    share = len(whole) // servers
    if share == 0:
        return f"the range {whole} has fewer ports than there are servers: widen it, then give each server its slice"
    first = whole.first + number * share
    own = PortRange(first, first + share - 1)
    return f"with pairing: port each server owns a slice of the passive range, so write for example {own}"


def _lies_in(own: PortRange, whole: PortRange) -> bool:
    return own.first in whole and own.last in whole


def _server_is_the_service(where: Where, service: TcpService) -> Iterator[Finding]:
    for member in service.members():
        if member.server.address == service.address and service.probed_port in (
            service.ports.explicit,
            service.ports.implicit,
        ):
            sentence = "is the address of the service itself, an endless loop: write the real server's"
            yield Finding((*where, *member.where, "address"), sentence)


def _unneeded_ports(where: Where, service: TcpService) -> Iterator[Finding]:
    for key in ("explicit", "implicit"):
        if getattr(service.server_ports, key) and getattr(service.ports, key) is None:
            sentence = f"is a port for which the service has none: add {key} to its ports, or remove it"
            yield Finding((*where, "server_ports", key), sentence, depends=((*where, "ports", key),))


def _probe_without_port(where: Where, service: TcpService) -> Iterator[Finding]:
    wanted = "implicit" if service.server_tls == "implicit" else "explicit"
    if service.server_tls and getattr(service.ports, wanted) is None and service.probed_port:
        sentence = f"{service.server_tls} needs ports.{wanted}, which is not there: remove it, or add the port"
        yield Finding((*where, "server_tls"), sentence, depends=((*where, "ports", wanted),))


def _unmanaged(config: Config) -> Iterator[Finding]:
    wanted = config.haproxy
    if wanted.managed:
        if wanted.reload:
            sentence = "is only for an HAProxy that runs by itself: remove it, or write managed: false"
            yield Finding(("haproxy", "reload"), sentence)
        return
    for key in ("config", "socket", "reload"):
        if not getattr(wanted, key):
            sentence = "is missing: with managed: false ftpair must know the file, the socket and the command"
            yield Finding(("haproxy", key), f"{sentence} of the HAProxy that runs", depends=(("haproxy", "managed"),))


def missing_engine(config: Config, machine: Machine) -> Iterator[Finding]:
    """Yield services that HAProxy is to carry, where there is none, or one that is too old."""
    users = [where for where, service in tcp_services(config) if service.engine == "haproxy"]
    if not users:
        return
    program = config.haproxy.program
    found = machine.haproxy(program)
    if found is None or found < OLDEST_HAPROXY:
        what = f"{program} is version {'.'.join(map(str, found))}" if found else f"there is no program {program}"
        remedy = "install it (apt install haproxy), or write engine: builtin"
        for where in users:
            yield Finding((*where, "engine"), f"needs HAProxy 2.6 or newer, and {what}: {remedy}")


def haproxy_descriptors(config: Config) -> int:
    """Return how many files HAProxy may have open: one per port that it listens on, four per connection."""
    carried = [service for _where, service in tcp_services(config) if service.engine == "haproxy"]
    return (
        DESCRIPTORS_OF_HAPROXY
        + sum(map(_listeners, carried))
        + haproxy_connections(config) * DESCRIPTORS_PER_CONNECTION
    )


def haproxy_connections(config: Config) -> int:
    """Return how many connections HAProxy may have at a time."""
    carried = [service for _where, service in tcp_services(config) if service.engine == "haproxy"]
    return CONNECTIONS_PER_SESSION * sum(service.max_sessions or USUAL_SESSIONS for service in carried)


def _listeners(service: TcpService) -> int:
    return len(service.ports.passive) + len([port for port in (service.ports.explicit, service.ports.implicit) if port])


def demand_descriptors(config: Config, machine: Machine) -> None:
    """Raise SetupError if HAProxy may not open as many files as its ports and connections need."""
    if not any(service.engine == "haproxy" for _where, service in tcp_services(config)):
        return
    needed = haproxy_descriptors(config)
    if needed > machine.descriptors:
        ports = sum(_listeners(service) for _where, service in tcp_services(config) if service.engine == "haproxy")
        sentence = (
            f"HAProxy needs {needed} open files ({ports} of them for ports), but is allowed {machine.descriptors}"
        )
        raise SetupError(f"{sentence}: narrow the passive range, lower max_sessions, or raise LimitNOFILE (ulimit -n)")
