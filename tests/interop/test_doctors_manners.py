"""How the doctor goes about it with real servers: which ways he comes in, what he leaves alone, how he tells it."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from ftpair.config.check import check
from ftpair.config.slots import Slots
from ftpair.core.doctor import Order
from ftpair.probes.doctor.examining import examine, steps_of
from ftpair.probes.doctor.seen import Examination, Seen
from tests.cli.terminal import on_terminal
from tests.interop.lab.authority import Authority
from tests.interop.lab.clinic import PASSIVE, Clinic, Patient, consult, ftpair, open_for
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
Way = tuple[str, str, bool]
SECURED = {f"{entrance} TLS {version}" for entrance, version in product(("explicit", "implicit"), ("1.2", "1.3"))}
EVERY_WAY: set[Way] = (
    {(mode, way, True) for mode, way in product((*SECURED, "clear text"), ("PASV", "EPSV"))}
    | {(mode, "PASV", False) for mode in SECURED}  # And once without the session of the control connection.
)


def in_every_mode(clinic: Clinic) -> Patient:
    """Return a service in TCP mode that offers all that there is; clients of ProFTPD may come without TLS."""
    vip = fresh_address()
    server = clinic.server("ProFTPD", vip, demands_tls=False)
    site, identity = server.site, server.site.identity
    implicit = (
        f"<VirtualHost {server.address}>",
        f"Port {IMPLICIT_PORT}",
        f"PassivePorts {PASSIVE[0]} {PASSIVE[1]}",
        f"MasqueradeAddress {vip}",
        "AuthOrder mod_auth_file.c",
        f"AuthUserFile {site.folder}/passwd",
        "RequireValidShell off",
        "DefaultRoot ~",
        "TLSEngine on",
        "TLSProtocol TLSv1.2 TLSv1.3",
        "TLSSessionTickets on",
        f"TLSECCertificateFile {identity.certificate}",
        f"TLSECCertificateKeyFile {identity.key}",
        "TLSOptions UseImplicitSSL NoSessionReuseRequired",
        "</VirtualHost>",
    )
    server = RealServer(server.program, replace(site, settings=(*site.settings, *implicit)))
    ports = {"explicit": CONTROL_PORT, "implicit": IMPLICIT_PORT, "passive": "{}-{}".format(*PASSIVE)}
    return clinic.patient([server], vip, ports=ports, clear_text="allow")


@pytest.fixture(scope="module")
def clinic(lab_folder: Path, authority: Authority) -> Iterator[Clinic]:
    folder = lab_folder / "manners"
    folder.mkdir()
    clinic = Clinic(folder, authority)
    ftp = clinic.in_ftp_mode([clinic.server("ProFTPD")], tls={"clear_text": "allow"})
    with open_for(clinic, {"TCP_VIP": in_every_mode(clinic), "FTP_VIP": ftp}):
        yield clinic


def examined(clinic: Clinic, name: str, **order: object) -> tuple[Examination, list[str]]:
    """Return what is seen of a patient, and the steps that were told."""
    plan = check(clinic.folder / f"{name}.yaml", 0, Slots()).plan
    service, steps = plan.named(name), list[str]()
    asked = Order(service.health.user, service.health.password, **order)  # type: ignore[arg-type]
    seen = asyncio.run(examine(service, asked, steps.append))
    assert len(steps) <= steps_of(service, asked)
    return seen, steps


def ways_to(seen: Seen) -> set[Way]:
    """Return the ways on which a listing went well."""
    assert [visit.trouble for visit in seen.visits if visit.trouble] == []
    return {
        (str(visit.mode), transfer.way, transfer.is_resuming)
        for visit in seen.visits
        for transfer in visit.transfers
        if transfer.is_whole and transfer.is_resumed is (transfer.is_resuming and visit.is_secured)
    }


def test_every_way_in_is_tried_directly_and_through_the_vip(clinic: Clinic) -> None:
    seen, steps = examined(clinic, "TCP_VIP")
    assert ways_to(seen.servers[0]) == EVERY_WAY
    assert ways_to(seen.vip) == EVERY_WAY
    assert {f"{who}: {mode}" for who in ("A", "VIP") for mode in (*SECURED, "clear text")} <= set(steps)


def test_in_ftp_mode_the_vip_is_tried_in_every_way_and_servers_as_ftpair_comes_to_them(clinic: Clinic) -> None:
    seen, _steps = examined(clinic, "FTP_VIP")
    assert ways_to(seen.vip) == EVERY_WAY
    assert {mode for mode, _way, _is_resuming in ways_to(seen.servers[0])} == {"explicit TLS 1.2", "explicit TLS 1.3"}


def state_of(server: RealServer) -> dict[str, tuple[int, int, int]]:
    """Return what there is in a server's home: names, with inode, size and time of the last change."""
    return {
        str(path.relative_to(server.site.home)): ((stat := path.stat()).st_ino, stat.st_size, stat.st_mtime_ns)
        for path in [server.site.home, *server.site.home.rglob("*")]
    }


def test_without_write_nothing_on_a_server_changes(clinic: Clinic) -> None:
    (server,) = clinic.patients["TCP_VIP"].servers
    server.put("a.txt", lambda path: path.write_text("hers"))
    before, transfers = state_of(server), server.site.folder / "transfers"
    consult(clinic, "TCP_VIP", "--directory", "files", "--file", "a.txt")
    assert state_of(server) == before
    assert not transfers.exists() or not transfers.read_text(), "no file was moved"


def test_with_write_a_probe_file_comes_and_goes_and_no_other_is_touched(clinic: Clinic) -> None:
    (server,) = clinic.patients["TCP_VIP"].servers
    server.put("a.txt", lambda path: path.write_text("hers"))
    before, transfers = state_of(server), server.site.folder / "transfers"
    consult(clinic, "TCP_VIP", "--directory", "files", "--write")
    after = state_of(server)
    assert (set(after), after["files/a.txt"]) == (set(before), before["files/a.txt"])
    moved = re.findall(r"/files/(\S+) b _ ([iod]) ", transfers.read_text())
    assert [direction for _name, direction in moved] == ["i", "o", "d"] * 2, "directly, then through the VIP"
    assert {re.sub("[0-9a-f]{16}", "…", name) for name, _direction in moved} == {"ftpair-doctor-….tmp"}


def test_a_healthy_service_is_told_in_one_line_and_what_was_not_examined(clinic: Clinic) -> None:
    ran = ftpair(clinic, "TCP_VIP", "doctor", "TCP_VIP")
    first, _, rest = ran.stdout.partition("\n")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert first == "TCP_VIP: nothing is wrong (10 logins)"
    assert "not examined:" in rest
    assert "Uploads and clocks: only with --write." in rest
    assert "The names in certificates: only with `public_name`." in rest


def test_all_services_of_a_file_are_examined_one_after_the_other(clinic: Clinic) -> None:
    known = [json.loads((clinic.folder / f"{name}.yaml").read_text()) for name in ("TCP_VIP", "FTP_VIP")]
    both = known[0] | {key: known[0][key] | known[1][key] for key in ("certificates", "virtual_services")}
    (clinic.folder / "both.yaml").write_text(json.dumps(both))
    ran = ftpair(clinic, "both", "doctor", "--json", "--ca", str(clinic.authority.ca))
    said = json.loads(ran.stdout)
    assert (ran.returncode, said["is_healthy"]) == (0, True)
    assert {each["service"]: each["mode"] for each in said["services"]} == {"TCP_VIP": "tcp", "FTP_VIP": "ftp"}


def test_on_a_terminal_the_step_under_way_is_shown_and_wiped_out_again(clinic: Clinic) -> None:
    path = clinic.folder / "TCP_VIP.yaml"
    seen = on_terminal("doctor", "TCP_VIP", "--config", str(path), PYTHONUNBUFFERED="1")
    assert seen.status == 0
    shown, _, told = seen.text.partition("TCP_VIP: ")
    assert re.search(r"(A|VIP): (explicit TLS 1\.[23]|implicit TLS 1\.[23]|clear text)", shown)
    assert "\x1b[1A\x1b[2K" in shown[-20:], "it is wiped out"
    assert "nothing is wrong" in told


def test_a_user_of_his_own_logs_in_by_the_first_line_of_a_file(clinic: Clinic) -> None:
    server = clinic.patients["TCP_VIP"].servers[0]
    password = clinic.folder / "password-of-somebody"
    password.write_text(f"{server.password}\nnot this\n")
    words = ("--user", server.user, "--password-file", os.fspath(password))
    assert consult(clinic, "TCP_VIP", *words).diagnosis["logins"] == 10
    password.write_text("wrong\n")
    seen = consult(clinic, "TCP_VIP", *words)
    assert seen.found == {("login-refused", "A")}
    assert server.log().count("Incorrect password") == 1
