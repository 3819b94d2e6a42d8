"""Who a client is by its certificate: what `ssl` tells of it, as the session, the routes and the log want it."""

import ssl
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ftpair.core.der import user_principal_names
from ftpair.core.facts import NO_NAMES, CertificateNames
from ftpair.core.subjects import text_of

MOST_NAMES = 100
"""Further names of a certificate that count; a rule is asked about each of them."""
NAMELESS = "no subject"
UNREADABLE = "somebody whose names cannot be read"
"""How those are known whose certificate has no subject, or broken names: as nobody, but never as without one."""

_KINDS = {"email": "email", "DNS": "dns", "URI": "uri"}
"""Kinds of names, as `ssl` and as rules call them."""


class Bearer(NamedTuple):
    """Who has brought a certificate; nobody is empty."""

    name: str = ""
    """The common name; the whole subject, if it has none or several."""
    names: CertificateNames = NO_NAMES


NOBODY = Bearer()


def bearer_of(secured: ssl.SSLSocket | ssl.SSLObject, *, with_names: bool = False) -> Bearer:
    """Return who the peer is; the question costs nothing where no certificate was asked for."""
    if not secured.server_side or secured.context.verify_mode is ssl.CERT_NONE:
        return NOBODY
    try:
        certificate = secured.getpeercert()
    except (UnicodeDecodeError, ssl.SSLError):  # Signed by a CA that looks at nothing.
        return Bearer(UNREADABLE)
    if not certificate:
        return NOBODY
    subject = certificate.get("subject", ())
    return Bearer(name_of(subject), _names(secured, certificate) if with_names else NO_NAMES)


def name_of(subject: Any) -> str:
    """Return the common name of a subject as `ssl` gives it; the whole subject if it has none, or more than one."""
    common = [value for relative in subject for key, value in relative if key == "commonName"]
    if len(common) == 1 and common[0]:
        return str(common[0])
    return text_of(subject) or NAMELESS


def _names(secured: ssl.SSLSocket | ssl.SSLObject, certificate: Mapping[str, Any]) -> CertificateNames:
    alternative = certificate.get("subjectAltName", ())
    found = [f"{_KINDS[kind]}:{name}" for kind, name in alternative if kind in _KINDS]
    if any(kind == "othername" for kind, _name in alternative):
        found += _principals(secured)
    return CertificateNames(text_of(certificate.get("subject", ())), tuple(found[:MOST_NAMES]))


def _principals(secured: ssl.SSLSocket | ssl.SSLObject) -> Iterator[str]:
    """Yield user principal names from the certificate itself: `ssl` does not tell them, or only up to a NUL."""
    der = secured.getpeercert(binary_form=True) or b""
    return (f"upn:{name}" for name in user_principal_names(der))
