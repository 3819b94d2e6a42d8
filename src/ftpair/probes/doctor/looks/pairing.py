"""Whether a data connection through the VIP finds the server of its session. For services in TCP mode."""

import re
from collections.abc import Iterator

from ftpair.core.plan import TcpServicePlan
from ftpair.probes.doctor.looks.passive import leaves_range
from ftpair.probes.doctor.seen import Seen, Visit
from ftpair.probes.doctor.symptom import Case, Symptom, at
from ftpair.probes.transfer import Transfer

_PEER = re.compile(
    rb"Bad IP connecting|Client IP on the control channel|IP address.{0,80}(does not|doesn't|didn't) match|"
    rb"foreign address",
    re.IGNORECASE,
)
"""vsftpd, IIS, SFTPGo, pyftpdlib."""


def look(case: Case) -> Iterator[Symptom]:
    """Yield data connections that went astray, and slices that are mixed up."""
    service, vip = case.seen.service, case.seen.vip
    if not isinstance(service, TcpServicePlan):
        return
    for visit in vip.visits:
        for transfer in visit.transfers:
            astray = list(_foreign_slice(case, visit, transfer)) if service.pairing == "port" else []
            yield from astray
            if is_split(case, vip, visit, transfer) and not astray:
                yield at("pairing-split", visit, f"{_sentence(visit, transfer)}; directly at the servers it works.")


def is_split(case: Case, seen: Seen, visit: Visit, transfer: Transfer) -> bool:
    """Return whether a data connection through the VIP met another server than its session, as far as can be seen."""
    if not (seen.target.is_vip and isinstance(case.seen.service, TcpServicePlan)):
        return False
    if leaves_range(visit, transfer) or is_peer_refused(transfer):
        return False
    if transfer.certificate and visit.chain and transfer.certificate != visit.chain[0]:
        return True
    return transfer.stage in {"begin", "tls", "move", "end"} and _works_directly(case, visit, transfer)


def is_peer_refused(transfer: Transfer) -> bool:
    """Return whether the server refused the data connection because it came from another address than the session."""
    return transfer.final is not None and bool(_PEER.search(transfer.final.raw))


def answered_by(case: Case, visit: Visit) -> list[str]:
    """Return the servers that may have answered a visit to the VIP: those that look the same at their own address."""
    return [seen.target.name for seen in case.seen.servers if any(_is_alike(visit, own) for own in seen.visits)]


def _is_alike(visit: Visit, own: Visit) -> bool:
    return (
        visit.mode == own.mode
        and visit.chain[:1] == own.chain[:1]
        and visit.greeting == own.greeting
        and visit.features == own.features
    )


def _works_directly(case: Case, visit: Visit, transfer: Transfer) -> bool:
    """Whether the same transfer went well at every server that could be asked, at one at least."""
    same = [
        own.is_whole
        for seen in case.seen.servers
        for their in seen.visits
        if their.mode == visit.mode
        for own in their.transfers
        if (own.way, own.is_resuming) == (transfer.way, transfer.is_resuming)
    ]
    return bool(same) and all(same)


def _sentence(visit: Visit, transfer: Transfer) -> str:
    if transfer.certificate and visit.chain and transfer.certificate != visit.chain[0]:
        return "The data connection shows the certificate of another server than the session"
    return f"A listing over {transfer.way} fails through the VIP: {transfer.trouble}"


def _foreign_slice(case: Case, visit: Visit, transfer: Transfer) -> Iterator[Symptom]:
    told, servers = transfer.told, answered_by(case, visit)
    if told is None or not servers:
        return
    owners = [
        each.target.name for each in case.seen.servers if each.target.passive and told.port in each.target.passive
    ]
    if owners and owners[0] not in servers:
        sentence = f"{' or '.join(servers)} names port {told.port}, which belongs to {owners[0]}."
        yield at("pairing-slice", visit, sentence)
