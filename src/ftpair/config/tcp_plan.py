"""Services of TCP mode: from the configuration, what was read and resolved, to the plan. Pure."""

from ftpair.config.haproxy import most_connections, wanted_connections
from ftpair.config.machine import Machine
from ftpair.config.materials import Materials
from ftpair.config.models import Config
from ftpair.config.pools import Member
from ftpair.config.slots import Slots
from ftpair.config.tcp import TcpServer, TcpService
from ftpair.core.drain import DrainPlan
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import HaproxyPlan, HealthPlan, ServerPlan, ServerTls, TcpServicePlan
from ftpair.core.routing import DEFAULT_POOL


def tcp_service_plan(name: str, service: TcpService, materials: Materials, slots: Slots) -> TcpServicePlan:
    """Return the plan of a service; gives rows to new names."""
    slot = slots.take((name, ""))
    password = materials.passwords.get(service.health.password_file, "")
    return TcpServicePlan(
        name=name,
        address=service.address,
        passive=service.ports.passive,
        servers=tuple(_server(name, service, member, materials, slots) for member in service.members()),
        explicit=service.ports.explicit,
        implicit=service.ports.implicit,
        server_explicit=service.server_explicit,
        server_implicit=service.server_implicit,
        engine=service.engine,
        pairing=service.pairing,
        advertised_address=service.advertised_address or "",
        public_name=service.public_name or "",
        balance=service.balance,
        max_sessions=service.max_sessions,
        slot=slot,
        longest_transfer_s=service.longest_transfer_s,
        connect_timeout_s=service.connect_timeout_s,
        source=service.source,
        accept_from=tuple(service.proxy_protocol.accept_from),
        health=HealthPlan(**service.health.model_dump(exclude={"password_file"}), password=password),
        clear_text=service.clear_text,
        minimum_version=service.server_minimum_version,
        quorums={DEFAULT_POOL: service.quorum} if service.quorum else {},
        drain=DrainPlan(**service.drain.model_dump()),
    )


def _server(
    service_name: str, service: TcpService, member: Member[TcpServer], materials: Materials, slots: Slots
) -> ServerPlan:
    server = member.server
    return ServerPlan(
        slot=slots.take((service_name, member.name)),
        service=service_name,
        name=member.name,
        address=Endpoint(materials.addresses[server.address], service.probed_port),
        weight=server.weight,
        max_sessions=server.max_sessions,
        tls=_tls(service, server, materials),
        control_header=server.proxy_protocol.to_control or service.proxy_protocol.to_control,
        data_header=server.proxy_protocol.to_data or service.proxy_protocol.to_data,
        is_backup=server.backup,
        slow_start_s=service.slow_start_s,
        passive=server.passive,
    )


def _tls(service: TcpService, server: TcpServer, materials: Materials) -> ServerTls:
    """Return how probes and the doctor speak TLS with a server: as a client of the service would."""
    mode = service.probed_tls
    if mode == "off":
        return ServerTls()
    return ServerTls(
        mode=mode,
        verify=service.server_verify,
        name=service.public_name or server.address,
        ca_pem=materials.cas[service.server_ca] if service.server_ca else b"",
        minimum_version=service.server_minimum_version,
    )


MANY = 100_000
"""Connections of HAProxy in all, where descriptors allow it. Who is beyond hangs: limits are for `max_sessions`."""


def haproxy_plan(config: Config, machine: Machine) -> HaproxyPlan:
    """Return how HAProxy is run; files that are not named lie in the runtime folder."""
    wanted, folder = config.haproxy, f"{config.paths.runtime}/haproxy"
    return HaproxyPlan(
        program=machine.locate(wanted.program),
        config=wanted.config or f"{folder}/haproxy.cfg",
        socket=wanted.socket or f"{folder}/runtime.sock",
        is_managed=wanted.managed,
        reload=wanted.reload,
        user=wanted.user,
        node=wanted.node,
        peers=dict(wanted.peers),
        folder=folder,
        connections=max(1, min(max(wanted_connections(config), MANY), most_connections(config, machine))),
    )
