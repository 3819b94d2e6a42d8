"""What services of TCP mode contradict: slices, ports, probes. Pure."""

from collections.abc import Iterator
from itertools import combinations

from ftpair.config.checks import tcp_services
from ftpair.config.machine import Machine
from ftpair.config.models import Config
from ftpair.config.problems import Finding, Where
from ftpair.config.tcp import TcpService
from ftpair.core.endpoint import PortRange
from ftpair.core.plan import LOGS_IN


def contradictory_pairings(config: Config) -> Iterator[Finding]:
    """Yield what keeps services of TCP mode from being used."""
    for where, service in tcp_services(config):
        for look in (_slices, _server_is_the_service, _unneeded_ports, _shared_control_port, _control_port_in_range):
            yield from look(where, service)
        yield from _probe_without_port(where, service)


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
        check = service.health.check
        if check in LOGS_IN and service.probed_tls == "off":
            sentence = f"{check} sends the password of the probe in clear text (server_tls: off)"
            remedy = "write server_tls: explicit, or check: banner"
            yield Finding((*where, "health", "check"), f"{sentence}: {remedy}")


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


def _shared_control_port(where: Where, service: TcpService) -> Iterator[Finding]:
    if service.server_explicit is not None and service.server_explicit == service.server_implicit:
        place, port = _server_port(where, service, "explicit"), service.server_explicit
        sentence = f"{port} is the servers' port for explicit and for implicit TLS: one port speaks one of them"
        yield Finding(place, f"{sentence}, so write another", depends=(_server_port(where, service, "implicit"),))


def _control_port_in_range(where: Where, service: TcpService) -> Iterator[Finding]:
    """Ports of the service itself are compared with its range as all listeners are."""
    for key, port in (("explicit", service.server_ports.explicit), ("implicit", service.server_ports.implicit)):
        if port in service.ports.passive:
            sentence = f"{port} lies in the passive range ({service.ports.passive}), where servers listen for data"
            yield Finding(
                (*where, "server_ports", key), f"{sentence}: write another", depends=((*where, "ports", "passive"),)
            )


def _server_port(where: Where, service: TcpService, key: str) -> Where:
    """Return where a control port of the servers is written."""
    return (*where, "server_ports" if getattr(service.server_ports, key) else "ports", key)


def _probe_without_port(where: Where, service: TcpService) -> Iterator[Finding]:
    wanted = "implicit" if service.server_tls == "implicit" else "explicit"
    if service.server_tls and getattr(service.ports, wanted) is None and service.probed_port:
        sentence = f"{service.server_tls} needs ports.{wanted}, which is not there: remove it, or add the port"
        yield Finding((*where, "server_tls"), sentence, depends=((*where, "ports", wanted),))
