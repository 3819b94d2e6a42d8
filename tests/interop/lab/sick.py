"""Each way of being misconfigured that the doctor knows, with real servers, and exactly what he finds."""

import contextlib
import datetime
import functools
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.interop.lab.authority import Authority
from tests.interop.lab.clinic import (
    PASSIVE,
    SLICES,
    Clinic,
    Patient,
    forwarding,
    self_signed,
    without_issuers,
)
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.scripted_server import Conversation, ScriptedServer
from tests.interop.lab.servers.real_server import RealServer

DAY = datetime.timedelta(days=1)
Found = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Case:
    """One misconfiguration: how it is made, how the doctor is asked, and exactly what he must find."""

    make: Callable[[Clinic], Patient]
    found: Found
    options: tuple[str, ...] = ()
    is_error: bool = True


CASES: dict[str, Case] = {}


def case(*found: tuple[str, str], options: tuple[str, ...] = (), is_error: bool = True):
    """Enter a patient into the table under its own name."""

    def enter(make: Callable[[Clinic], Patient]) -> Callable[[Clinic], Patient]:
        CASES[make.__name__] = Case(make, frozenset(found), options, is_error)
        return make

    return enter


# Addresses and ports.


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


@case(("passive-port-outside", "A"), ("passive-port-outside", "B"), ("pairing-slice", "VIP"))
def pairing_slice(clinic: Clinic) -> Patient:
    vip = fresh_address()
    servers = [clinic.server("pyftpdlib", vip, passive=own) for own in reversed(SLICES)]
    return clinic.sliced(clinic.patient(servers, vip))


@case(("passive-port-closed", "A"))
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


@case(("epsv-refused", "A"), is_error=False)
def epsv_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    settings = ("<Limit EPSV>", "DenyAll", "</Limit>")
    return clinic.patient([clinic.server("ProFTPD", vip, settings=settings)], vip)


@case(("passive-range-ephemeral", ""), is_error=False)
def passive_range_ephemeral(clinic: Clinic) -> Patient:
    vip = fresh_address()
    ports = {"explicit": CONTROL_PORT, "passive": "40000-40027"}
    return clinic.patient([clinic.server("ProFTPD", vip, passive=(40000, 40027))], vip, ports=ports)


# Control and data.


def by_hand(clinic: Clinic, patient: Patient, control: str, data: str) -> Patient:
    """Put an HAProxy that somebody has configured by hand before the servers; without data lines there is no range."""
    patient.is_served = False
    names = [f"    server S{number} {each.address}\n" for number, each in enumerate(patient.servers)]
    lines = [f"listen control\n    bind {patient.vip}:{CONTROL_PORT}\n", control, *names]
    if data:
        lines += ["listen data\n    bind {}:{}-{}\n".format(patient.vip, *PASSIVE), data, *names]
    folder = clinic.folder / f"by-hand-{patient.vip}"
    patient.others.append(functools.partial(forwarding, folder, patient.vip, "".join(lines)))
    return patient


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


@case(("session-reuse-demanded", "A"), is_error=False)
def session_reuse_vsftpd(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, settings=("require_ssl_reuse=YES",))], vip)


@case(("session-reuse-demanded", "A"), is_error=False)
def session_reuse_proftpd(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("ProFTPD", vip, is_relaxed=False)], vip)


@case(("data-failed", "A"))
def data_failed(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, settings=("dirlist_enable=NO",))], vip)


@case(("no-close-notify", "A"), is_error=False)
def no_close_notify(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("IIS", vip)], vip)


# Coming in.


@case(("unreachable", "B"))
def unreachable(clinic: Clinic) -> Patient:
    vip = fresh_address()
    patient = clinic.patient([clinic.server("ProFTPD", vip)], vip)
    patient.settings["real_servers"]["B"] = {"address": fresh_address()}
    return patient


@case(("greeting-refused", "A"))
def greeting_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    server = clinic.server("vsftpd", vip, settings=("max_clients=1",))
    patient = clinic.patient([server], vip)
    patient.others.append(lambda: _only_client(server))
    return patient


def _only_client(server: RealServer) -> socket.socket:
    """Return a connection that has been greeted; the one by which the laboratory looked may still count a moment."""
    for _ in range(100):
        sock = socket.create_connection((server.address, CONTROL_PORT), timeout=10)
        if sock.recv(3) == b"220":
            return sock
        sock.close()
        time.sleep(0.05)
    raise AssertionError("nobody is ever greeted")


@case(("auth-refused", "A"), ("clear-text-allowed", "A"))
def auth_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("ProFTPD", vip, tls="clear")], vip)


@case(("iis-no-certificate", "A"))
def iis_no_certificate(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("IIS", vip, settings=("has_certificate=false",))], vip)


@case(("implicit-clear", "A"))
def implicit_clear(clinic: Clinic) -> Patient:
    vip = fresh_address()
    ports = {"implicit": 2990, "passive": "{}-{}".format(*PASSIVE)}
    behind = {"server_ports": {"implicit": CONTROL_PORT}}
    return clinic.patient([clinic.server("vsftpd", vip)], vip, ports=ports, **behind)


@case(("tls-failed", "A"), ("tls-version-old", "A"))
def tls_failed(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("ProFTPD", vip, version="1.2")], vip, server_minimum_version="1.3")


@case(("login-refused", "A"), ("login-refused", "B"))
def login_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    patient = clinic.patient([clinic.server("ProFTPD", vip), clinic.server("pyftpdlib", vip)], vip)
    wrong = clinic.folder / "wrong-password"
    wrong.write_text("not this\n")
    patient.settings["health"]["password_file"] = str(wrong)
    return patient


@case(("session-lost", "A"))
def session_lost(clinic: Clinic) -> Patient:
    def leaves_at_login(talk: Conversation) -> None:
        talk.say("220 scripted")
        talk.answer_until("PASS", {"USER": "331 password, please"})

    server = ScriptedServer(leaves_at_login)
    address = server.address
    return clinic.patient(
        [], fresh_address(), real_servers={"A": {"address": address}}, server_tls="off", health=clinic.health(None)
    )


@case(("directory-refused", "A"), options=("--directory", "nowhere"))
def directory_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("Pure-FTPd", vip)], vip)


@case(("prot-refused", "A"))
def prot_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    settings = ("<Limit PROT>", "DenyAll", "</Limit>")
    return clinic.patient([clinic.server("ProFTPD", vip, settings=settings)], vip)


# TLS.


@case(("certificate-expired", "A"))
def certificate_expired(clinic: Clinic) -> Patient:
    vip = fresh_address()
    identity = clinic.authority.issue("expired", "ftp.example.org", lasts=-DAY)
    return clinic.patient([clinic.server("ProFTPD", vip, identity=identity)], vip, public_name="ftp.example.org")


@case(("certificate-expires-soon", "A"), is_error=False)
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


@case(("tls-versions-differ", ""), is_error=False)
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


@case(("clear-text-refused", "A"), is_error=False)
def clear_text_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("Pure-FTPd", vip)], vip, clear_text="allow")


# Clocks and sets.


@case(("idle-timeout", "A"), is_error=False)
def idle_timeout(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, settings=("idle_session_timeout=300",))], vip)


@case(("idle-timeout", "A"), is_error=False)
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


@case(("clock-skew", "A"), options=("--write", "--directory", "files"), is_error=False)
def clock_skew(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, zone="Asia/Tokyo", settings=("use_localtime=YES",))], vip)


@case(("write-failed", "A"), options=("--write",))
def write_failed(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip)], vip)


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


@case(("features-differ", ""), is_error=False)
def features_differ(clinic: Clinic) -> Patient:
    vip = fresh_address()
    servers = [clinic.server("ProFTPD", vip), clinic.server("ProFTPD", vip, settings=("FactsAdvertise off",))]
    return clinic.patient(servers, vip)
