"""What single values cannot show: contradictions between keys and between services. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from ftpair.config.binding import unbindable
from ftpair.config.by_network import never_reached
from ftpair.config.commanding import contradictions_of
from ftpair.config.models import Config, FtpService, VirtualService
from ftpair.config.problems import Finding, Where, path_of
from ftpair.config.tcp import TcpService
from ftpair.core.endpoint import PortRange, are_one_host
from ftpair.core.plan import LOGS_IN

Check = Callable[[Config, int], Iterator[Finding]]
"""Takes the configuration and the number of CPUs."""


def contradictions(config: Config, cpus: int) -> tuple[Finding, ...]:
    """Return everything that contradicts something else in the configuration."""
    return tuple(finding for check in _CHECKS for finding in check(config, cpus))


def services(config: Config) -> Iterator[tuple[Where, VirtualService]]:
    """Yield every virtual service with its place."""
    return ((("virtual_services", name), service) for name, service in config.virtual_services.items())


def ftp_services(config: Config) -> Iterator[tuple[Where, FtpService]]:
    """Yield those in FTP mode."""
    return ((where, service) for where, service in services(config) if isinstance(service, FtpService))


def tcp_services(config: Config) -> Iterator[tuple[Where, TcpService]]:
    """Yield those in TCP mode."""
    return ((where, service) for where, service in services(config) if isinstance(service, TcpService))


def _no_service(config: Config, _cpus: int) -> Iterator[Finding]:
    if not config.virtual_services and config.web is None:
        example = "virtual_services: {FTP_VIP: {address: ..., ports: ..., real_servers: ...}}"
        sentence = f"holds no service: write at least one, {example}, or web: {{}} to make one in the browser"
        yield Finding(("virtual_services",), sentence)


def _no_control_port(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in services(config):
        if service.ports.explicit is None and service.ports.implicit is None:
            ports = (*where, "ports")
            sentence = "is missing, and so is implicit: write explicit: 21, implicit: 990 or both"
            yield Finding((*ports, "explicit"), sentence, depends=((*ports, "implicit"),))


def _implicit_without_tls(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        if service.ports.implicit is not None and service.tls is None:
            sentence = "needs TLS: add tls: {certificate: NAME} to the service, or remove the implicit port"
            yield Finding((*where, "ports", "implicit"), sentence, depends=((*where, "tls"),))


def _unknown_certificate(config: Config, _cpus: int) -> Iterator[Finding]:
    known = ", ".join(config.certificates)
    remedy = f"write one of {known}" if known else "add it under certificates: {NAME: {certificate: ..., key: ...}}"
    for place, name in certificates_named(config):
        if name not in config.certificates:
            sentence = f"{name} is not the name of a certificate: {remedy}"
            yield Finding(place, sentence, depends=(("certificates", name),))


def certificates_named(config: Config) -> Iterator[tuple[Where, str]]:
    """Yield each place that names a certificate, and the name."""
    if config.web and config.web.certificate:
        yield ("web", "certificate"), config.web.certificate
    for where, service in ftp_services(config):
        if service.tls:
            yield (*where, "tls", "certificate"), service.tls.certificate
            for place, name in enumerate(service.tls.certificates):
                yield (*where, "tls", "certificates", place), name
        if service.server_certificate:
            yield (*where, "server_certificate"), service.server_certificate
        for member in service.members():
            if member.server.server_certificate:
                yield (*where, *member.where, "server_certificate"), member.server.server_certificate


def _certificates_demanded_in_vain(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        tls = service.tls
        demand = tls and tls.client_certificate and tls.client_certificate.demand
        if tls and demand == "require" and tls.clear_text == "allow" and service.ports.explicit is not None:
            place = (*where, "tls", "clear_text")
            sentence = "allows logins without the certificate that client_certificate requires: write refuse"
            yield Finding(place, sentence, depends=((*where, "tls", "client_certificate", "demand"),))


def _nothing_to_match(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        places = [where] * (service.server_tls == "match")
        places += [(*where, *each.where) for each in service.members() if each.server.server_tls == "match"]
        for place in places:
            yield from _match_problems(where, service, (*place, "server_tls"))


def _match_problems(where: Where, service: FtpService, place: Where) -> Iterator[Finding]:
    if service.tls is None:
        sentence = "match follows the TLS of clients, and the service offers none: write off or explicit, or add tls"
        yield Finding(place, sentence, depends=((*where, "tls"),))
    if service.connect == "at-once":
        sentence = "match cannot follow a client that connect: at-once brings to a server before its AUTH"
        yield Finding(place, f"{sentence}: write connect: at-login", depends=((*where, "connect"),))


def _no_real_server(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in services(config):
        if not service.real_servers:
            sentence = "holds no server: write at least one, such as FTP_SVR1: {address: 10.0.0.11}"
            yield Finding((*where, "real_servers"), sentence)


def _login_without_user(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in services(config):
        health = (*where, "health")
        missing = [key for key in ("user", "password_file") if not getattr(service.health, key)]
        if service.health.check in LOGS_IN and missing:
            needed = f"{service.health.check} needs {' and '.join(missing)}"
            sentence = f"{needed}: add it to the block health, or write check: banner"
            yield Finding((*health, "check"), sentence, depends=tuple((*health, key) for key in missing))


def _too_few_passive_ports(config: Config, cpus: int) -> Iterator[Finding]:
    workers = config.worker_count(cpus)
    for where, service in ftp_services(config):
        passive = service.ports.passive
        if len(passive) < workers:
            remedy = f"write at least {workers} ports, or workers: {len(passive)}"
            sentence = f"{passive} has fewer ports ({len(passive)}) than there are workers ({workers}): {remedy}"
            yield Finding((*where, "ports", "passive"), sentence, depends=(("workers",),))


def _source_port_is_taken(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        port = service.active_source_port
        taken = next((claim for claim in _claims(where, service) if port in claim.ports), None)
        if taken:
            sentence = f"{port} is a port that the service listens on ({taken.key} {taken.text}): write another"
            yield Finding((*where, "active_source_port"), f"{sentence}, such as 20", depends=(taken.where,))


def _server_ports_are_taken(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        wanted = service.server_active_ports
        taken = next((claim for claim in _claims(where, service) if wanted and wanted.overlaps(claim.ports)), None)
        if taken:
            sentence = f"{wanted} overlaps {taken.key} {taken.text}, where clients are awaited: write other ports"
            yield Finding((*where, "server_active_ports"), sentence, depends=(taken.where,))


def _server_is_the_service(config: Config, _cpus: int) -> Iterator[Finding]:
    own = {
        (service.address, port): path_of(where)
        for where, service in services(config)
        for port in (service.ports.explicit, service.ports.implicit)
    }
    for where, service in ftp_services(config):
        for member in service.members():
            server = member.server
            door = own.get((server.address, server.control_port(service.tls_towards(server))))
            if door:
                sentence = f"is the address and port of {door} itself, an endless loop: write the real server's"
                yield Finding((*where, *member.where, "address"), sentence)


def _command_policy(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        yield from contradictions_of((*where, "commands"), service.commands)


def _binding(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        yield from unbindable(where, service)


def _advertising(config: Config, _cpus: int) -> Iterator[Finding]:
    for where, service in ftp_services(config):
        yield from never_reached((*where, "advertised_by_network"), service.advertised_by_network)


@dataclass(frozen=True, slots=True)
class _Claim:
    """Ports that a service, or the web UI, listens on."""

    owner: Where
    place: Where
    """The key in the owner."""
    address: str
    ports: PortRange

    @property
    def where(self) -> Where:
        return (*self.owner, *self.place)

    @property
    def key(self) -> str:
        return path_of(self.place)

    @property
    def text(self) -> str:
        return str(self.ports.first) if len(self.ports) == 1 else str(self.ports)

    def collides_with(self, other: "_Claim") -> bool:
        return self.ports.overlaps(other.ports) and are_one_host(self.address, other.address)


def _overlaps(config: Config, _cpus: int) -> Iterator[Finding]:
    claims = [claim for where, service in services(config) for claim in _claims(where, service)]
    if config.web:
        claims.append(_Claim(("web",), ("port",), config.web.address, PortRange(config.web.port, config.web.port)))
    for first, second in combinations(claims, 2):
        if first.collides_with(second):
            taken = f"{second.text} on {second.address} overlaps {path_of(first.where)} ({first.text})"
            depends = (first.where, (*first.owner, "address"), (*second.owner, "address"))
            yield Finding(second.where, f"{taken}: choose other ports or another address", depends)


def _claims(where: Where, service: VirtualService) -> Iterator[_Claim]:
    ports = service.ports
    for key, port in (("explicit", ports.explicit), ("implicit", ports.implicit)):
        if port is not None:
            yield _Claim(where, ("ports", key), service.address, PortRange(port, port))
    yield _Claim(where, ("ports", "passive"), service.address, ports.passive)


_CHECKS: tuple[Check, ...] = (
    _no_service,
    _no_control_port,
    _implicit_without_tls,
    _unknown_certificate,
    _certificates_demanded_in_vain,
    _nothing_to_match,
    _no_real_server,
    _login_without_user,
    _too_few_passive_ports,
    _source_port_is_taken,
    _server_ports_are_taken,
    _server_is_the_service,
    _overlaps,
    _command_policy,
    _binding,
    _advertising,
)
