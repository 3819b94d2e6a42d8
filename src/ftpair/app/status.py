"""The status of the node, put together from counts, states, traffic and beats. Reads all, changes nothing."""

import math
import time
from dataclasses import replace

import ftpair
from ftpair.app.heart import open_fds
from ftpair.app.node import Node
from ftpair.app.server_certificates import earliest_end, warnings_of
from ftpair.balance.choice import NoChoice, choose
from ftpair.balance.policies import Request
from ftpair.balance.quorum import available, quorums
from ftpair.balance.routes import pool_names, pool_of
from ftpair.balance.slow_start import WHOLE, share_of, told
from ftpair.core.overload import SHORTAGES
from ftpair.core.plan import AnyService, Certificate, Plan, ServerPlan, ServicePlan, TcpServicePlan
from ftpair.core.status import (
    Admin,
    CertificateStatus,
    Health,
    NodeStatus,
    Sample,
    ServerState,
    ServerStatus,
    ServiceStatus,
    WorkerStatus,
)
from ftpair.dataplane.children import Child
from ftpair.dataplane.overflows import listen_overflows

DAY_S = 86400.0
REMOVED = "removed: its sessions end by themselves"


def node_status(node: Node) -> NodeStatus:
    """Return what the node is and does now."""
    workers = tuple(_worker(node, child) for child in node.crew)
    present = tuple(worker for worker in workers if not worker.is_former)
    closed, states = _why_no_worker(present), node.states.by_slot()
    services = tuple(
        replace(_service(node, service, _serving(node, service, closed)), quorums=quorums(service, states))
        for service in node.plan.all_services
    )
    removed = tuple(_service(node, service, (False, REMOVED)) for service in node.former.services())
    return NodeStatus(
        version=ftpair.__version__,
        revision=node.plan.revision,
        started=node.started,
        is_ready=any(worker.is_ready for worker in node.workers),
        is_draining=node.is_draining,
        last_apply=node.last_apply.sentence,
        last_apply_successful=node.last_apply.is_successful,
        services=services,
        removed_services=removed,
        workers=workers,
        unconfirmed=node.confirmation.waiting,
        confinement={child.name: child.confinement for child in node.children},
    )


def _service(node: Node, service: AnyService, serving: tuple[bool, str]) -> ServiceStatus:
    servers = tuple(_server(node, server, node.states.of(server)) for server in service.servers)
    removed = tuple(_server(node, server, ServerState(reason=REMOVED)) for server in node.former.servers(service.name))
    is_serving, reason = serving
    return ServiceStatus(
        name=service.name,
        mode="ftp" if isinstance(service, ServicePlan) else "tcp",
        address=service.address,
        explicit=service.explicit,
        implicit=service.implicit,
        passive=str(service.passive),
        passive_ports=len(service.passive),
        passive_ports_in_use=int(node.figures.gauge("passive_ports_in_use", service.name)),
        balance=service.balance,
        sessions=node.counts.sessions(service.slot),
        transfers=sum(server.transfers for server in (*servers, *removed)),
        max_sessions=service.max_sessions,
        bytes_per_second=sum(server.bytes_per_second for server in (*servers, *removed)),
        is_serving=is_serving,
        reason=reason,
        servers=servers,
        certificates=tuple(map(_certificate, _certificates(service))),
        removed_servers=removed,
        engine=service.engine if isinstance(service, TcpServicePlan) else "",
        pairing=service.pairing if isinstance(service, TcpServicePlan) else "",
    )


def _certificate(certificate: Certificate) -> CertificateStatus:
    days_left = math.floor((certificate.not_after - time.time()) / DAY_S)
    return CertificateStatus(certificate.name, certificate.not_after, days_left)


def _certificates(service: AnyService) -> tuple[Certificate, ...]:
    """Return every certificate that a service shows to clients or servers, once."""
    tls = service.tls if isinstance(service, ServicePlan) else None
    used = [tls.certificate, *tls.certificates] if tls else []
    used += [server.tls.certificate for server in service.servers if server.tls.certificate]
    return tuple({certificate.name: certificate for certificate in used}.values())


def _server(node: Node, server: ServerPlan, state: ServerState) -> ServerStatus:
    moved, share = node.traffic.of(server.slot), share_of(server, state, time.monotonic())
    return ServerStatus(
        name=server.name,
        address=str(server.address),
        weight=server.weight,
        tls=server.tls.mode,
        admin=state.admin,
        health=state.health,
        reason=told(state.reason, share),
        since=state.since,
        sessions=node.counts.sessions(server.slot),
        transfers=node.counts.transfers(server.slot),
        max_sessions=server.max_sessions,
        bytes_up=moved.up,
        bytes_down=moved.down,
        bytes_per_second=moved.bytes_per_second,
        pool=server.pool,
        warnings=warnings_of(server.name, state, time.time()),
        is_backup=server.is_backup,
        is_ejected=state.is_ejected,
        share=share,
        drain=node.drain_status(server, state.drain) if state.drain else None,
    )


def _serving(node: Node, service: AnyService, closed: str) -> tuple[bool, str]:
    """Return whether a new session would find a server now, and the sentence that says why.

    `closed` is why no worker lets anybody in.
    """
    if node.is_draining:
        return False, "ftpair is stopping"
    if isinstance(service, TcpServicePlan) and service.engine == "haproxy":
        return _served_by_haproxy(node, service)
    if closed:
        return False, closed
    if isinstance(service, TcpServicePlan):
        return _eligible(node, service)
    refusals, number = refusals_of(node, service), len(pool_names(service))
    reasons = [f"pool {name}: {reason}" if number > 1 else reason for name, reason in refusals.items()]
    if len(refusals) == number:
        return False, "; ".join(reasons)
    return True, "; ".join([_eligible(node, service)[1], *reasons])


def _why_no_worker(workers: tuple[WorkerStatus, ...]) -> str:
    """Return why no worker lets a new session in; empty: one of them does."""
    ready = [worker for worker in workers if worker.is_ready]
    if not ready:
        return "no worker is ready"
    if not all(worker.shortages for worker in ready):
        return ""
    short = sorted({shortage for worker in ready for shortage in worker.shortages})
    return f"new sessions are refused: {', '.join(SHORTAGES[each] for each in short)}"


def refusals_of(node: Node, service: ServicePlan) -> dict[str, str]:
    """Return why pools can take no session now, by their names: asked as a worker asks, whose answer is the reason."""
    request = Request("", "", 0, lambda: 0.0)
    states, pools = node.states.by_slot(), {name: pool_of(service, name) for name in pool_names(service)}
    chosen = {name: choose(pool, states, node.taken(service), request, ()) for name, pool in pools.items()}
    return {name: choice.reason for name, choice in chosen.items() if isinstance(choice, NoChoice)}


def _eligible(node: Node, service: AnyService) -> tuple[bool, str]:
    eligible = sum(server.weight > 0 and node.states.of(server).is_eligible for server in service.servers)
    return eligible > 0, f"{eligible} of {len(service.servers)} servers take new sessions"


def _served_by_haproxy(node: Node, service: TcpServicePlan) -> tuple[bool, str]:
    trouble = node.haproxy.trouble
    return (False, trouble) if trouble else _eligible(node, service)


def _worker(node: Node, child: Child) -> WorkerStatus:
    number, is_former = node.crew.number_of(child), child not in node.workers
    gauge = node.figures.gauge
    return WorkerStatus(
        number=number,
        pid=child.pid,
        is_ready=child.is_ready,
        sessions=node.sessions_of(child),
        restarts=child.restarts,
        loop_lag_seconds=0.0 if is_former else gauge("event_loop_lag_seconds", str(number)),
        open_fds=int(gauge("process_open_fds", child.name)),
        shortages=tuple(each for each in SHORTAGES if gauge("overload", str(number), each) and not is_former),
        is_former=is_former,
        ends_at=_ends_at(node, child),
    )


def _ends_at(node: Node, child: Child) -> float:
    """Return a whole second, so that it is the same each time."""
    left_s = node.crew.seconds_left(child, node.plan.upgrade_timeout_s)
    return 0.0 if math.isinf(left_s) else float(round(time.time() + left_s))


def node_gauges(node: Node) -> tuple[Sample, ...]:
    """Return the gauges that the supervisor alone can read."""
    gauges = [
        Sample("build_info", (ftpair.__version__,), 1.0),
        Sample("config_revision", (), float(node.plan.revision)),
        Sample("config_last_apply_successful", (), float(node.last_apply.is_successful)),
        open_fds("supervisor"),
    ]
    gauges += [
        Sample("sessions", (carried.name,), float(node.counts.sessions(carried.slot)))
        for carried in node.plan.carried_by("haproxy")
    ]
    for service in node.plan.all_services:
        gauges.append(Sample("passive_ports", (service.name,), float(len(service.passive))))
        gauges += _pool_gauges(node, service)
        for server in service.servers:
            gauges += _server_gauges(node, server, node.states.of(server))
    overflows = listen_overflows()
    if overflows is not None:
        gauges.append(Sample("listen_overflows_total", (), float(overflows)))
    return (*gauges, *node.bans.gauges(), *_certificate_gauges(node.plan))


def _pool_gauges(node: Node, service: AnyService) -> list[Sample]:
    states = node.states.by_slot()
    pools = dict.fromkeys(server.pool for server in service.servers)
    there = {pool: available((each for each in service.servers if each.pool == pool), states) for pool in pools}
    return [
        *(Sample("pool_servers_available", (service.name, pool), float(count)) for pool, count in there.items()),
        *(Sample("pool_quorum", (service.name, each.pool), float(each.is_met)) for each in quorums(service, states)),
    ]


def _certificate_gauges(plan: Plan) -> list[Sample]:
    """Return one gauge per certificate, however many services use it."""
    ends = {each.name: each.not_after for service in plan.all_services for each in _certificates(service)}
    return [Sample("certificate_not_after_seconds", (name,), not_after) for name, not_after in ends.items()]


def _server_gauges(node: Node, server: ServerPlan, state: ServerState) -> list[Sample]:
    labels, ends = (server.service, server.name), earliest_end(state)
    return [
        *([Sample("server_certificate_not_after_seconds", labels, ends)] if ends is not None else []),
        *(Sample("server_admin", (*labels, each.value), float(state.admin is each)) for each in Admin),
        *(Sample("server_health", (*labels, each.value), float(state.health is each)) for each in Health),
        Sample("check_seconds", labels, state.check_seconds),
        Sample("server_share", labels, share_of(server, state, time.monotonic()) / WHOLE),
        Sample("server_sessions", labels, float(node.counts.sessions(server.slot))),
        Sample("transfers", labels, float(node.counts.transfers(server.slot))),
        *([Sample("drain_deadline_seconds", labels, drain.until)] if (drain := state.drain) and drain.until else []),
    ]
