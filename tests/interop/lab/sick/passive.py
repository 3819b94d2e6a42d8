"""Addresses and ports that are announced wrongly, or lead nowhere."""

import contextlib
import functools
import socket

from tests.interop.lab.clinic import (
    SLICES,
    Clinic,
    Patient,
    by_hand,
    forwarding,
)
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.sick.cases import case


@case(("pasv-address", "B"))
def pasv_address(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("ProFTPD", vip), clinic.server("ProFTPD", "127.9.9.9")], vip)


@case(("pasv-address-private", "A"))
def pasv_address_private(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip)], vip, advertised_address="198.51.100.7")


@case(("pasv-address-private", "A"), ("no-close-notify", "A"))
def iis_pasv_address_private(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("IIS")], vip, advertised_address="198.51.100.7")


@case(("pasv-address-unknown", ""), ("unreachable", "VIP"))
def pasv_address_unknown(clinic: Clinic) -> Patient:
    patient = clinic.patient([clinic.server("Pure-FTPd")], "0.0.0.0")
    patient.is_served = False  # On every address it would be in the way of all others.
    return patient


@case(("passive-port-outside", "A"))
def passive_port_outside(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("Pure-FTPd", vip, passive=(22000, 22027))], vip)


@case(("passive-port-outside", "A"), ("no-close-notify", "A"))
def iis_passive_port_outside(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("IIS", vip, passive=(22100, 22127))], vip)


@case(
    ("passive-port-outside", "A"),
    ("passive-port-outside", "B"),
    ("pairing-slice", "VIP"),
    options=("--timeout", "1"),
)
def pairing_slice(clinic: Clinic) -> Patient:
    vip = fresh_address()
    servers = [clinic.server("pyftpdlib", vip, passive=own) for own in reversed(SLICES)]
    return clinic.sliced(clinic.patient(servers, vip))


@case(("passive-port-closed", "A"), options=("--timeout", "1"))
def passive_port_closed(clinic: Clinic) -> Patient:
    vip, door = fresh_address(), fresh_address()
    server = clinic.server("ProFTPD", vip, identity=clinic.authority.issue("closed", door))
    patient = clinic.patient([server], vip, real_servers={"A": {"address": door}})
    only_control = f"listen control\n    bind {door}:{CONTROL_PORT}\n    server A {server.address}\n"
    patient.others.append(functools.partial(forwarding, clinic.folder / "closed", door, only_control))
    return patient


@case(("passive-port-closed", "VIP"))
def passive_port_closed_at_vip(clinic: Clinic) -> Patient:
    vip = fresh_address()
    server = clinic.server("vsftpd", vip)
    return by_hand(clinic, clinic.patient([server], vip), "", "")


@case(("passive-refused", "A"))
def passive_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    server = clinic.server("vsftpd", vip, passive=(21000, 21000))
    patient = clinic.patient([server], vip)
    patient.others.append(lambda: contextlib.closing(socket.create_server((server.address, 21000))))
    return patient


@case(("epsv-refused", "A"))
def epsv_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    settings = ("<Limit EPSV>", "DenyAll", "</Limit>")
    return clinic.patient([clinic.server("ProFTPD", vip, settings=settings)], vip)


@case(("passive-range-ephemeral", ""))
def passive_range_ephemeral(clinic: Clinic) -> Patient:
    vip = fresh_address()
    ports = {"explicit": CONTROL_PORT, "passive": "40000-40027"}
    return clinic.patient([clinic.server("ProFTPD", vip, passive=(40000, 40027))], vip, ports=ports)
