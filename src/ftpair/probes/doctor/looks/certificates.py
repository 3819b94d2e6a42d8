"""The certificates that were shown: dates, name, and whether they lead to a trusted CA."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509

from ftpair.core.doctor import Severity
from ftpair.core.plan import TcpServicePlan
from ftpair.ftp.command import printable
from ftpair.probes import words
from ftpair.probes.certificate import covers, read
from ftpair.probes.doctor.seen import Door, Seen
from ftpair.probes.doctor.symptom import Case, Symptom

SOON = timedelta(days=30)
# Numbers of OpenSSL's x509_vfy.h.
_SELF_SIGNED = 18
_UNTRUSTED = frozenset({18, 19})
_INCOMPLETE = frozenset({2, 20, 21})


def look(case: Case) -> Iterator[Symptom]:
    """Yield what clients, or ftpair's own legs, would not like about the certificates."""
    now = datetime.fromtimestamp(case.machine.now, UTC)
    for seen in case.seen.everybody:
        is_shown_to_clients = seen.target.is_vip or isinstance(case.seen.service, TcpServicePlan)
        if not (is_shown_to_clients or seen.target.tls.verify):
            continue  # In FTP mode only ftpair sees them, and is told to take any.
        for mode, chain in _shown(seen):
            yield from _dates(seen, mode, chain, now)
            yield from _name(seen, mode, chain)
        for door in seen.doors.values():
            yield from _trust(seen, door)


def _shown(seen: Seen) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    if seen.target.is_vip and not seen.doors:
        return  # In TCP mode they are the servers' own.
    for visit in seen.visits:
        if visit.chain:
            yield str(visit.mode), visit.chain


def _dates(seen: Seen, mode: str, chain: tuple[bytes, ...], now: datetime) -> Iterator[Symptom]:
    for number, der in enumerate(chain):
        certificate = read(der)
        if certificate is None:
            continue
        what = "The certificate" if number == 0 else f"The issuer's certificate ({_subject(certificate)})"
        about = hashlib.sha256(der).hexdigest()
        end, start = certificate.not_valid_after_utc, certificate.not_valid_before_utc
        if now > end:
            yield Symptom("certificate-expired", seen.target.name, f"{what} expired on {end:%Y-%m-%d}.", mode, about)
        elif now < start:
            sentence = f"{what} is not valid before {start:%Y-%m-%d %H:%M} UTC."
            yield Symptom("certificate-expired", seen.target.name, sentence, mode, about)
        elif end - now < SOON:
            sentence = f"{what} expires on {end:%Y-%m-%d}, in {(end - now).days} days."
            yield Symptom("certificate-expires-soon", seen.target.name, sentence, mode, about)


def _name(seen: Seen, mode: str, chain: tuple[bytes, ...]) -> Iterator[Symptom]:
    wanted = seen.target.tls.name
    certificate = read(chain[0])
    if not wanted or certificate is None:
        return
    names = words.names_of(chain[0])
    if not any(covers(name, wanted) for name in names):
        shown = ", ".join(printable(name.encode()) for name in names[: words.MOST_NAMES_SHOWN]) or "nobody"
        sentence = f"The certificate is for {shown}, not for {wanted}."
        yield Symptom("certificate-name", seen.target.name, sentence, mode, severity=_severity(seen))


def _trust(seen: Seen, door: Door) -> Iterator[Symptom]:
    mode, name = f"{door.entrance} TLS", seen.target.name
    if door.distrust in _UNTRUSTED:
        what = "is self-signed" if door.distrust == _SELF_SIGNED else "is of a CA that is not trusted"
        yield Symptom("certificate-untrusted", name, f"The certificate {what}.", mode, severity=_severity(seen))
    elif door.distrust in _INCOMPLETE:
        last = read(door.chain[-1]) if door.chain else None
        issuer = f", {_issuer(last)}," if last else ""
        count = "1 certificate" if len(door.chain) == 1 else f"{len(door.chain)} certificates"
        sentence = f"The server sends {count}; the issuer of the last{issuer} is neither among them nor trusted."
        yield Symptom("certificate-chain", name, sentence, mode, severity=_severity(seen))


def _severity(seen: Seen) -> Severity | None:
    """Who has told ftpair not to verify knows it; clients suffer all the same."""
    return None if seen.target.tls.verify else "warning"


def _subject(certificate: x509.Certificate) -> str:
    return printable(certificate.subject.rfc4514_string().encode())


def _issuer(certificate: x509.Certificate) -> str:
    return printable(certificate.issuer.rfc4514_string().encode())
