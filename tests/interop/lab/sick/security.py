"""Certificates, versions of TLS, and clear text."""

import datetime

from tests.interop.lab.authority import Authority
from tests.interop.lab.clinic import (
    Clinic,
    Patient,
    self_signed,
    without_issuers,
)
from tests.interop.lab.places import fresh_address
from tests.interop.lab.sick.cases import case

DAY = datetime.timedelta(days=1)


@case(("certificate-expired", "A"))
def certificate_expired(clinic: Clinic) -> Patient:
    vip = fresh_address()
    identity = clinic.authority.issue("expired", "ftp.example.org", lasts=-DAY)
    return clinic.patient([clinic.server("ProFTPD", vip, identity=identity)], vip, public_name="ftp.example.org")


@case(("certificate-expires-soon", "A"))
def certificate_expires_soon(clinic: Clinic) -> Patient:
    vip = fresh_address()
    identity = clinic.authority.issue("soon", "ftp.example.org", lasts=10 * DAY)
    return clinic.patient([clinic.server("Pure-FTPd", vip, identity=identity)], vip)


@case(("certificate-name", "A"))
def certificate_name(clinic: Clinic) -> Patient:
    vip = fresh_address()
    identity = clinic.authority.issue("named", "www.example.org", "*.inner.example.org")
    return clinic.patient([clinic.server("vsftpd", vip, identity=identity)], vip, public_name="ftp.example.org")


@case(("certificate-chain", "A"))
def certificate_chain(clinic: Clinic) -> Patient:
    vip = fresh_address()
    folder = clinic.folder / "intermediate"
    folder.mkdir()
    identity = without_issuers(Authority(folder, above=clinic.authority).issue("leaf", "ftp.example.org"))
    return clinic.patient([clinic.server("ProFTPD", vip, identity=identity)], vip)


@case(("certificate-untrusted", "A"))
def certificate_untrusted(clinic: Clinic) -> Patient:
    vip = fresh_address()
    identity = self_signed(clinic.folder, "ftp.example.org")
    return clinic.patient([clinic.server("vsftpd", vip, identity=identity)], vip)


@case(("tls-versions-differ", ""))
def tls_versions_differ(clinic: Clinic) -> Patient:
    vip = fresh_address()
    servers = [clinic.server("ProFTPD", vip, version=version) for version in ("1.2", "1.3")]
    return clinic.patient(servers, vip)


@case(("tls-version-old", "A"))
def tls_version_old(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, oldest="1")], vip)


@case(("clear-text-allowed", "A"))
def clear_text_allowed(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, demands_tls=False)], vip)


@case(("clear-text-refused", "A"))
def clear_text_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("Pure-FTPd", vip)], vip, clear_text="allow")
