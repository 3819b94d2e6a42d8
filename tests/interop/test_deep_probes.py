"""The checks `list` and `roundtrip` with real servers, those that are well and those that are not."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ftpair.balance.verdict import ProbeOutcome
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import CheckLevel, HealthPlan, ServerPlan, ServerTls, ServerTlsMode
from ftpair.probes import leftovers
from ftpair.probes.probe import probe
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import entry, running, service, settings
from tests.interop.lab.disks import on_small_disk
from tests.interop.lab.laboratory import PROGRAMS, new_server
from tests.interop.lab.namespaces import made
from tests.interop.lab.places import CONTROL_PORT, PASSIVE_FIRST, PASSIVE_LAST, fresh_address
from tests.interop.lab.servers.real_server import RealServer, Site
from tests.interop.lab.servers.real_server import ServerTls as Leg

pytestmark = pytest.mark.interop
MAKES = ("vsftpd", "ProFTPD", "Pure-FTPd")
FOLDER = "files/ftpair-probe"
PASSED: dict[CheckLevel, str] = {"list": "listing received", "roundtrip": "file stored, read back and deleted"}
MODES: dict[Leg, ServerTlsMode] = {"clear": "off", "explicit": "explicit", "implicit": "implicit"}
LEGS: list[tuple[str, Leg, str]] = [
    *((make, "clear", "1.3") for make in MAKES),
    *((make, "explicit", version) for make in MAKES for version in ("1.2", "1.3")),
    *((make, "implicit", "1.3") for make in ("vsftpd", "ProFTPD")),
]


@contextmanager
def started(server: RealServer) -> Iterator[RealServer]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def plan(server: RealServer, authority: Authority, **more: Any) -> ServerPlan:
    """Return a server as ftpair dials it."""
    ca = authority.ca.read_bytes() if server.site.tls != "clear" else b""
    tls = ServerTls(MODES[server.site.tls], ca_pem=ca)
    return ServerPlan(**{"slot": 1, "service": "V", "name": "S", "address": _at(server), "tls": tls} | more)


def _at(server: RealServer) -> Endpoint:
    return Endpoint(server.address, server.port)


def found(server: RealServer, authority: Authority, check: CheckLevel, **more: Any) -> ProbeOutcome:
    """Probe a server, as one that has some seconds."""
    health = {"timeout_s": 20.0, "user": server.user, "password": server.password, "folder": FOLDER} | more
    return asyncio.run(probe(plan(server, authority), HealthPlan(check, **health)))


def left(server: RealServer, folder: str = FOLDER) -> list[str]:
    """Return what lies in the probes' folder."""
    return [path.name for path in (server.site.home / folder).iterdir()]


@pytest.mark.parametrize("check", PASSED)
@pytest.mark.parametrize(("make", "tls", "version"), LEGS)
def test_a_server_that_is_well_passes(
    make: str, tls: Leg, version: Any, check: CheckLevel, lab_folder: Path, authority: Authority
) -> None:
    """vsftpd and ProFTPD refuse data connections that do not resume the TLS session of their control connection."""
    with started(new_server(lab_folder / "well", authority, make, tls, version)) as server:
        outcome = found(server, authority, check)
        assert (outcome.passed, outcome.reason) == (True, PASSED[check])
        assert outcome.features is not None
        assert bool(outcome.certificates) is (tls != "clear")
        if check == "roundtrip":
            assert found(server, authority, check).passed, "the folder is there already"
            assert left(server) == []
        else:
            assert not (server.site.home / FOLDER).exists()


def test_a_server_that_knows_no_epsv_and_names_another_address_passes(lab_folder: Path, authority: Authority) -> None:
    """As in sessions the data connection goes to who was dialled, whatever the reply to PASV names."""
    strange = {"advertised": "169.254.169.254", "settings": ("cmds_denied=EPSV",)}
    with started(new_server(lab_folder / "strange", authority, "vsftpd", "explicit", **strange)) as server:
        assert found(server, authority, "roundtrip").reason == PASSED["roundtrip"]
        log = server.log()
        assert log.count('FTP command: Client "127.0.0.1", "EPSV"') == 1, "it is asked for once"
        assert "169,254,169,254" in log


@pytest.mark.parametrize(
    ("make", "folder", "more", "reason"),
    [
        ("vsftpd", "empty", (), "STOR refused: 553 Could not create file."),
        ("ProFTPD", "empty", (), "STOR refused: 550 ftpair-probe-[^ ]*: Permission denied"),
        ("Pure-FTPd", "empty", (), "STOR refused: 553 Can't open that file: Permission denied"),
        ("vsftpd", "of-its-own", (), "MKD of-its-own refused: 550 Create directory operation failed."),
        ("ProFTPD", "of-its-own", (), "MKD of-its-own refused: 550 of-its-own: Permission denied"),
        ("vsftpd", FOLDER, ("write_enable=NO",), f"MKD {FOLDER} refused: 550 Permission denied."),
        ("vsftpd", "files", ("cmds_denied=DELE",), "DELE refused: 550 Permission denied."),
        ("vsftpd", "files", ("cmds_denied=RETR",), "RETR refused: 550 Permission denied."),
        ("vsftpd", "files", ("cmds_denied=LIST",), "LIST refused: 550 Permission denied."),
        ("vsftpd", "files", ("pasv_enable=NO",), "PASV refused: 550 Permission denied."),
    ],
)
def test_a_user_who_may_not_is_told_in_the_servers_own_words(
    make: str, folder: str, more: tuple[str, ...], reason: str, lab_folder: Path, authority: Authority
) -> None:
    with started(new_server(lab_folder / "rights", authority, make, settings=more)) as server:
        outcome = found(server, authority, "roundtrip", folder=folder)
        assert not outcome.passed
        assert re.fullmatch(reason, outcome.reason), outcome.reason


@pytest.mark.parametrize("make", MAKES)
def test_a_full_disk_is_told_and_nothing_stays_on_it(make: str, lab_folder: Path, authority: Authority) -> None:
    server = new_server(lab_folder / "full", authority, make, "explicit")
    server.site.prepare()

    def scenario() -> tuple[ProbeOutcome, list[str]]:
        with started(server):
            outcome = found(server, authority, "roundtrip")
            return outcome, left(server)

    outcome, files = on_small_disk(server.site.files, 12, scenario)
    assert (outcome.passed, files) == (False, [])
    assert re.match(r"STOR failed: [45]\d\d[ -]", outcome.reason), outcome.reason


def test_files_of_probes_that_died_are_deleted_and_no_others(lab_folder: Path, authority: Authority) -> None:
    with started(new_server(lab_folder / "died", authority, "ProFTPD", "explicit")) as server:
        assert found(server, authority, "roundtrip").passed
        own = plan(server, authority)
        elsewhere = plan(server, authority, slot=2)
        names = {
            "own": leftovers.new_name(own),
            "another's": leftovers.new_name(elsewhere),
            "another's, old": leftovers.new_name(elsewhere, now=1.0),
            "a user's": "ftpair-probe-and-more.tmp",
        }
        for name in names.values():
            (server.site.home / FOLDER / name).touch(mode=0o666)
        assert found(server, authority, "roundtrip").passed
        assert set(left(server)) == {names["another's"], names["a user's"]}


def test_where_files_cannot_be_deleted_there_are_never_many(lab_folder: Path, authority: Authority) -> None:
    deny = "<Limit DELE>\nDenyAll\n</Limit>"
    with started(new_server(lab_folder / "many", authority, "ProFTPD", settings=(deny,))) as server:
        assert found(server, authority, "roundtrip").reason.startswith("DELE refused: 550 ")
        for _ in range(leftovers.MOST_KEPT - 1):
            (server.site.home / FOLDER / leftovers.new_name(plan(server, authority))).touch()
        said = "64 probe files lie in files/ftpair-probe, so no more are stored: the user may not delete them"
        assert found(server, authority, "roundtrip").reason == said
        assert len(left(server)) == leftovers.MOST_KEPT


@pytest.mark.parametrize("tls", ["clear", "explicit"])
def test_blocked_passive_ports_are_told(tls: Leg, lab_folder: Path, authority: Authority) -> None:
    ports = f"tcp dport {PASSIVE_FIRST}-{PASSIVE_LAST}"
    with made("blocked") as machines, machines.inside("blocked"):
        machines.run(
            "blocked",
            "nft add table inet wall",
            "nft add chain inet wall input { type filter hook input priority 0 ; }",
            f"nft add rule inet wall input {ports} reject with tcp reset",
        )
        with started(new_server(lab_folder / f"blocked-{tls}", authority, "vsftpd", tls)) as server:
            assert found(server, authority, "login").passed
            reason = found(server, authority, "list").reason
            assert re.fullmatch(r"data port 20\d\d\d: connect refused", reason), reason
            machines.run("blocked", "nft flush chain inet wall input", f"nft add rule inet wall input {ports} drop")
            reason = found(server, authority, "roundtrip", timeout_s=2.0).reason
            assert re.fullmatch(r"no connection to port 20\d\d\d within 2 s", reason), reason


@pytest.mark.parametrize("make", ["vsftpd", "ProFTPD"])
def test_servers_are_reached_over_ipv6(make: str, lab_folder: Path, authority: Authority) -> None:
    with made("six") as machines, machines.inside("six"):
        folder = lab_folder / f"six-{make}"
        folder.mkdir()
        site = Site("::1", "explicit", "1.3", authority.issue(f"six-{make}", "::1"), folder)
        with started(RealServer(PROGRAMS[make], site)) as server:
            assert found(server, authority, "roundtrip").reason == PASSED["roundtrip"]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_headers_stand_before_control_and_data(version: Any, lab_folder: Path, authority: Authority) -> None:
    """The server is ftpair in FTP mode, which wants one on each connection and closes those that come without."""
    folder = lab_folder / f"deep-headers-{version}"
    folder.mkdir()
    vip = fresh_address()
    with started(new_server(folder, authority, "vsftpd")) as behind:
        reads = {"proxy_protocol": {"accept_from": ["127.0.0.0/8"]}, "tls": {}}
        known = settings(folder, authority, {"ftp": service(vip, {"SVR": entry(behind.address)}, **reads)})
        with running(folder, known):
            tls = ServerTls("explicit", ca_pem=authority.ca.read_bytes(), name=vip)
            target = ServerPlan(1, "V", "S", Endpoint(vip, CONTROL_PORT), tls=tls)
            health = HealthPlan("roundtrip", 5.0, 20.0, user=behind.user, password=behind.password, folder=FOLDER)
            assert not asyncio.run(probe(target, health)).passed
            headed = ServerPlan(
                1, "V", "S", Endpoint(vip, CONTROL_PORT), tls=tls, control_header=version, data_header=version
            )
            assert asyncio.run(probe(headed, health)).reason == PASSED["roundtrip"]
