"""Clocks, and servers that are not alike."""

import contextlib
import os
from collections.abc import Iterator

from tests.interop.lab.clinic import (
    Clinic,
    Patient,
    by_hand,
)
from tests.interop.lab.places import fresh_address
from tests.interop.lab.servers.real_server import RealServer
from tests.interop.lab.sick.cases import case


@case(("idle-timeout", "A"))
def idle_timeout(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, settings=("idle_session_timeout=300",))], vip)


@case(("idle-timeout", "A"))
def idle_timeout_pure(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("Pure-FTPd", vip, settings=("-I", "15"))], vip)


@case(("idle-lost", "A"), options=("--wait", "7"))
def idle_lost(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("ProFTPD", vip, settings=("TimeoutIdle 4",))], vip)


@case(("idle-lost", "VIP"), options=("--wait", "3"))
def idle_lost_at_vip(clinic: Clinic) -> Patient:
    vip = fresh_address()
    patient = clinic.patient([clinic.server("Pure-FTPd", vip)], vip)
    return by_hand(clinic, patient, "    timeout client 1s\n", "    balance roundrobin\n")


@case(("clock-skew", "A"), options=("--write", "--directory", "files"))
def clock_skew(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, zone="Asia/Tokyo", settings=("use_localtime=YES",))], vip)


@case(("write-failed", "A"), options=("--write",))
def write_failed(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip)], vip)


@case(("write-failed", "A"), options=("--write", "--directory", "files"))
def probe_file_left_behind(clinic: Clinic) -> Patient:
    vip = fresh_address()
    settings = ("<Limit RETR DELE>", "DenyAll", "</Limit>")
    return clinic.patient([clinic.server("ProFTPD", vip, settings=settings)], vip)


@case(("files-differ", ""), options=("--file", "files/price-list"))
def files_differ(clinic: Clinic) -> Patient:
    vip = fresh_address()
    patient = clinic.patient([clinic.server("vsftpd", vip), clinic.server("vsftpd", vip)], vip)
    patient.others.append(lambda: _different_files(patient.servers))
    return patient


@contextlib.contextmanager
def _different_files(servers: list[RealServer]) -> Iterator[None]:
    for number, server in enumerate(servers):
        path = server.put("price-list", lambda path, number=number: path.write_text("1.00 EUR\n" * (number + 1)))
        os.utime(path, (1_700_000_000, 1_700_000_000 + number))
    yield


@case(("features-differ", ""))
def features_differ(clinic: Clinic) -> Patient:
    vip = fresh_address()
    servers = [clinic.server("ProFTPD", vip), clinic.server("ProFTPD", vip, settings=("FactsAdvertise off",))]
    return clinic.patient(servers, vip)
