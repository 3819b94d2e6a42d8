"""Idle time-outs and clocks."""

import re
from calendar import timegm
from collections.abc import Iterator
from time import strptime

from ftpair.core.plan import ServicePlan
from ftpair.probes.doctor.seen import Seen, Visit
from ftpair.probes.doctor.symptom import Case, Symptom, at, visits_of

MOST_SKEW_S = 60.0
_QUARTER_S = 900
_IDLE: tuple[tuple[str, str, int], ...] = (
    ("", r"disconnected after (\d+) minutes? of inactivity", 60),
    ("", r"disconnected after (\d+) seconds? of inactivity", 1),
    ("STAT", r"Session timeout in seconds is (\d+)", 1),
    ("STAT", r"IDLE time limit is (\d+) seconds", 1),
)
"""What makes of servers tell of their idle time-out: verb (empty: the greeting), the words, and seconds in its unit."""


def look(case: Case) -> Iterator[Symptom]:
    """Yield clocks that end what should live on, and clocks that are wrong."""
    for seen in case.seen.everybody:
        yield from _told(case, seen)
        yield from _lost(case, seen)
    for _seen, visit in visits_of(case):
        yield from _skewed(visit)


def promised_s(case: Case) -> float:
    """Return how long the service promises to keep an idle connection."""
    service = case.seen.service
    return service.clocks.idle_timeout_s if isinstance(service, ServicePlan) else service.longest_transfer_s


def told_idle_s(visit: Visit) -> int | None:
    """Return the idle time-out that a server tells of; None: it tells of none."""
    for verb, pattern, unit_s in _IDLE:
        found = re.search(pattern, visit.text(verb), re.IGNORECASE)
        if found:
            return int(found[1]) * unit_s
    return None


def _told(case: Case, seen: Seen) -> Iterator[Symptom]:
    if seen.target.is_vip:
        return
    for visit in seen.visits:
        idle_s = told_idle_s(visit)
        if idle_s is not None and idle_s < promised_s(case):
            sentence = f"The server ends idle sessions after {idle_s} s by its own account; {_promise(case)}."
            yield at("idle-timeout", visit, sentence)


def _promise(case: Case) -> str:
    key = "idle_timeout_s" if isinstance(case.seen.service, ServicePlan) else "longest_transfer_s"
    return f"{key} of the service is {promised_s(case):g}"


def _lost(case: Case, seen: Seen) -> Iterator[Symptom]:
    for visit in seen.waits:
        if visit.idle_end and visit.idle_s <= promised_s(case):
            sentence = f"After {visit.idle_s:g} s without a command the session was gone: {visit.idle_end}."
            yield at("idle-lost", visit, sentence)


def _skewed(visit: Visit) -> Iterator[Symptom]:
    written = visit.written
    if written is None or not written.modified:
        return
    ahead_s = timegm(strptime(written.modified, "%Y%m%d%H%M%S")) - written.stored_at
    if abs(ahead_s) <= MOST_SKEW_S:
        return
    side = "ahead of" if ahead_s > 0 else "behind"
    sentence = f"MDTM of a file stored just now is {abs(ahead_s):.0f} s {side} this machine's clock"
    off_s = abs(ahead_s) % _QUARTER_S
    is_zone = abs(ahead_s) > _QUARTER_S and min(off_s, _QUARTER_S - off_s) <= MOST_SKEW_S
    yield at("clock-skew", visit, f"{sentence}{': it tells local time, not UTC' if is_zone else ''}.")
