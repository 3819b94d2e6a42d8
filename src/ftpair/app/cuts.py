"""What each child is told of a plan: only what it works with. No secret lies in a process that has no use for it."""

from msgspec.structs import replace

from ftpair.core.plan import AnyService, ClientTls, HealthPlan, Plan, TcpServicePlan


def for_worker(plan: Plan) -> Plan:
    """Return the plan without the probes and the web UI: passwords and keys that are none of a worker's business."""
    return replace(
        plan,
        web=None,
        services=tuple(replace(service, health=HealthPlan()) for service in plan.services),
        tcp_services=tuple(replace(service, health=HealthPlan()) for service in plan.carried_by("builtin")),
    )


def for_examiner(plan: Plan, service: AnyService) -> Plan:
    """Return a plan of one service alone, without the keys that its clients are shown."""
    if isinstance(service, TcpServicePlan):
        return replace(plan, services=(), tcp_services=(service,))
    return replace(plan, services=(replace(service, tls=_keyless(service.tls)),), tcp_services=())


def _keyless(tls: ClientTls | None) -> ClientTls | None:
    return tls and replace(tls, certificate=replace(tls.certificate, key_pem=b""), certificates=())


def for_prober(plan: Plan) -> Plan:
    """Return the plan without the clients' TLS: the prober meets no client and needs no private key."""
    return replace(plan, web=None, services=tuple(replace(service, tls=None) for service in plan.services))
