"""The command line against a whole ftpair: real supervisor, workers, prober, API, servers and clients."""

import ftplib
import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.cli.node import FTP_PORT, VIP, Node, child_pid, logged_in, real_servers, serve, until


@pytest.fixture(scope="module")
def one_node(tmp_path_factory):
    with real_servers(tmp_path_factory.mktemp("files")):
        running = Node(tmp_path_factory.mktemp("node"))
        try:
            yield running
        finally:
            running.end()


@pytest.fixture
def node(one_node, ftpair, monkeypatch):
    """A node on which both servers are up and online, and no session lives."""
    monkeypatch.setenv("FTPAIR_SOCKET", str(one_node.socket))
    until(lambda: ftpair("status").status == 0)
    ftpair("online", "FTP_SVR1"), ftpair("online", "FTP_SVR2")
    until(lambda: [one["health"] for one in servers(ftpair)] == ["up", "up"])
    until(lambda: sessions(ftpair) == [])
    return one_node


def servers(ftpair):
    return json.loads(ftpair("status", "FTP_VIP", "--json").out)["servers"]


def sessions(ftpair):
    return json.loads(ftpair("sessions", "--json").out)


def http(node):
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(node.socket)), base_url="http://ftpair", timeout=20)


def test_status_sessions_and_transfers_show_what_a_client_does(ftpair, node):
    with logged_in() as client, client.transfercmd("STOR slow.bin") as data:
        data.sendall(b"x" * 100_000)
        (row,) = until(lambda: json.loads(ftpair("transfers", "--json").out))
        assert (row["user"], row["verb"], row["path"], row["direction"]) == ("alice", "STOR", "slow.bin", "up")
        (live,) = sessions(ftpair)
        assert (live["user"], live["entrance"], live["tls"]) == ("alice", "explicit", "clear")
        out = ftpair("status").out
        assert "FTP_VIP  serving: 2 of 2 servers take new sessions" in out
        assert "1 session, 1 transfer" in out


def test_a_drained_server_keeps_its_session_and_who_waits_sees_it_go(ftpair, node):
    with logged_in() as client:
        (live,) = sessions(ftpair)
        with ThreadPoolExecutor() as threads:
            line = ["drain", live["server"], "--wait", "--timeout", "20"]
            waiting = threads.submit(command, node, *line)
            until(lambda: [one["admin"] for one in servers(ftpair)].count("drain"))
            assert client.voidcmd("NOOP").startswith("200")
            client.quit()
            ran = waiting.result(30)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == f"drain {live['server']}: 1 session stays, 0 transfers\n"


def test_a_deadline_is_kept_while_a_session_stays(ftpair, node):
    with logged_in():
        (live,) = sessions(ftpair)
        assert ftpair("drain", "FTP_VIP", live["server"], "--wait", "--timeout", "0.3").status == 8


def test_a_halted_server_loses_its_sessions(ftpair, node):
    with logged_in() as client:
        (live,) = sessions(ftpair)
        ran = ftpair("halt", live["server"], "--yes")
        assert ran.out == f"halt {live['server']}: 1 session ended, 0 transfers cut\n"
        with pytest.raises(ftplib.error_temp, match="421"):
            client.voidcmd("NOOP")


def test_a_killed_session_hears_421_and_no_other(ftpair, node):
    with logged_in() as one, logged_in() as other:
        (first, _) = sorted(sessions(ftpair), key=lambda row: -row["seconds"])
        assert ftpair("kill", first["id"], "--yes").status == 0
        with pytest.raises(ftplib.error_temp, match="421"):
            one.voidcmd("NOOP")
        assert other.voidcmd("NOOP").startswith("200")
    assert ftpair("kill", first["id"], "--yes").status == 1


def test_killing_the_api_disturbs_no_transfer_and_it_comes_back(ftpair, node):
    with logged_in() as client:
        client.voidcmd("TYPE I")
        data = client.transfercmd("STOR kept.bin")
        data.sendall(b"x" * 100_000)
        os.kill(child_pid(node.process.pid, "ftpair.web"), signal.SIGKILL)
        data.sendall(b"x" * 100_000)
        assert ftpair("status").status == 0
        data.shutdown(socket.SHUT_WR)
        data.close()
        assert client.voidresp().startswith("226")
        assert client.size("kept.bin") == 200_000


def test_apply_brings_a_changed_file_in_and_ends_no_session(ftpair, node):
    with logged_in() as client:
        text = node.file.read_text()
        node.file.write_text(text.replace("weight: 100", "weight: 70", 1))
        dry = ftpair("apply", "--dry-run")
        assert (dry.status, dry.out) == (0, "FTP_VIP: weight of FTP_SVR1 100 -> 70\n")
        assert servers(ftpair)[0]["weight"] == 100
        ran = ftpair("apply")
        assert (ran.status, ran.out) == (0, dry.out)
        assert servers(ftpair)[0]["weight"] == 70
        assert client.voidcmd("NOOP").startswith("200")


def test_who_hangs_on_what_an_apply_removed_is_shown_until_it_goes(ftpair, node):
    text = node.file.read_text()
    server, other = "FTP_SVR1", "FTP_SVR2"
    try:
        ftpair("drain", other)
        with logged_in() as client:
            node.file.write_text(text.replace(server, "FTP_SVR3"))
            assert ftpair("apply").status == 0
            (gone,) = json.loads(ftpair("status", "FTP_VIP", "--json").out)["removed_servers"]
            assert (gone["name"], gone["sessions"]) == (server, 1)
            assert f"{server} (removed)" in ftpair("sessions").out
            node.file.write_text(text.replace("FTP_VIP", "NEW_VIP"))
            assert ftpair("apply").status == 0
            out = ftpair("status").out
            assert "FTP_VIP  not serving: removed: its sessions end by themselves" in out
            assert ftpair("status", "FTP_VIP").out in out
            (gone,) = json.loads(ftpair("status", "--json").out)["removed_services"]
            assert [(one["name"], one["sessions"]) for one in gone["removed_servers"]] == [(server, 1)]
            (row,) = json.loads(ftpair("sessions", "--service", "FTP_VIP", "--json").out)
            assert (row["user"], row["server"], row["removed"]) == ("alice", server, "service")
            assert client.voidcmd("NOOP").startswith("200")
        until(lambda: json.loads(ftpair("status", "--json").out)["removed_services"] == [])
        assert ftpair("status", "FTP_VIP").status == 1
    finally:
        node.file.write_text(text)
        assert ftpair("apply").status == 0


def test_a_refused_file_changes_nothing(ftpair, node):
    before, text = servers(ftpair), node.file.read_text()
    node.file.write_text(text.replace("weight: 100", "weight: -1"))
    ran = ftpair("apply")
    node.file.write_text(text)
    assert (ran.status, ran.out) == (3, "")
    assert "line 11, virtual_services.FTP_VIP.real_servers.FTP_SVR2.weight" in ran.err
    assert [one["weight"] for one in servers(ftpair)] == [one["weight"] for one in before]


def test_a_node_that_can_serve_nobody_is_alive_but_not_ready(ftpair, node):
    with http(node) as client:
        assert client.get("/readyz").status_code == 200
        ftpair("drain", "FTP_SVR1"), ftpair("drain", "FTP_SVR2")
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["detail"].startswith("No service can serve. FTP_VIP: ")
        assert client.get("/livez").status_code == 200


def test_figures_have_no_series_twice(node):
    with http(node) as client, logged_in():
        lines = client.get("/metrics").text.splitlines()
    series = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(series) == len(set(series))


def test_s18_a_user_made_to_hurt_shows_as_letters(ftpair, node):
    with socket.create_connection((VIP, FTP_PORT), 10) as client:
        client.recv(1000)
        client.sendall("USER [red]\u202eevil\x1b[2J\r\n".encode())
        client.recv(1000)
        for how in ((), ("--json",)):
            out = ftpair("sessions", *how).out
            assert "\x1b" not in out
            assert "\u202e" not in out


def test_the_socket_is_the_owners_alone(node):
    assert node.socket.stat().st_mode & 0o777 == 0o600


def test_a_second_ftpair_on_the_same_folder_is_refused_in_a_sentence(node):
    ran = serve(node.file, stderr=subprocess.PIPE, text=True)
    _, said = ran.communicate(timeout=20)
    assert ran.returncode == 1
    assert "runs already" in said
    assert "Traceback" not in said


def test_an_invalid_file_is_refused_at_the_start_with_every_problem(tmp_path):
    file = tmp_path / "ftpair.yaml"
    file.write_text("virtual_services:\n  A: {address: nowhere, ports: {explicit: 70000}}\n")
    ran = serve(file, stderr=subprocess.PIPE, text=True)
    _, said = ran.communicate(timeout=20)
    assert ran.returncode == 3
    assert len(said.splitlines()) >= 2
    assert "Traceback" not in said


def test_it_ends_in_order_when_told_to(tmp_path):
    file = tmp_path / "ftpair.yaml"
    text = "paths: {runtime: %s, state: %s}\nshutdown_timeout_s: 1\nvirtual_services:\n  A:\n    address: 127.77.0.9\n"
    text += "    ports: {explicit: 2121, passive: 20300-20310}\n    real_servers: {S: {address: 127.77.0.8}}\n"
    file.write_text(text % (tmp_path / "run", tmp_path / "state"))
    running = serve(file, stderr=subprocess.PIPE, text=True)
    until((tmp_path / "run" / "ftpair.sock").exists)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 0
    assert "Traceback" not in said
    assert not (tmp_path / "run" / "ftpair.sock").exists()


def command(node, *arguments):
    line = [sys.executable, "-m", "ftpair.cli.main", *arguments, "--socket", str(node.socket)]
    return subprocess.run(line, capture_output=True, text=True, check=False)
