"""What the doors may look at: one function per action, each answers with a value and changes nothing."""

from dataclasses import replace

from ftpair.app.node import Node
from ftpair.app.routing import find_route
from ftpair.app.status import node_gauges, node_status
from ftpair.core.account_actions import AuditIs, GetAudit
from ftpair.core.actions import (
    BansAre,
    ClientsAre,
    FindRoute,
    GetBans,
    GetClients,
    GetLog,
    GetMetrics,
    GetNews,
    GetReport,
    GetRevisions,
    GetSessions,
    GetStatus,
    GetTransferHistory,
    LogIs,
    Metrics,
    NewsAre,
    Refused,
    ReportIs,
    RevisionsAre,
    RouteIs,
    SessionTable,
    StatusIs,
    TransferHistoryIs,
)
from ftpair.core.health import GetHealth, HealthIs


async def get_status(node: Node, _action: GetStatus) -> StatusIs:
    """Tell how the node is."""
    return StatusIs(node_status(node))


async def get_news(node: Node, action: GetNews) -> NewsAre:
    """Tell how the node is, and what has happened since."""
    return NewsAre(node_status(node), node.happenings.after(action.after), node.happenings.latest)


async def get_sessions(node: Node, _action: GetSessions) -> SessionTable:
    """Tell the live sessions and transfers; those of what was removed say so."""
    table = await all_sessions(node)
    what_of = node.former.what_of
    rows = tuple(replace(row, removed=what_of(row.service, row.server)) for row in table.sessions)
    return SessionTable(rows, table.transfers)


async def all_sessions(node: Node) -> SessionTable:
    """Return what workers and HAProxy have."""
    own, its = await node.listing.ask(node.crew), await node.haproxy.table()
    return SessionTable((*own.sessions, *its.sessions), (*own.transfers, *its.transfers))


async def get_clients(node: Node, _action: GetClients) -> ClientsAre:
    """Tell whom the workers have seen."""
    return await node.listing.clients(node.crew)


async def get_metrics(node: Node, _action: GetMetrics) -> Metrics:
    """Tell all figures."""
    return Metrics(node.counters(), node.figures.gauges() + node_gauges(node))


async def get_bans(node: Node, _action: GetBans) -> BansAre:
    """Tell who is banned."""
    return BansAre(node.bans.all())


async def get_route(node: Node, action: FindRoute) -> RouteIs:
    """Tell where a session would go."""
    return RouteIs(find_route(node, action))


async def get_health(node: Node, _action: GetHealth) -> HealthIs:
    """Tell what the probes found, and before."""
    return HealthIs(tuple(node.health.tell(node.states.of)))


async def get_revisions(node: Node, action: GetRevisions) -> RevisionsAre:
    """Tell the revisions."""
    return RevisionsAre(node.revisions.page(action.limit, action.before))


async def get_transfer_history(node: Node, action: GetTransferHistory) -> TransferHistoryIs | Refused:
    """Find transfers that have ended."""
    return await node.transfer_history.find(action)


async def get_report(node: Node, action: GetReport) -> ReportIs | Refused:
    """Tell a figure over time."""
    return await node.reports.find(action, node_status(node))


async def get_log(node: Node, action: GetLog) -> LogIs:
    """Tell the last lines of the log."""
    return node.recent_log.find(action)


async def get_audit(node: Node, action: GetAudit) -> AuditIs:
    """Tell who did what."""
    return AuditIs(node.audit.page(action))
