"""A server probed at each entrance that its service offers: one that is dead there is no place for a client."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from ftpair.balance.verdict import ProbeOutcome
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import AnyService, Entrance, HealthPlan, ServerPlan, ServerTls, ServicePlan
from ftpair.probes.probe import probe


def entrances_of(service: AnyService, server: ServerPlan) -> tuple[ServerPlan, ...]:
    """Return a server as it is to be probed at each entrance; where ftpair itself dials one only, that is it."""
    if isinstance(service, ServicePlan):
        return (server,)
    # Clients speak TLS with the servers themselves, so whether they mind a missing close_notify is theirs to say.
    server = replace(server, tls=replace(server.tls, close_notify="ignore"))
    others = ((entrance, service.server_port(entrance)) for entrance, _port in service.doors)
    return (server, *(_at(server, *other) for other in others if other[1] != server.address.port))


def _at(server: ServerPlan, entrance: Entrance, port: int) -> ServerPlan:
    return replace(server, address=Endpoint(server.address.host, port), tls=_tls(server.tls, entrance))


def _tls(tls: ServerTls, entrance: Entrance) -> ServerTls:
    """Return how TLS is spoken there; who wants none is not asked for a certificate where it cannot be done without."""
    if tls.mode != "off":
        return replace(tls, mode=entrance)
    return replace(tls, mode="implicit", verify=False) if entrance == "implicit" else tls


async def probe_all(entrances: Sequence[ServerPlan], health: HealthPlan) -> ProbeOutcome:
    """Check a server once at all its entrances, at the same time; it passes if it passes everywhere.

    What was learned is that of the first one, and the certificates of all; the reason names the ports, where they
    differ in it.
    """
    outcomes = await asyncio.gather(*(probe(each, health) for each in entrances))
    failed = [
        (each.address.port, outcome) for each, outcome in zip(entrances, outcomes, strict=True) if not outcome.passed
    ]
    told = {outcome.reason for _port, outcome in failed}
    is_common = len(failed) == len(outcomes) and len(told) == 1
    reason = "; ".join(told if is_common else (f"port {port}: {outcome.reason}" for port, outcome in failed))
    seconds = max(outcome.seconds for outcome in outcomes)
    certificates = tuple(dict.fromkeys(each for outcome in outcomes for each in outcome.certificates))
    return ProbeOutcome(not failed, reason or outcomes[0].reason, seconds, outcomes[0].features, certificates)
