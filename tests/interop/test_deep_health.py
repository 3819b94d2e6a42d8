"""Deep checks and warnings as a running ftpair has them: in both modes, at every entrance, and through every door."""

import datetime
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.laboratory import PROGRAMS, new_server
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.servers.real_server import RealServer, Site
from tests.interop.lab.tcp_house import PASSIVE

pytestmark = pytest.mark.interop
FOLDER = "files/ftpair-probe"
DONE = "up: file stored, read back and deleted"


@pytest.fixture(scope="module")
def password(lab_folder: Path) -> str:
    path = lab_folder / "deep-password"
    path.write_text("correct horse\n")
    return str(path)


def health(server: RealServer, password: str, check: str = "roundtrip") -> dict[str, Any]:
    """Return the block of a check that hurries, but has time."""
    said = {"check": check, "user": server.user, "password_file": password, "folder": FOLDER}
    return said | {"interval_s": 0.3, "timeout_s": 20, "rise": 1, "fall": 1}


def reasons(balancer: Balancer, name: str) -> dict[str, str]:
    return {each["server"]: each["reason"] for each in balancer.ask("/health") if each["service"] == name}


def until(what: Callable[[], bool], patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def at_both_entrances(server: RealServer) -> RealServer:
    """Return ProFTPD with implicit TLS on a second port."""
    site = server.site
    implicit = (
        f"<VirtualHost {server.address}>",
        f"Port {IMPLICIT_PORT}",
        f"PassivePorts {PASSIVE[0]} {PASSIVE[1]}",
        "AuthOrder mod_auth_file.c",
        f"AuthUserFile {site.folder}/passwd",
        "RequireValidShell off",
        "DefaultRoot ~",
        "AllowOverwrite on",
        "TLSEngine on",
        "TLSProtocol TLSv1.2 TLSv1.3",
        "TLSSessionTickets on",
        f"TLSECCertificateFile {site.identity.certificate}",
        f"TLSECCertificateKeyFile {site.identity.key}",
        "TLSOptions UseImplicitSSL",
        "</VirtualHost>",
    )
    return RealServer(server.program, replace(site, settings=(*site.settings, *implicit)))


@pytest.fixture(scope="module")
def house(lab_folder: Path, authority: Authority, password: str) -> Iterator[tuple[Balancer, dict[str, RealServer]]]:
    """An ftpair with a service in FTP mode and one in TCP mode; two servers' certificates are not as wanted."""
    folder = lab_folder / "deep-health"
    folder.mkdir()
    soon = authority.issue("deep-soon", *(ftp := [fresh_address() for _ in range(2)]), lasts=datetime.timedelta(days=7))
    other = authority.issue("deep-other", "ftp1.example.org")
    servers = {
        "SOON": _server(folder, "ProFTPD", ftp[0], soon),
        "OTHER": _server(folder, "ProFTPD", ftp[1], other),
        "BOTH": at_both_entrances(new_server(folder, authority, "ProFTPD", "explicit", passive=PASSIVE)),
    }
    trusting = {"server_verify": False}
    inside = {name: entry(servers[name].address, "explicit", authority.ca) for name in ("SOON", "OTHER")}
    inside["OTHER"] |= trusting
    tcp = {
        "mode": "tcp",
        "engine": "builtin",
        "address": fresh_address(),
        "ports": {"explicit": CONTROL_PORT, "implicit": IMPLICIT_PORT, "passive": "{}-{}".format(*PASSIVE)},
        "server_ca": str(authority.ca),
        "real_servers": {"BOTH": {"address": servers["BOTH"].address}},
        "health": health(servers["BOTH"], password),
    }
    known = settings(
        folder,
        authority,
        {"ftp": service(fresh_address(), inside, health=health(servers["SOON"], password)), "tcp": tcp},
    )
    with ExitStack() as ends:
        for server in servers.values():
            ends.callback(server.stop)
            server.start()
        balancer = ends.enter_context(running(folder, known))
        until(lambda: all(row["health"] == "up" for row in balancer.ask("/health")))
        yield balancer, servers


def _server(folder: Path, make: str, address: str, identity: Any) -> RealServer:
    own = folder / address
    own.mkdir()
    return RealServer(PROGRAMS[make], Site(address, "explicit", "1.3", identity, own))


def test_servers_of_both_modes_pass_the_deepest_check(house: tuple[Balancer, dict[str, RealServer]]) -> None:
    balancer, servers = house
    assert reasons(balancer, "ftp") == {"SOON": DONE, "OTHER": DONE}
    assert reasons(balancer, "tcp") == {"BOTH": DONE}
    assert (servers["BOTH"].site.home / FOLDER).is_dir()


def test_an_entrance_where_files_are_lost_takes_the_server_down_and_the_history_tells(
    house: tuple[Balancer, dict[str, RealServer]],
) -> None:
    balancer, servers = house
    folder = servers["BOTH"].site.home / FOLDER
    folder.chmod(0o555)
    try:
        until(lambda: reasons(balancer, "tcp")["BOTH"].startswith("down: "))
        reason = reasons(balancer, "tcp")["BOTH"]
        assert re.search(r"STOR refused: 550 ftpair-probe-\S+: Permission denied", reason), reason
    finally:
        folder.chmod(0o755)
    until(lambda: reasons(balancer, "tcp")["BOTH"] == DONE)
    (row,) = [each for each in balancer.ask("/health") if each["server"] == "BOTH"]
    assert [each["health"] for each in row["history"]][:1] == ["up"]
    assert "down" in [each["health"] for each in row["history"]]
    assert FOLDER in row["probe"]


def test_certificates_that_are_not_as_wanted_are_told_at_every_door(
    house: tuple[Balancer, dict[str, RealServer]],
) -> None:
    balancer, servers = house
    soon = "certificate of SOON expires in 6 days"
    other = f"certificate of OTHER is for ftp1.example.org, not {servers['OTHER'].address}"
    warnings = {each["server"]: each["warnings"] for each in balancer.ask("/health")}
    assert warnings == {"SOON": [soon], "OTHER": [other], "BOTH": []}
    (ftp, _tcp) = balancer.ask("/status")["services"]
    assert [each["warnings"] for each in ftp["servers"]] == [[soon], [other]]
    assert [each["health"] for each in ftp["servers"]] == ["up", "up"]
    shown = subprocess.run(
        [sys.executable, "-m", "ftpair.cli.main", "status", "--socket", str(balancer.socket)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert soon in shown
    assert other in shown
    figures = re.findall(r"^ftpair_server_certificate_not_after_seconds{.*} \S+$", balancer.metrics(), re.MULTILINE)
    assert len(figures) == 3
    (end,) = [float(line.split()[-1]) for line in figures if 'server="SOON"' in line]
    assert 6 * 86400 < end - time.time() < 7 * 86400
    lines = [json.loads(line) for line in balancer.log().splitlines() if line.startswith("{")]
    said = [(line["level"], line["event"]) for line in lines if "certificate of" in line["event"]]
    assert sorted(said) == [("warning", other), ("warning", soon)], "each once, however many probes"
