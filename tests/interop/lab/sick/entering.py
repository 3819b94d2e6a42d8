"""Servers into which one does not come."""

import socket
import time

from tests.interop.lab.clinic import (
    PASSIVE,
    Clinic,
    Patient,
)
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.scripted_server import Conversation, ScriptedServer
from tests.interop.lab.servers.real_server import RealServer
from tests.interop.lab.sick.cases import case


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


@case(("prot-refused", "A"))
def pbsz_refused(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip, settings=("cmds_denied=PBSZ",))], vip)
