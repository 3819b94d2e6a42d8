"""Revocation lists, examined before anybody works with them: whose they are, and until when they hold."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ftpair.config.certificates import Examined, NotPemError, day

_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_SOON = timedelta(days=3)
_PART_OF_LIFE = 4
"""A list that is made anew every hour has not "soon expired" all its life."""


def read_lists(pem: bytes) -> list[x509.CertificateRevocationList]:
    """Return the revocation lists in PEM text, at least one. Raises NotPemError."""
    try:
        lists = [x509.load_pem_x509_crl(each) for each in _LIST.findall(pem)]
    except ValueError:
        lists = []
    if not lists:
        remedy = "convert it (openssl crl -inform der -in FILE -out FILE.pem), or ask your CA for one"
        raise NotPemError(f"holds no readable revocation list in PEM form: {remedy}")
    return lists


def examine_lists(pem: bytes, issuers: Sequence[x509.Certificate], now: float) -> Examined:
    """Return what there is to say about the revocation lists of `issuers`; whose they are is not asked without any.

    `not_after` is when the first of them expires, 0 for never; `now` is in seconds since the epoch.
    """
    try:
        lists = read_lists(pem)
    except NotPemError as error:
        return Examined(problems=(("crl", str(error)),))
    moment = datetime.fromtimestamp(now, UTC)
    problems = [("crl", sentence) for each in lists for sentence in _flaws(each, issuers, moment)]
    problems += [("crl", sentence) for issuer in issuers for sentence in _gaps(issuer, lists)]
    warnings = [("crl", sentence) for each in lists for sentence in _worries(each, moment)]
    ends = [each.next_update_utc.timestamp() for each in lists if each.next_update_utc]
    return Examined(min(ends, default=0.0), tuple(problems), tuple(warnings))


def _flaws(
    revoked: x509.CertificateRevocationList, issuers: Sequence[x509.Certificate], now: datetime
) -> Iterator[str]:
    end = revoked.next_update_utc
    if end is not None and end < now:
        remedy = "fetch a new one, for OpenSSL refuses everybody by an old one"
        yield f"expired on {day(end.timestamp())} ({_issuer(revoked)}): {remedy}"
    if issuers and not any(_is_signed_by(revoked, issuer) for issuer in issuers):
        yield f"is signed by none of the CAs beside it ({_issuer(revoked)}): write the list of those CAs"


def _gaps(issuer: x509.Certificate, lists: Sequence[x509.CertificateRevocationList]) -> Iterator[str]:
    if not any(_is_signed_by(each, issuer) for each in lists):
        remedy = "add its list, or take that CA out of its file, for OpenSSL refuses everybody below it"
        yield f"holds no list of {issuer.subject.rfc4514_string() or 'a CA without a name'}: {remedy}"


def _is_signed_by(revoked: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return bool(revoked.is_signature_valid(issuer.public_key()))  # type: ignore[arg-type] # Others raise TypeError.
    except (TypeError, ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False


def _worries(revoked: x509.CertificateRevocationList, now: datetime) -> Iterator[str]:
    end = revoked.next_update_utc
    if end is None or end < now:
        return
    if end - now < min(_SOON, (end - revoked.last_update_utc) / _PART_OF_LIFE):
        yield f"expires on {end:%Y-%m-%d %H:%M} UTC ({_issuer(revoked)}): fetch a new one before"


def _issuer(revoked: x509.CertificateRevocationList) -> str:
    return revoked.issuer.rfc4514_string() or "no issuer"
