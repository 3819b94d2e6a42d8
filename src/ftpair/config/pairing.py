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
DESCRIPTORS_PER_CONNECTION = 3
"""Two sockets, and its share of the pipes that bytes are spliced through (HAProxy: one for four connections)."""
FEWEST_CONNECTIONS = 100
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
    yield from _unprivileged(config)
    yield from _lonely(config)


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


def ports_of_nobody(config: Config, _machine: Machine) -> Iterator[Finding]:
    """Yield a warning for passive ports that lie in no server's slice."""
    for where, service in tcp_services(config):
        gaps = ", ".join(str(each if len(each) > 1 else each.first) for each in _gaps(service))
        if service.pairing == "port" and gaps:
            sentence = f"no server's slice has {gaps}, where connections are refused: widen slices, or narrow the range"
            yield Finding((*where, "ports", "passive"), sentence)


def _gaps(service: TcpService) -> Iterator[PortRange]:
    """Yield what the slices leave of the range; they overlap nowhere."""
    own = (member.server.passive for member in service.members())
    free = service.ports.passive.first
    for each in sorted((each for each in own if each), key=lambda each: each.first):
        if free < each.first:
            yield PortRange(free, each.first - 1)
        free = each.last + 1
    if free <= service.ports.passive.last:
        yield PortRange(free, service.ports.passive.last)


def password_in_clear_text(config: Config, _machine: Machine) -> Iterator[Finding]:
    """Yield a warning where probes log in without TLS; in TCP mode clients are meant to speak TLS with servers."""
    for where, service in tcp_services(config):
        if service.health.check == "login" and service.probed_tls == "off":
            sentence = "sends the password of the probe in clear text (server_tls: off)"
            yield Finding(
                (*where, "health", "check"), f"login {sentence}: write server_tls: explicit, or check: banner"
            )


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
        if member.server.address == service.address:  # By whatever port: passive ports are the same on both sides.
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


def _unprivileged(config: Config) -> Iterator[Finding]:
    if config.haproxy.user and any(service.source == "client" for service in carried_by_haproxy(config)):
        sentence = "cannot make connections under the addresses of clients (source: client), as root can: remove it"
        yield Finding(("haproxy", "user"), f"{config.haproxy.user} {sentence}, or write source: balancer")


def _lonely(config: Config) -> Iterator[Finding]:
    """HAProxy only warns of a node without an entry, and then shares nothing."""
    node, peers = config.haproxy.node, config.haproxy.peers
    if peers and node not in peers:
        sentence = f"{node} is not among the peers ({', '.join(peers)}): write the name that this machine has there"
        yield Finding(("haproxy", "node"), sentence, depends=(("haproxy", "peers"),))
    for one, other in combinations(peers, 2):
        if peers[one] == peers[other]:
            sentence = f"{peers[other]} is the address of {one} already: write the address and port of {other}"
            yield Finding(("haproxy", "peers", other), sentence, depends=(("haproxy", "peers", one),))


def missing_engine(config: Config, machine: Machine) -> Iterator[Finding]:
    """Yield services that HAProxy is to carry, where there is none, or one that is too old."""
    users = [where for where, service in tcp_services(config) if service.engine == "haproxy"]
    if not users:
        return
    program = machine.locate(config.haproxy.program)
    found = machine.haproxy(program)
    if found is None or found < OLDEST_HAPROXY:
        what = f"{program} is version {'.'.join(map(str, found))}" if found else f"there is no program {program}"
        remedy = "install it (apt install haproxy), write haproxy: {program: PATH}, or engine: builtin"
        for where in users:
            yield Finding((*where, "engine"), f"needs HAProxy 2.6 or newer, and {what}: {remedy}")


def carried_by_haproxy(config: Config) -> list[TcpService]:
    """Return the services that HAProxy carries."""
    return [service for _where, service in tcp_services(config) if service.engine == "haproxy"]


def wanted_connections(config: Config) -> int:
    """Return how many connections HAProxy may be asked to have at a time."""
    return CONNECTIONS_PER_SESSION * sum(each.max_sessions or USUAL_SESSIONS for each in carried_by_haproxy(config))


def most_connections(config: Config, machine: Machine) -> int:
    """Return how many it can have beside a descriptor for every port that it listens on."""
    free = machine.descriptors - DESCRIPTORS_OF_HAPROXY - _listeners(config)
    return free // DESCRIPTORS_PER_CONNECTION


def _listeners(config: Config) -> int:
    return sum(
        len(service.ports.passive) + sum(port is not None for port in (service.ports.explicit, service.ports.implicit))
        for service in carried_by_haproxy(config)
    )


def demand_descriptors(config: Config, machine: Machine) -> None:
    """Raise SetupError if HAProxy may not open as many files as its ports and a few sessions need."""
    if carried_by_haproxy(config) and most_connections(config, machine) < FEWEST_CONNECTIONS:
        ports = _listeners(config)
        needed = DESCRIPTORS_OF_HAPROXY + ports + FEWEST_CONNECTIONS * DESCRIPTORS_PER_CONNECTION
        sentence = f"HAProxy needs {needed} open files, one for each of {ports} ports, but is allowed"
        remedy = "narrow the passive range, or raise LimitNOFILE of the unit (ulimit -n)"
        raise SetupError(f"{sentence} {machine.descriptors}: {remedy}")


def few_connections(config: Config, machine: Machine) -> Iterator[Finding]:
    """Yield a warning if HAProxy cannot have all the sessions that it may be asked for."""
    wanted, most = wanted_connections(config), most_connections(config, machine)
    if wanted > most:
        has = (
            f"HAProxy may be asked for {wanted} connections, and can have {most} with {machine.descriptors} open files"
        )
        yield Finding(("virtual_services",), f"{has}: raise LimitNOFILE (ulimit -n) or lower max_sessions")
