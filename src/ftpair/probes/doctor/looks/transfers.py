"""How data connections fare once they stand: bound to their session, secured, ended."""

import re
from collections.abc import Iterator

from ftpair.core.plan import ServicePlan
from ftpair.probes.doctor.client import said
from ftpair.probes.doctor.looks.pairing import is_peer_refused, is_split
from ftpair.probes.doctor.seen import Seen, Visit
from ftpair.probes.doctor.symptom import Case, Symptom, at, visits_of
from ftpair.probes.transfer import Transfer

_REUSE = re.compile(rb"reuse|resum", re.IGNORECASE)


def look(case: Case) -> Iterator[Symptom]:
    """Yield what is wrong with transfers whose data connection was accepted."""
    for seen, visit in visits_of(case):
        for transfer in visit.transfers:
            if transfer.stage in {"begin", "tls", "move", "end"}:
                yield from _failed(case, seen, visit, transfer)
            elif _ends_badly(case, seen, transfer):
                yield at("no-close-notify", visit, "Data connections end by a bare FIN, without close_notify.")
        yield from _written(visit)


def _failed(case: Case, seen: Seen, visit: Visit, transfer: Transfer) -> Iterator[Symptom]:
    if is_peer_refused(transfer):
        yield at("data-peer-refused", visit, f"A listing ends with {_shown(transfer)}.")
    elif is_split(case, seen, visit, transfer):
        return  # The look at pairings tells.
    elif _demands_resumption(visit, transfer):
        if not isinstance(case.seen.service, ServicePlan):  # There ftpair resumes, or the file says what it demands.
            sentence = f"Without a resumed TLS session a listing fails: {_why(transfer)}."
            yield at("session-reuse-demanded", visit, sentence)
    else:
        yield at("data-failed", visit, f"A listing over {transfer.way} fails: {_why(transfer)}.")


def _demands_resumption(visit: Visit, transfer: Transfer) -> bool:
    """Whether the same went well, and resumed, with the session of the control connection."""
    return not transfer.is_resuming and any(other.is_whole and other.is_resumed for other in visit.transfers)


def _why(transfer: Transfer) -> str:
    told = f" ({_shown(transfer)})" if transfer.final and said(transfer.final) not in transfer.trouble else ""
    is_unresumed = transfer.is_resuming and transfer.certificate and not transfer.is_resumed
    hint = ""
    if is_unresumed and transfer.final and _REUSE.search(transfer.final.raw):
        hint = "; it wants data connections to resume the session, and does not resume it"
    return f"{transfer.trouble}{told}{hint}"


def _shown(transfer: Transfer) -> str:
    return said(transfer.final) if transfer.final else "no answer"


def _ends_badly(case: Case, seen: Seen, transfer: Transfer) -> bool:
    if not (transfer.is_whole and transfer.certificate and transfer.ending == "fin"):
        return False
    service = case.seen.service
    if seen.target.is_vip or not isinstance(service, ServicePlan):
        return True
    return seen.target.tls.close_notify == "require"


def _written(visit: Visit) -> Iterator[Symptom]:
    written = visit.written
    if written is not None and written.trouble:
        left = f" {written.name} is left behind." if written.is_left_behind else ""
        yield at("write-failed", visit, f"The probe file: {written.trouble}.{left}")
