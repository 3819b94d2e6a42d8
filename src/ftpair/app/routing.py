"""Where a session would go, explained without one: the same question that a worker asks, and nothing is changed."""

import time
from ipaddress import ip_address

from ftpair.app.node import Node
from ftpair.balance.choice import NoChoice
from ftpair.balance.policies import Request
from ftpair.core.actions import FindRoute
from ftpair.core.errors import WrongRequestError
from ftpair.core.facts import CertificateNames
from ftpair.core.plan import BalancePolicy, ServerPlan, ServicePlan, TcpServicePlan
from ftpair.core.status import RouteStatus
from ftpair.dataplane.assigning import Assigned, Assigning, Scene
from ftpair.dataplane.bonds import Bonds

REASONS: dict[BalancePolicy, str] = {
    "round-robin": "round-robin: one of {servers} in turn",
    "least-sessions": "least-sessions: {sessions}",
    "random-two": "random-two: one of {servers} by chance",
    "source-hash": "source-hash: always, for this address",
    "user-hash": "user-hash: always, for this user",
}


def find_route(node: Node, action: FindRoute) -> RouteStatus:
    """Explain the choice. Raises NotFoundError, WrongRequestError."""
    service = node.plan.named(action.service)
    if isinstance(service, TcpServicePlan):
        raise WrongRequestError(
            f"{service.name} is in TCP mode, which has no routes: a client's server is {_way(service)}"
        )
    request = _request(service, action)
    scene = Scene(node.states.by_slot(), node.taken(service), Bonds(node.tables.affinity))
    assigned = Assigning(service).foresee(request, scene)
    return _explained(node, request, assigned)


def _way(service: TcpServicePlan) -> str:
    remembered = " and kept for its address" if service.pairing == "source" else ""
    return f"chosen by {service.balance}{remembered}"


def _request(service: ServicePlan, action: FindRoute) -> Request:
    try:
        client = str(ip_address(action.client)) if action.client else ""
    except ValueError:
        raise WrongRequestError(f"{action.client!r} is no IP address: write one such as 198.51.100.7") from None
    is_known = service.connect == "at-login"  # `at-once` chooses before the client says USER or HOST.
    user, host = (action.user, action.host) if is_known else ("", "")
    names = CertificateNames(action.certificate_subject, (action.certificate_san,) if action.certificate_san else ())
    told = (host, action.sni, action.certificate, names)
    return Request(client, user, 0, lambda: 0.5, *told, now=time.monotonic())


def _explained(node: Node, request: Request, assigned: Assigned) -> RouteStatus:
    routed, choice = assigned.routed, assigned.choice
    way = f"{_who(request)} goes to pool {routed.pool} ({routed.why})"
    if isinstance(choice, NoChoice):
        server, reason = "", choice.reason
        sentence = f"{way}, where nobody can serve the session: {reason}"
    else:
        server, reason = choice.name, _reason(node, assigned, choice)
        sentence = f"{way}, there to {server} ({reason})"
    return RouteStatus(assigned.pool.name, routed.pool, routed.number, routed.why, server, reason, sentence)


def _who(request: Request) -> str:
    who = request.user or "a client"
    told = {
        "from": request.client,
        "with HOST": request.host,
        "with SNI": request.sni,
        "with the certificate of": request.certificate,
        "with the subject": request.names.subject,
        "with the name": ", ".join(request.names.alternative),
    }
    return " ".join([who, *(f"{word} {value}" for word, value in told.items() if value)])


def _reason(node: Node, assigned: Assigned, server: ServerPlan) -> str:
    pool = assigned.pool
    if assigned.bond == "kept":
        return f"affinity: {pool.affinity}, where the session before was"
    sessions = node.counts.sessions(server.slot)
    shown = f"{sessions} session{'' if sessions == 1 else 's'}"
    count = len(pool.servers)
    return REASONS[pool.balance].format(sessions=shown, servers=f"{count} server{'' if count == 1 else 's'}")
