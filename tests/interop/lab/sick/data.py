"""Data connections that miss their session, or end badly."""

from tests.interop.lab.clinic import (
    Clinic,
    Patient,
    by_hand,
)
from tests.interop.lab.places import fresh_address
from tests.interop.lab.sick.cases import case


@case(("pairing-split", "VIP"), options=("--timeout", "2"))
def pairing_split(clinic: Clinic) -> Patient:
    vip = fresh_address()
    servers = [clinic.server("ProFTPD", vip), clinic.server("ProFTPD", vip)]
    return by_hand(clinic, clinic.patient(servers, vip), *["    balance roundrobin\n"] * 2)


@case(("data-peer-refused", "VIP"))
def data_peer_refused(clinic: Clinic) -> Patient:
    return _from_two_addresses(clinic, "vsftpd")


@case(("data-peer-refused", "VIP"), ("no-close-notify", "A"))
def iis_data_peer_refused(clinic: Clinic) -> Patient:
    return _from_two_addresses(clinic, "IIS")


def _from_two_addresses(clinic: Clinic, make: str) -> Patient:
    vip = fresh_address()
    patient = clinic.patient([clinic.server(make, vip)], vip)
    return by_hand(clinic, patient, *[f"    source {fresh_address()}\n" for _ in range(2)])


@case(("session-reuse-demanded", "A"))
def session_reuse_vsftpd(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, settings=("require_ssl_reuse=YES",))], vip)


@case(("session-reuse-demanded", "A"))
def session_reuse_proftpd(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("ProFTPD", vip, is_relaxed=False)], vip)


@case(("data-failed", "A"))
def data_failed(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, settings=("dirlist_enable=NO",))], vip)


@case(("no-close-notify", "A"))
def no_close_notify(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("IIS", vip)], vip)
