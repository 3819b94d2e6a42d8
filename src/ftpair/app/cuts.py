"""What each child is told of a plan: only what it works with. No secret lies in a process that has no use for it."""

from msgspec.structs import replace

from ftpair.core.plan import HealthPlan, Plan


def for_worker(plan: Plan) -> Plan:
    """Return the plan without the probes: their passwords are none of a worker's business."""
    return replace(
        plan,
        services=tuple(replace(service, health=HealthPlan()) for service in plan.services),
        tcp_services=tuple(replace(service, health=HealthPlan()) for service in plan.carried_by("builtin")),
    )


def for_prober(plan: Plan) -> Plan:
    """Return the plan without the clients' TLS: the prober meets no client and needs no private key."""
    return replace(plan, services=tuple(replace(service, tls=None) for service in plan.services))
