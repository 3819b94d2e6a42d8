"""PROXY protocol with HAProxy, in front and behind: who the client is goes through, and so does every byte."""

import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import files, parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import PASSIVE_FIRST, PASSIVE_LAST, Balancer, entry, running, service, settings
from tests.interop.lab.clients.steps import Download, Upload
from tests.interop.lab.haproxy import Haproxy, behind, in_front
from tests.interop.lab.laboratory import CLIENTS, new_server, way_to
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.places import PASSIVE_FIRST as SERVER_FIRST
from tests.interop.lab.places import PASSIVE_LAST as SERVER_LAST
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
PORTS = f"{CONTROL_PORT},{IMPLICIT_PORT},{PASSIVE_FIRST}-{PASSIVE_LAST}"
SERVER_PORTS = f"{CONTROL_PORT},{SERVER_FIRST}-{SERVER_LAST}"
SIZE = 3_000_000


def with_certificate_for(configuration: dict[str, Any], name: str, authority: Authority, address: str) -> None:
    """Let a service show a certificate for the address of the proxy in front of it."""
    identity = authority.issue(f"front-{name}-{address}", address)
    configuration["certificates"][name] = {"certificate": str(identity.certificate), "key": str(identity.key)}


def transfer(client: str, way: Any, server: RealServer, folder: Path) -> None:
    """Move a file up and one down."""
    source = server.put("down", files.fill(client, SIZE))
    there = folder / "up"
    files.fill(f"{client} up", SIZE)(there)
    outcomes = CLIENTS[client].run(way, [Download("files/down", folder / "down"), Upload(there, "files/up")])
    assert all(each.is_done for each in outcomes), outcomes
    assert files.digest(folder / "down") == files.digest(source)
    assert files.digest(server.take("up")) == files.digest(there)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("client", "entrance"), [("curl", "explicit"), ("lftp", "implicit"), ("ftplib", "clear")])
def test_a_client_behind_haproxy_is_known_by_its_own_address(
    version: str, client: str, entrance: Any, lab_folder: Path, authority: Authority, tmp_path: Path
) -> None:
    folder = lab_folder / f"front-{version}-{client}"
    folder.mkdir()
    vip = fresh_address()
    server = new_server(folder, authority, "vsftpd", "explicit")
    server.start()
    try:
        with in_front(folder / "haproxy", vip, PORTS, version) as (front, source):
            towards = {"SVR": entry(server.address, "explicit", authority.ca)}
            more = {"proxy_protocol": {"accept_from": [source]}, "tls": {"clear_text": "allow"}}
            configuration = settings(folder, authority, {"ftp": service(vip, towards, **more)})
            with_certificate_for(configuration, "ftp", authority, front)
            with running(folder, configuration) as balancer:
                transfer(client, way_to(front, entrance, "1.3", authority.ca, server), server, tmp_path)
                ended = balancer.await_records("session ended", 1)
                assert {each["client"].rpartition(":")[0] for each in ended} == {"127.0.0.1"}, "and not HAProxy's"
    finally:
        server.stop()


def test_a_connection_of_haproxy_without_a_header_is_refused_and_counted(
    lab_folder: Path, authority: Authority
) -> None:
    folder = lab_folder / "no-header"
    folder.mkdir()
    vip, source = fresh_address(), fresh_address()
    haproxy = Haproxy(
        folder / "haproxy",
        f"listen front\n    bind {source}:{CONTROL_PORT}\n    source {source}\n    server ftpair {vip}\n",
    )
    more = {"proxy_protocol": {"accept_from": [source]}, "health": {"check": "off"}}
    configuration = settings(folder, authority, {"ftp": service(vip, {"SVR": entry("127.0.0.1")}, **more)})
    with running(folder, configuration) as balancer:
        haproxy.start(source)
        try:
            with RawClient(source, CONTROL_PORT) as client:
                client.say("USER interop")
                assert client.reply() == ""
            assert _counted(balancer, 'kind="no-proxy-header"') >= 1
        finally:
            haproxy.stop()


def test_haproxy_accepts_its_documented_configuration(tmp_path: Path) -> None:
    document = (parts.REPOSITORY / "docs" / "proxy-protocol.md").read_text()
    (block,) = re.findall(r"```\n(listen ftp\n.*?)```", document, re.DOTALL)
    (tmp_path / "haproxy.cfg").write_text(block)
    done = subprocess.run(
        [parts.program("haproxy"), "-c", "-f", tmp_path / "haproxy.cfg"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _counted(balancer: Balancer, label: str) -> float:
    """Return how many protocol errors of a kind the metrics tell, as soon as they tell of any."""
    for _ in range(100):
        with balancer._client() as client:
            lines = client.get("/metrics").text.splitlines()
        found = [line for line in lines if line.startswith("ftpair_protocol_errors_total") and label in line]
        if found:
            return float(found[0].rpartition(" ")[2])
        time.sleep(0.05)
    return 0.0


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    ("make", "tls"),
    [("vsftpd", "explicit"), ("ProFTPD", "implicit"), ("Pure-FTPd", "clear"), ("pyftpdlib", "explicit")],
)
def test_haproxy_reads_the_headers_in_front_of_a_real_server(
    version: str, make: str, tls: Any, lab_folder: Path, authority: Authority, tmp_path: Path
) -> None:
    folder = lab_folder / f"behind-{version}-{make}"
    folder.mkdir()
    vip = fresh_address()
    server = new_server(folder, authority, make, tls)
    server.start()
    try:
        with behind(folder / "haproxy", server.address, SERVER_PORTS) as (address, haproxy):
            towards = entry(address, tls, authority.ca) | {"server_name": server.address}
            headers = {"to_control": version, "to_data": version}
            health = {"check": "banner", "interval_s": 1}
            wanted = service(vip, {"SVR": towards}, proxy_protocol=headers, health=health)
            with running(folder, settings(folder, authority, {"ftp": wanted})) as balancer:
                transfer("ftplib", way_to(vip, "explicit", "1.3", authority.ca, server), server, tmp_path)
                (session,) = balancer.await_records("session ended", 1)
                _await_health(balancer)
            _check_log(haproxy, vip, session, version)
    finally:
        server.stop()


def _await_health(balancer: Balancer) -> None:
    """Wait until a probe has passed: it says LOCAL, and HAProxy lets it through."""
    deadline = time.monotonic() + 20
    while "up" not in str(balancer.ask("/status")):
        assert time.monotonic() < deadline, balancer.ask("/status")
        time.sleep(0.1)


def _check_log(haproxy: Haproxy, vip: str, session: dict[str, Any], version: str) -> None:
    rows = [line.split() for line in haproxy.lines()]
    client_host, _, client_port = session["client"].rpartition(":")
    control = [row for row in rows if row[2:4] == [vip, str(CONTROL_PORT)]]
    assert [row[:2] for row in control] == [[client_host, client_port]]
    data = [row for row in rows if row[2] == vip and PASSIVE_FIRST <= int(row[3]) <= PASSIVE_LAST]
    assert len(data) == 2
    if version == "v2":
        assert {row[4] for row in (*control, *data)} == {f"id={session['session']}"}


def test_a_server_that_knows_no_headers_is_not_up(lab_folder: Path, authority: Authority) -> None:
    """A setting that does not fit is seen by the probes, not by the first client."""
    folder = lab_folder / "no-reader"
    folder.mkdir()
    vip = fresh_address()
    server = new_server(folder, authority, "vsftpd")
    server.start()
    try:
        entries = {"GOOD": entry(server.address), "BAD": entry(server.address)}
        entries["BAD"]["proxy_protocol"] = {"to_control": "v2"}
        wanted = service(vip, entries, health={"check": "login", "user": "anonymous", "password_file": "pw"})
        (folder / "pw").write_text("correct horse\n")
        (folder / "pw").chmod(0o600)
        with running(folder, settings(folder, authority, {"ftp": wanted})) as balancer:
            deadline = time.monotonic() + 60
            while "BAD is down" not in balancer.log():
                assert time.monotonic() < deadline, balancer.log()
                time.sleep(0.1)
            assert "GOOD is up: login accepted" in balancer.log()
    finally:
        server.stop()
