"""Services in FTP mode, where ftpair itself is who clients meet: well, and ill at the VIP alone."""

import datetime

from tests.interop.lab.clinic import Clinic, Patient
from tests.interop.lab.places import fresh_address
from tests.interop.lab.sick.cases import case

CA = ("--ca", "{ca}")


@case(options=(*CA, "--write", "--directory", "files"))
def ftp_mode(clinic: Clinic) -> Patient:
    return clinic.in_ftp_mode([clinic.server("ProFTPD"), clinic.server("ProFTPD", tls="implicit")])


@case(("certificate-chain", "VIP"))
def vip_certificate_chain(clinic: Clinic) -> Patient:
    return clinic.in_ftp_mode([clinic.server("Pure-FTPd")])


@case(("certificate-expires-soon", "VIP"), options=CA)
def vip_certificate_expires_soon(clinic: Clinic) -> Patient:
    patient = clinic.in_ftp_mode([clinic.server("vsftpd")], tls={"certificate": "soon"})
    patient.certificates["soon"] = clinic.authority.issue("vip-soon", patient.vip, lasts=datetime.timedelta(days=10))
    return patient


@case(("pasv-address-private", "VIP"), options=CA)
def vip_address_not_applied(clinic: Clinic) -> Patient:
    patient = clinic.in_ftp_mode([clinic.server("ProFTPD")])
    patient.not_applied["advertised_address"] = "198.51.100.7"
    return patient


@case(("tls-version-old", "VIP"), options=CA)
def vip_oldest_version_not_applied(clinic: Clinic) -> Patient:
    patient = clinic.in_ftp_mode([clinic.server("vsftpd")])
    patient.not_applied["tls"] = {"certificate": "vip_oldest_version_not_applied", "minimum_version": "1.3"}
    return patient


@case(("unreachable", "VIP"), options=CA)
def vip_unreachable(clinic: Clinic) -> Patient:
    patient = clinic.in_ftp_mode([clinic.server("pyftpdlib")])
    patient.is_served = False
    return patient


@case(("unreachable", "A"), ("login-refused", "VIP"), options=CA)
def vip_without_a_server(clinic: Clinic) -> Patient:
    patient = clinic.in_ftp_mode([])
    patient.settings["real_servers"]["A"] = {"address": fresh_address()}
    return patient
