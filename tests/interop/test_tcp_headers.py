"""PROXY protocol in TCP mode, both engines: towards a server that reads it, and from a proxy in front."""

import ftplib
import io
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import entry, running, service, settings
from tests.interop.lab.clients.steps import Download, Upload
from tests.interop.lab.haproxy import in_front
from tests.interop.lab.laboratory import CLIENTS, new_server, way_to
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.tcp_house import PASSIVE, Engine, tcp_service

pytestmark = pytest.mark.interop
ENGINES: list[Engine] = ["haproxy", "builtin"]
CLIENT = "127.77.0.9"
SIZE = 3_000_000


def hosts(records: list[dict[str, Any]]) -> set[str]:
    """Return the addresses of the clients that a log tells of."""
    return {each["client"].rpartition(":")[0] for each in records}


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_reads_headers_knows_the_client(
    engine: Engine, version: str, lab_folder: Path, authority: Authority
) -> None:
    """The server is ftpair in FTP mode: it wants a header on each connection, and binds data to its session by it."""
    folder = lab_folder / f"towards-{engine}-{version}"
    server = new_server(folder, authority, "vsftpd", "clear")
    inner, outer = fresh_address(), fresh_address()
    reads = {"proxy_protocol": {"accept_from": ["127.0.0.1"]}, "tls": {"clear_text": "allow"}}
    behind = service(inner, {"SVR": entry(server.address)}, **reads)
    before: dict[str, Any] = {
        "mode": "tcp",
        "engine": engine,
        "address": outer,
        "ports": {"explicit": CONTROL_PORT, "passive": "{}-{}".format(*PASSIVE)},
        "proxy_protocol": {"to_control": version, "to_data": version},
        "health": {"check": "banner", "interval_s": 0.5, "rise": 1},
        "real_servers": {"FTPAIR": {"address": inner}},
    }
    (folder / "inner").mkdir()
    (folder / "outer").mkdir()
    server.start()
    try:
        with (
            running(folder / "inner", settings(folder / "inner", authority, {"ftp": behind})) as reader,
            running(folder / "outer", settings(folder / "outer", authority, {"tcp": before})) as balancer,
        ):
            content = os.urandom(SIZE)
            with ftplib.FTP(timeout=30, source_address=(CLIENT, 0)) as ftp:
                ftp.connect(outer, CONTROL_PORT)
                ftp.login(server.user, server.password)
                ftp.storbinary("STOR files/up", io.BytesIO(content))
                got = io.BytesIO()
                ftp.retrbinary("RETR files/up", got.write)
            assert got.getvalue() == content
            transfers = reader.await_records("transfer ended", 2)
            assert hosts(transfers) == {CLIENT}
            assert {each["result"] for each in transfers} == {"complete"}
            assert hosts(balancer.await_records("session ended", 1)) == {CLIENT}
            time.sleep(3)  # HAProxy's own check, of every half second, sends a header too.
            with ftplib.FTP(timeout=30, source_address=(CLIENT, 0)) as ftp:
                assert ftp.connect(outer, CONTROL_PORT).startswith("220")
    finally:
        server.stop()


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_client_behind_a_proxy_is_paired_by_its_own_address(
    engine: Engine, version: str, lab_folder: Path, authority: Authority, tmp_path: Path
) -> None:
    folder = lab_folder / f"from-{engine}-{version}"
    folder.mkdir()
    vip = fresh_address()
    ports = "{},{}-{}".format(CONTROL_PORT, *PASSIVE)
    with in_front(folder / "haproxy", vip, ports, version) as (front, source):
        server = new_server(folder, authority, "vsftpd", "explicit", advertised=front, passive=PASSIVE)
        server.start()
        try:
            wanted = tcp_service(vip, (server,), engine, proxy_protocol={"accept_from": [source]})
            with running(folder, settings(folder, authority, {"S": wanted})) as balancer:
                down, there = server.put("down", files.fill("down", SIZE)), tmp_path / "up"
                files.fill("up", SIZE)(there)
                steps = [Download("files/down", tmp_path / "down"), Upload(there, "files/up")]
                way = way_to(front, "explicit", "1.3", authority.ca, server)
                assert all(each.is_done for each in CLIENTS["lftp"].run(way, steps))
                assert files.digest(tmp_path / "down") == files.digest(down)
                assert files.digest(server.take("up")) == files.digest(there)
                assert hosts(balancer.await_records("session ended", 1)) == {"127.0.0.1"}, "and not the proxy's"
        finally:
            server.stop()
