"""Example answers of the routes of certificates, made of the real values."""

from dataclasses import asdict

from fastapi.openapi.models import Example

from ftpair.api.bodies import Done
from ftpair.api.certificate_bodies import CertificateDone
from ftpair.core.certificates import CertificateEntry, CertificateFacts, CertificateRemark

_FACTS = CertificateFacts(
    subject="CN=ftp.example.org",
    issuer="CN=Example CA,O=Example",
    names=("ftp.example.org", "192.0.2.10"),
    not_before=1767225600.0,
    not_after=1774915200.0,
    days_left=21,
    fingerprint=":".join(["5F", "3C", "9B", "E1"] * 8),
    key="EC",
    bits=256,
    chain=2,
)
ENTRY = CertificateEntry(
    name="web",
    certificate="tls/web.pem",
    key="tls/web.key",
    facts=_FACTS,
    used_by=("FTPS_VIP",),
    is_running=True,
    warnings=(CertificateRemark("certificate", "expires on 2026-03-31, in 21 days: renew it"),),
)
CERTIFICATE = asdict(ENTRY)
KEPT = "web is kept in tls/web.pem and tls/web.key"
SAVED = asdict(
    CertificateDone(f"{KEPT} and entered in the file (revision 7): an apply brings it in", False, 7, ENTRY)  # noqa: FBT003 - as named.
)
DELETED = asdict(
    Done("web is taken out of the file (revision 8); tls/web.pem and tls/web.key stay on the disk, so that ...")
)
_PEM = "-----BEGIN {0}-----\nMIIB...\n-----END {0}-----\n"
WISHES = {
    "upload": Example(
        summary="A chain and its key",
        value={
            "certificate": _PEM.format("CERTIFICATE") * 2,
            "key": _PEM.format("PRIVATE KEY"),
            "hosts": ["ftp.example.org"],
        },
    )
}
