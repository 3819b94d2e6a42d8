"""`Config` to `Plan`, from what was read and resolved; every name is given its row. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from ftpair.config.advertising import advertised_of
from ftpair.config.binding import bindings_of
from ftpair.config.checks import ftp_services, tcp_services
from ftpair.config.commanding import policy_of
from ftpair.config.ejecting import ejection_of
from ftpair.config.encryption import Tls
from ftpair.config.limiting import bans_of, limits_of, overload_of
from ftpair.config.machine import Machine
from ftpair.config.materials import Materials
from ftpair.config.models import Config, FtpService
from ftpair.config.pools import Member, RealServer
from ftpair.config.problems import Finding
from ftpair.config.rights import capabilities
from ftpair.config.routing import rule_of
from ftpair.config.slots import MOST_ROWS, Key, Slots
from ftpair.config.tcp_plan import haproxy_plan, tcp_service_plan
from ftpair.core.drain import DrainPlan
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import (
    ClientCertificates,
    ClientTls,
    Clocks,
    HealthPlan,
    Plan,
    ServerPlan,
    ServerTls,
    ServicePlan,
    WebPlan,
)
from ftpair.core.routing import DEFAULT_POOL


def rows_of(config: Config) -> tuple[Key, ...]:
    """Return the keys that need a row in shared memory: services, then their servers."""
    keys = (
        (name, server)
        for name, service in config.virtual_services.items()
        for server in ("", *(member.name for member in service.members()))
    )
    return tuple(keys)


def too_many_rows(config: Config, slots: Slots) -> Iterator[Finding]:
    """Yield a finding if services and servers do not all get a row beside those in use."""
    if not slots.has_room_for(rows_of(config)):
        needed = len(set(rows_of(config)) | slots.keys())
        sentence = f"needs {needed} rows for services and servers, and there are {MOST_ROWS}: remove some"
        yield Finding(("virtual_services",), sentence)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a plan is made from."""

    config: Config
    materials: Materials
    slots: Slots


def plan_of(parts: Parts, revision: int, machine: Machine) -> Plan:
    """Return the plan made from parts without a problem; gives rows to new names."""
    config = parts.config
    return Plan(
        revision=revision,
        workers=config.worker_count(machine.cpus),
        services=tuple(_service(parts, str(where[-1]), service) for where, service in ftp_services(config)),
        shutdown_timeout_s=config.shutdown_timeout_s,
        upgrade_timeout_s=config.upgrade_timeout_s,
        user=config.user,
        api_user=config.api_user or config.user,
        log_format=config.log.format,
        log_level=config.log.level,
        capabilities=capabilities(config),
        tcp_services=tuple(
            tcp_service_plan(str(where[-1]), service, parts.materials, parts.slots)
            for where, service in tcp_services(config)
        ),
        haproxy=haproxy_plan(config, machine),
        web=_web(parts),
        overload=overload_of(config.overload),
    )


def _web(parts: Parts) -> WebPlan | None:
    wanted = parts.config.web
    if wanted is None:
        return None
    own = parts.materials.certificates[wanted.certificate] if wanted.certificate else None
    return WebPlan(wanted.address, wanted.port, own)


def _service(parts: Parts, name: str, service: FtpService) -> ServicePlan:
    slot = parts.slots.take((name, ""))
    return ServicePlan(
        name=name,
        address=service.address,
        passive=service.ports.passive,
        servers=tuple(_server(parts, (name, member.name), service, member) for member in service.members()),
        explicit=service.ports.explicit,
        implicit=service.ports.implicit,
        advertised=advertised_of(service.advertised_address, service.advertised_by_network),
        tls=_client_tls(parts, service),
        connect=service.connect,
        greeting=service.greeting,
        balance=service.balance,
        retries=service.retries,
        max_sessions=service.max_sessions,
        slot=slot,
        health=_health(parts, service),
        commands=policy_of(service.commands),
        clocks=Clocks(**service.timeouts.model_dump()),
        limits=limits_of(service.limits),
        bans=bans_of(service.bans),
        accept_from=tuple(service.proxy_protocol.accept_from),
        source=service.source,
        bindings=bindings_of(service),
        routes=tuple(map(rule_of, service.routes)),
        pools={name: pool.balance for name, pool in service.pools.items() if pool.balance},
        affinity=service.affinity,
        drain=DrainPlan(**service.drain.model_dump()),
        affinity_timeout_s=service.affinity_timeout_s,
        rescue=service.rescue,
        sorry_text=service.sorry_text or "",
        ejection=ejection_of(service.ejection),
        quorums=_quorums(service),
        active_source_port=service.active_source_port,
        server_data=service.server_data,
        server_active_ports=service.server_active_ports,
        server_passive_networks=tuple(service.server_passive_networks),
    )


def _quorums(service: FtpService) -> dict[str, int]:
    wanted = {DEFAULT_POOL: service.quorum, **{name: pool.quorum for name, pool in service.pools.items()}}
    return {name: quorum for name, quorum in wanted.items() if quorum}


def _server(parts: Parts, key: Key, service: FtpService, member: Member[RealServer]) -> ServerPlan:
    server = member.server
    tls = _server_tls(parts, service, server)
    return ServerPlan(
        slot=parts.slots.take(key),
        service=key[0],
        name=key[1],
        address=Endpoint(parts.materials.addresses[server.address], server.control_port(tls.mode)),
        weight=server.weight,
        max_sessions=server.max_sessions,
        tls=tls,
        control_header=server.proxy_protocol.to_control or service.proxy_protocol.to_control,
        data_header=server.proxy_protocol.to_data or service.proxy_protocol.to_data,
        pool=member.pool,
        is_backup=server.backup,
        slow_start_s=service.slow_start_of(member.pool),
    )


def _client_tls(parts: Parts, service: FtpService) -> ClientTls | None:
    if service.tls is None:
        return None
    tls, known = service.tls, parts.materials.certificates
    plain = tls.model_dump(exclude={"certificate", "certificates", "ciphers", "curves", "client_certificate"})
    return ClientTls(
        certificate=known[tls.certificate],
        certificates=tuple(known[name] for name in tls.certificates),
        ciphers=tls.ciphers or "",
        curves=tuple(tls.curves),
        client_certificate=_client_certificates(parts, tls),
        **plain,
    )


def _client_certificates(parts: Parts, tls: Tls) -> ClientCertificates | None:
    wanted = tls.client_certificate
    if wanted is None:
        return None
    crl = parts.materials.crls[wanted.crl] if wanted.crl else b""
    return ClientCertificates(parts.materials.cas[wanted.ca], crl, wanted.demand, wanted.user)


def _server_tls(parts: Parts, service: FtpService, server: RealServer) -> ServerTls:
    mode = service.tls_towards(server)
    if mode == "off":
        return ServerTls()
    ca = server.server_ca or service.server_ca
    crl = server.server_crl or (None if server.server_ca else service.server_crl)  # A list belongs to its CAs.
    own = server.server_certificate or service.server_certificate
    return ServerTls(
        mode=mode,
        verify=service.server_verify if server.server_verify is None else server.server_verify,
        name=server.server_name or server.address,
        ca_pem=parts.materials.cas[ca] if ca else b"",
        minimum_version=server.server_minimum_version or service.server_minimum_version,
        close_notify=server.server_close_notify or service.server_close_notify,
        ciphers=server.server_ciphers or service.server_ciphers or "",
        curves=tuple(service.server_curves if server.server_curves is None else server.server_curves),
        crl_pem=parts.materials.crls[crl] if crl else b"",
        certificate=parts.materials.certificates[own] if own else None,
    )


def _health(parts: Parts, service: FtpService) -> HealthPlan:
    wanted = service.health.model_dump(exclude={"password_file"})
    return HealthPlan(**wanted, password=parts.materials.passwords.get(service.health.password_file, ""))
