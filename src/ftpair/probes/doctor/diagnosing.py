"""From what was seen to findings: every look, each symptom put into words, the same of several modes made one. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from ftpair.config.machine import Machine
from ftpair.core.doctor import SEVERITIES, Diagnosis, Finding
from ftpair.core.plan import AnyService, TcpServicePlan
from ftpair.guides.wanted import wanted_by
from ftpair.probes.doctor.catalogue import AILMENTS
from ftpair.probes.doctor.examining import has_refused_login
from ftpair.probes.doctor.kinds import kind_of
from ftpair.probes.doctor.looks import certificates, clocks, pairing, passive, reach, security, sets, transfers
from ftpair.probes.doctor.remedies import Remedy, at_server, at_vip
from ftpair.probes.doctor.seen import Examination
from ftpair.probes.doctor.symptom import Case, Look, Symptom
from ftpair.probes.doctor.target import VIP

LOOKS: tuple[Look, ...] = (
    reach.look,
    certificates.look,
    security.look,
    passive.look,
    pairing.look,
    transfers.look,
    clocks.look,
    sets.look,
)
_BROKEN_DATA = frozenset(
    {"passive-refused", "passive-port-outside", "passive-port-closed", "data-peer-refused", "data-failed"}
)
_CAUSES: Mapping[str, frozenset[str]] = {
    "unreachable": frozenset(),
    "passive-port-closed": frozenset(),
    "greeting-refused": frozenset({"unreachable", "greeting-refused"}),
    "data-failed": _BROKEN_DATA,
    "session-lost": _BROKEN_DATA | {"session-lost"},
}
"""What at a server explains a symptom at the VIP in TCP mode; where nothing is written, the same ailment does."""


def diagnose(seen: Examination, machine: Machine) -> Diagnosis:
    """Return what is wrong, errors first."""
    case = Case(seen, machine)
    symptoms = list(chain.from_iterable(look(case) for look in LOOKS))
    findings = [_finding(seen, group) for group in _grouped(_without_echoes(seen.service, symptoms))]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    service, visits = seen.service, [visit for each in seen.everybody for visit in (*each.visits, *each.waits)]
    return Diagnosis(
        service=service.name,
        mode="tcp" if isinstance(service, TcpServicePlan) else "ftp",
        is_healthy=all(finding.severity == "note" for finding in findings),
        findings=tuple(findings),
        not_examined=tuple(_not_examined(seen)),
        servers={server.target.name: kind_of(server) or "" for server in seen.servers},
        logins=sum(visit.has_logged_in for visit in visits),
    )


def _without_echoes(service: AnyService, symptoms: list[Symptom]) -> Iterator[Symptom]:
    """Yield the symptoms without those of the VIP that are a server's, seen through it."""
    at_servers = {symptom.ailment for symptom in symptoms if symptom.where != VIP}
    if len({symptom.where for symptom in symptoms if symptom.ailment == "unreachable"} - {VIP}) < len(service.servers):
        at_servers.discard("unreachable")  # The others explain no silence of the VIP.
    for symptom in symptoms:
        causes = _CAUSES.get(symptom.ailment, frozenset({symptom.ailment}))
        is_echo = symptom.where == VIP and isinstance(service, TcpServicePlan) and causes & at_servers
        if not is_echo:
            yield symptom


def _grouped(symptoms: Iterable[Symptom]) -> Iterable[list[Symptom]]:
    """Return the symptoms in groups that are one finding each, in the order in which they were seen."""
    groups: dict[tuple[str, str, str], list[Symptom]] = {}
    for symptom in symptoms:
        groups.setdefault((symptom.ailment, symptom.where, symptom.about), []).append(symptom)
    return groups.values()


def _finding(seen: Examination, group: list[Symptom]) -> Finding:
    first = group[0]
    ailment, remedy = AILMENTS[first.ailment], _remedy(seen, first)
    return Finding(
        id=ailment.id,
        severity=first.severity or ailment.severity,
        where=first.where,
        sentence=re.sub(r"\.+$", ".", first.sentence),  # Servers' own words end as they like.
        why=ailment.why,
        remedy=remedy.sentence,
        lines=remedy.lines,
        guide=remedy.guide,
        modes=tuple(dict.fromkeys(symptom.mode for symptom in group if symptom.mode)),
    )


def _remedy(seen: Examination, symptom: Symptom) -> Remedy:
    if symptom.where == VIP:
        return at_vip(symptom.ailment)
    for own, server in zip(seen.servers, seen.service.servers, strict=True):
        if server.name == symptom.where:
            return at_server(symptom.ailment, kind_of(own), wanted_by(seen.service, server))
    return Remedy(AILMENTS[symptom.ailment].remedy)


def _not_examined(seen: Examination) -> Iterator[str]:
    order, service = seen.order, seen.service
    if seen.unfinished:
        yield f"The examination is not complete: {seen.unfinished}."
    if not order.may_log_in:
        yield "Everything behind the login: give a user by `health.user`, or by --user and --password-file."
        return
    if any(map(has_refused_login, seen.servers)):
        yield "Everything behind the login at servers that refuse it, and at the VIP."
    if isinstance(service, TcpServicePlan):
        yield from _not_seen_in_tcp_mode(service)
    if not order.may_write:
        yield "Uploads and clocks: only with --write."
    if not order.wait_s:
        yield "Idle time-outs that servers do not tell of: only with --wait SECONDS."
    if not order.files:
        yield "Whether the servers have the same files: only with --file PATH."


def _not_seen_in_tcp_mode(service: TcpServicePlan) -> Iterator[str]:
    if not service.public_name and any(server.tls.mode != "off" for server in service.servers):
        yield "The names in certificates: only with `public_name`."
    if service.pairing == "source" and len(service.servers) > 1:
        yield "Other servers than one through the VIP: with `pairing: source` one client address is always led to one."
