"""Facts to counters: the metrics of design section 7. Never a user, a file or a client address as a label."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ftpair.core.facts import (
    CommandRefused,
    DataConnection,
    Fact,
    Handshake,
    LoginAnswered,
    Overloaded,
    ProtocolError,
    Refusal,
    Rescued,
    RescueFailed,
    ServerChosen,
    ServerFailed,
    SessionDrained,
    SessionEnded,
    TransferEnded,
)
from ftpair.core.status import Sample

BUCKETS = {0.01: "0.01", 0.05: "0.05", 0.1: "0.1", 0.5: "0.5", 1.0: "1.0", 5.0: "5.0", 10.0: "10.0", 60.0: "60.0"}
BUCKETS |= {300.0: "300.0", 1800.0: "1800.0", math.inf: "+Inf"}
"""Upper bounds of `transfer_seconds` and their labels, as Prometheus writes them."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its type, its help and the names of its labels."""

    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


METRICS: dict[str, Metric] = {
    "sessions": Metric("gauge", "Live sessions.", ("service",)),
    "sessions_total": Metric("counter", "Sessions that ended.", ("service",)),
    "logins_total": Metric("counter", "Logins that real servers answered.", ("service", "result")),
    "server_logins_total": Metric("counter", "Logins that a server answered.", ("service", "server", "result")),
    "transfers": Metric("gauge", "Running transfers.", ("service", "server")),
    "transfers_total": Metric("counter", "Transfers that ended.", ("service", "server", "direction", "result")),
    "transfer_bytes_total": Metric("counter", "Bytes of ended transfers.", ("service", "server", "direction")),
    "transfer_seconds": Metric("histogram", "Duration of transfers.", ("service", "direction")),
    "data_connections_total": Metric("counter", "Data connections.", ("service", "mode", "leg", "result")),
    "passive_ports_in_use": Metric("gauge", "Passive ports on which a client is awaited.", ("service",)),
    "passive_ports": Metric("gauge", "Ports of the passive range.", ("service",)),
    "tls_handshakes_total": Metric(
        "counter", "TLS handshakes.", ("service", "leg", "channel", "version", "resumed", "result")
    ),
    "certificate_not_after_seconds": Metric("gauge", "End of a certificate, seconds since the epoch.", ("name",)),
    "server_certificate_not_after_seconds": Metric(
        "gauge", "End of the certificate that a server shows, seconds since the epoch.", ("service", "server")
    ),
    "server_sessions": Metric("gauge", "Live sessions of a server.", ("service", "server")),
    "server_admin": Metric("gauge", "1 for the state that the administrator set.", ("service", "server", "state")),
    "server_health": Metric("gauge", "1 for the state that the probes found.", ("service", "server", "state")),
    "pool_servers_available": Metric("gauge", "Servers that get new sessions, backups aside.", ("service", "pool")),
    "pool_quorum": Metric("gauge", "1 while as many are available as the quorum wants.", ("service", "pool")),
    "server_share": Metric("gauge", "Share of its weight that a server has now (slow start).", ("service", "server")),
    "server_failures_total": Metric("counter", "Servers that failed a new session.", ("service", "server")),
    "ejections_total": Metric(
        "counter", "Ejections of servers that sessions suffered from.", ("service", "server", "reason")
    ),
    "ejections_prevented_total": Metric(
        "counter", "Ejections that would have left too few servers.", ("service", "server")
    ),
    "drained_sessions_total": Metric(
        "counter", "Sessions that a drain ended: in order, or cut at its deadline.", ("service", "server", "how")
    ),
    "drain_deadline_seconds": Metric(
        "gauge", "When a drain ends what still moves, seconds since the epoch.", ("service", "server")
    ),
    "routes_total": Metric("counter", "Choices of a server by routes.", ("service", "rule", "pool")),
    "affinity_total": Metric("counter", "Choices of a server by affinity.", ("service", "result")),
    "rescues_total": Metric("counter", "Sessions and downloads whose server was lost.", ("service", "kind", "result")),
    "check_seconds": Metric("gauge", "Duration of the last health probe.", ("service", "server")),
    "commands_total": Metric("counter", "Commands of clients.", ("verb",)),
    "commands_refused_total": Metric("counter", "Commands that the policy of a service refused.", ("service", "verb")),
    "protocol_errors_total": Metric("counter", "Breaches of the protocol.", ("service", "leg", "kind")),
    "refusals_total": Metric(
        "counter", "Clients turned away by limits and bans, or let go by clocks.", ("service", "reason")
    ),
    "bans": Metric("gauge", "Bans in force.", ("service", "by")),
    "config_revision": Metric("gauge", "The revision that runs."),
    "config_last_apply_successful": Metric("gauge", "1 if the last apply succeeded."),
    "accept_queue": Metric("gauge", "Connections that wait to be accepted.", ("service", "entrance")),
    "listen_overflows_total": Metric("counter", "Connections dropped at full queues, of the whole machine."),
    "event_loop_lag_seconds": Metric("gauge", "How long an event waited for a worker.", ("worker",)),
    "overload": Metric("gauge", "1 while a worker takes no new sessions for it.", ("worker", "shortage")),
    "descriptors_used_up_total": Metric("counter", "Calls of workers that found no descriptor left.", ("call",)),
    "connections_passed_on_total": Metric("counter", "New sessions that a worker gave to one with less to do.", ()),
    "process_open_fds": Metric("gauge", "Open descriptors.", ("process",)),
    "build_info": Metric("gauge", "Always 1.", ("version",)),
}
"""Every metric that ftpair exports, without the prefix `ftpair_`."""

Key = tuple[str, tuple[str, ...]]
Counts = defaultdict[Key, float]


class Tally:
    """Counts facts; samples are summed over the processes by the supervisor."""

    def __init__(self) -> None:
        self._counts: Counts = defaultdict(float)

    def add(self, fact: Fact) -> None:
        """Count a fact."""
        COUNTING[type(fact)](self._counts, fact)

    def samples(self) -> tuple[Sample, ...]:
        """Return all counters so far."""
        return tuple(Sample(name, labels, value) for (name, labels), value in self._counts.items())


def _session(counts: Counts, fact: SessionEnded) -> None:
    counts["sessions_total", (fact.service,)] += 1


def _drained(counts: Counts, fact: SessionDrained) -> None:
    counts["drained_sessions_total", (fact.service, fact.server, "ended")] += 1


def _login(counts: Counts, fact: LoginAnswered) -> None:
    result = "accepted" if fact.accepted else "refused"
    counts["logins_total", (fact.service, result)] += 1
    counts["server_logins_total", (fact.service, fact.server, result)] += 1


def _transfer(counts: Counts, fact: TransferEnded) -> None:
    counts["transfers_total", (fact.service, fact.server, fact.direction, fact.result)] += 1
    counts["transfer_bytes_total", (fact.service, fact.server, fact.direction)] += fact.bytes
    for bound, label in BUCKETS.items():
        # A bucket of 0 is there from the start: a series that appears late breaks quantiles.
        counts["transfer_seconds_bucket", (fact.service, fact.direction, label)] += fact.seconds <= bound
    counts["transfer_seconds_sum", (fact.service, fact.direction)] += fact.seconds


def _data_connection(counts: Counts, fact: DataConnection) -> None:
    counts["data_connections_total", (fact.service, fact.mode, fact.leg.value, fact.result)] += 1


def _handshake(counts: Counts, fact: Handshake) -> None:
    tls = fact.tls
    outcome = (tls.version, "yes" if tls.resumed else "no", "done") if tls is not None else ("", "", "failed")
    counts["tls_handshakes_total", (fact.service, fact.leg.value, fact.channel, *outcome)] += 1


def _protocol_error(counts: Counts, fact: ProtocolError) -> None:
    counts["protocol_errors_total", (fact.service, fact.leg.value, fact.kind)] += 1


def _refusal(counts: Counts, fact: CommandRefused) -> None:
    counts["commands_refused_total", (fact.service, fact.verb)] += 1


def _turned_away(counts: Counts, fact: Refusal) -> None:
    counts["refusals_total", (fact.service, fact.reason)] += 1


def _uncounted(_counts: Counts, _fact: Overloaded) -> None:
    """Each refusal is counted by itself, and what holds is a gauge."""


def _choice(counts: Counts, fact: ServerChosen) -> None:
    counts["routes_total", (fact.service, fact.rule, fact.pool)] += 1
    if fact.affinity:
        counts["affinity_total", (fact.service, fact.affinity)] += 1


def _server_failure(counts: Counts, fact: ServerFailed) -> None:
    counts["server_failures_total", (fact.service, fact.server)] += 1


def _rescue(counts: Counts, fact: Rescued | RescueFailed) -> None:
    counts["rescues_total", (fact.service, fact.kind, "rescued" if isinstance(fact, Rescued) else "failed")] += 1


COUNTING: dict[type[Fact], Callable[[Counts, Any], None]] = {
    SessionEnded: _session,
    SessionDrained: _drained,
    LoginAnswered: _login,
    TransferEnded: _transfer,
    DataConnection: _data_connection,
    Handshake: _handshake,
    ProtocolError: _protocol_error,
    CommandRefused: _refusal,
    ServerChosen: _choice,
    ServerFailed: _server_failure,
    Rescued: _rescue,
    RescueFailed: _rescue,
    Refusal: _turned_away,
    Overloaded: _uncounted,
}
