"""What clients without TLS, or with an old one, are allowed; and whether all servers speak the same versions."""

from collections.abc import Iterator

from ftpair.core.plan import TcpServicePlan
from ftpair.probes.doctor.seen import Seen
from ftpair.probes.doctor.symptom import EVERYWHERE, Case, Symptom
from ftpair.probes.doctor.target import Entrance

_OLD = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2"}


def look(case: Case) -> Iterator[Symptom]:
    """Yield what is allowed and should not be, and where servers differ."""
    for seen in case.seen.everybody:
        yield from _old_versions(seen)
        yield from _clear_text(seen)
    if isinstance(case.seen.service, TcpServicePlan):
        yield from _different_versions(case)


def _old_versions(seen: Seen) -> Iterator[Symptom]:
    oldest = seen.target.tls.minimum_version
    for door in seen.doors.values():
        if door.old_version:
            spoken = _OLD.get(door.old_version, door.old_version)
            sentence = f"{spoken} is accepted, and nothing before TLS {oldest} should be."
            yield Symptom("tls-version-old", seen.target.name, sentence, f"{door.entrance} TLS")


def _clear_text(seen: Seen) -> Iterator[Symptom]:
    for door in seen.doors.values():
        answer = door.clear_answer
        if answer is not None and (answer.code == 331 or answer.is_positive):
            said = "asks for the password" if answer.code == 331 else "logs in"
            sentence = f"Without TLS the server {said} (`{answer.code}`), and clear text should be refused."
            yield Symptom("clear-text-allowed", seen.target.name, sentence, "clear text")


def _different_versions(case: Case) -> Iterator[Symptom]:
    entrances: tuple[Entrance, ...] = ("explicit", "implicit")
    for entrance in entrances:
        spoken = {seen.target.name: _versions(seen, entrance) for seen in case.seen.servers}
        told = {name: versions for name, versions in spoken.items() if versions}
        if len(set(told.values())) > 1:
            sentence = "; ".join(f"{name} speaks TLS {' and '.join(versions)}" for name, versions in told.items())
            yield Symptom("tls-versions-differ", EVERYWHERE, f"{sentence}.", f"{entrance} TLS")


def _versions(seen: Seen, entrance: Entrance) -> tuple[str, ...]:
    visits = [visit for visit in seen.visits if visit.mode.entrance == entrance and visit.is_secured]
    return tuple(sorted({visit.mode.version for visit in visits if visit.mode.version}))
