"""`ftpair serve` as a whole: real processes, real signals, real sockets."""

import ftplib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from ftpair.app.audit import Audit
from ftpair.core.account_actions import GetAudit
from tests.app.conftest import free_ports
from tests.haproxy.answering import answering

SERVE = "import sys, pathlib; from ftpair.app.supervisor import serve; sys.exit(serve(pathlib.Path(sys.argv[1])))"

PROGRAM = (sys.executable,)


class Running:
    """A running ftpair: its process, its log, what systemd heard."""

    def __init__(self, site, systemd, environment, program=PROGRAM):
        self.site, self.systemd = site, systemd
        self.log = site.folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*program, "-c", SERVE, str(site.path)], stdout=log, stderr=log, env=os.environ | environment
            )

    def heard(self, state):
        """Wait until systemd hears a state."""
        while state not in (heard := self.systemd.recv(1000).decode()).split("\n"):
            pass
        return heard

    def children(self):
        """The processes of the children by the module that they run."""
        found = {}
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "-m" in words:  # One that has died has no words.
                found.setdefault(words[words.index("-m") + 1], []).append(int(pid))
        return found

    def workers(self):
        """The workers that live, whoever started them."""
        pids = (int(path.stem) for path in (self.site.folder / "run" / "workers").glob("*.sock"))
        return [pid for pid in pids if is_alive(pid)]

    def api(self, path, method="GET", **more):
        transport = httpx.HTTPTransport(uds=str(self.site.folder / "run" / "ftpair.sock"))
        with httpx.Client(transport=transport, base_url="http://ftpair", timeout=20) as client:
            return client.request(method, path, **more)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def running(site, *, ends_workers=True, program=PROGRAM, **environment):
    name = str(site.folder / "notify")
    Path(name).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name)
        systemd.settimeout(30)
        ftpair = Running(site, systemd, {"NOTIFY_SOCKET": name, **environment}, program)
        try:
            yield ftpair
        finally:
            ftpair.process.kill()
            ftpair.process.wait()
            for pid in ftpair.workers() if ends_workers else ():  # They outlive their supervisor.
                os.kill(pid, signal.SIGKILL)
            print(ftpair.log.read_text())


def connect(port):
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    return sock, sock.recv(1000)


def until(condition, timeout_s=20.0):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def refused(site, *wrapper, **environment):
    """Run serve to its end; return its exit status and what it said."""
    done = subprocess.run(
        [*wrapper, sys.executable, "-c", SERVE, str(site.path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"port": 21}, "VIP: cannot listen on 127.0.0.1:21 (explicit): no permission"),
        ({"more": "    active_source_port: 20"}, "virtual_services.VIP.active_source_port: needs CAP_NET_BIND_SERVICE"),
    ],
)
def test_a_right_that_is_missing_is_no_fault_of_the_file_whichever_port_it_is_for(site, change, why):
    site.write(**change)
    # A network namespace of its own: the machine may allow low ports to everybody.
    status, said = refused(site, "setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-all", "unshare", "--net")
    assert (status, why in said) == (1, True), said


def test_it_serves_until_it_is_told_to_end_and_leaves_nothing_behind(site):
    with running(site) as ftpair:
        assert ftpair.heard("READY=1")
        sock, greeting = connect(site.port)
        assert greeting == b"220 Hello.\r\n"
        sock.close()
        assert ftpair.api("/readyz").status_code == 200
        children = ftpair.children()
        assert {name: len(pids) for name, pids in children.items()} == {
            "ftpair.app.worker": 2,
            "ftpair.app.prober": 1,
            "ftpair.web": 1,
        }
        limits = Path(f"/proc/{children['ftpair.app.worker'][0]}/limits").read_text()
        assert re.search(r"Max open files +(\d+) +\1 ", limits)
        assert ftpair.end() == 0
        ftpair.heard("STOPPING=1")
        assert not any(is_alive(pid) for pids in children.values() for pid in pids)
        assert not (site.folder / "run" / "ftpair.sock").exists()
        with pytest.raises(ConnectionRefusedError):
            connect(site.port)


def test_a_killed_child_is_replaced_at_once_and_the_others_do_not_notice(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        before = ftpair.children()
        for pids in before.values():
            os.kill(pids[0], signal.SIGKILL)
        died = {pids[0] for pids in before.values()}
        until(lambda: len(now := {pid for pids in ftpair.children().values() for pid in pids}) == 4 and not died & now)
        for _ in range(8):  # Some reach the new worker, some the old one; all are greeted.
            sock, greeting = connect(site.port)
            assert greeting == b"220 Hello.\r\n"
            sock.close()
        status = ftpair.api("/api/v1/status").json()
        assert sorted(worker["restarts"] for worker in status["workers"]) == [0, 1]
        assert before["ftpair.app.worker"][1] in [worker["pid"] for worker in status["workers"]]
        assert ftpair.end() == 0


def sessions_by_worker(ftpair):
    """How many sessions each worker has, by number."""
    rows = ftpair.api("/api/v1/sessions").json()
    return Counter(int(row["id"].partition("-")[0]) for row in rows)


def test_sessions_are_spread_evenly_over_the_workers_also_when_one_was_killed(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        clients = [connect(site.port)[0] for _ in range(8)]
        assert sessions_by_worker(ftpair) == {0: 4, 1: 4}
        victim = next(worker for worker in ftpair.api("/api/v1/status").json()["workers"] if worker["sessions"] == 4)
        os.kill(victim["pid"], signal.SIGKILL)
        until(lambda: all(worker["is_ready"] for worker in ftpair.api("/api/v1/status").json()["workers"]))
        clients += [connect(site.port)[0] for _ in range(6)]
        assert sessions_by_worker(ftpair) == {0: 5, 1: 5}
        passed = "ftpair_connections_passed_on_total"
        until(lambda: re.search(rf"^{passed} [1-9]", ftpair.api("/metrics").text, re.MULTILINE))


def test_a_worker_with_a_shortage_gives_newcomers_to_one_that_has_room(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        short, _other = ftpair.api("/api/v1/status").json()["workers"]
        held = [connect(site.port)[0] for _ in range(4)]
        limits = resource.prlimit(short["pid"], resource.RLIMIT_NOFILE)
        resource.prlimit(short["pid"], resource.RLIMIT_NOFILE, (short["open_fds"] + 5, limits[1]))
        until(lambda: ftpair.api("/api/v1/status").json()["workers"][0]["shortages"] == ["descriptors"])
        held += [connect(site.port)[0] for _ in range(8)]
        assert sessions_by_worker(ftpair) == {0: 2, 1: 10}
        resource.prlimit(short["pid"], resource.RLIMIT_NOFILE, limits)
        until(lambda: not ftpair.api("/api/v1/status").json()["workers"][0]["shortages"])
        held += [connect(site.port)[0] for _ in range(8)]
        assert 8 <= sessions_by_worker(ftpair)[0] <= 12


def test_hangup_brings_a_changed_file_in_and_running_sessions_keep_theirs(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        session, _ = connect(site.port)
        site.write(greeting="Welcome.")
        ftpair.process.send_signal(signal.SIGHUP)
        ftpair.heard("READY=1")
        newcomer, greeting = connect(site.port)
        assert greeting == b"220 Welcome.\r\n"
        session.sendall(b"NOOP\r\n")
        assert session.recv(100).startswith(b"200")
        site.write(more="colour: red")
        answer = ftpair.api("/api/v1/apply", "POST")
        assert answer.status_code >= 400
        assert "colour" in answer.text
        assert ftpair.api("/api/v1/status").json()["revision"] == 2
        assert ftpair.end(signal.SIGINT) == 0
        assert newcomer.recv(100).startswith(b"421")


def test_every_hangup_is_followed_even_one_that_comes_while_a_file_is_applied(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        site.write(greeting="Once.")
        ftpair.process.send_signal(signal.SIGHUP)
        ftpair.heard("RELOADING=1")
        site.write(greeting="Twice.")
        ftpair.process.send_signal(signal.SIGHUP)
        ftpair.heard("READY=1")
        ftpair.heard("READY=1")
        sock, greeting = connect(site.port)
        assert greeting == b"220 Twice.\r\n"
        sock.close()
        assert ftpair.end() == 0


def test_prober_and_api_end_when_their_supervisor_is_killed_and_workers_when_they_are_told_to(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        children = ftpair.children()
        workers = children.pop("ftpair.app.worker")
        ftpair.process.kill()
        until(lambda: not any(is_alive(pid) for pids in children.values() for pid in pids), 10)
        session, _ = connect(site.port)
        for pid in workers:
            os.kill(pid, signal.SIGTERM)
        assert session.recv(100).startswith(b"421")
        until(lambda: not any(is_alive(pid) for pid in workers), 10)


SIZE = 32 * 1024 * 1024


@pytest.fixture
def real_server(site):
    """A real FTP server with one large file."""
    with (site.folder / "large.bin").open("wb") as file:
        file.truncate(SIZE)
    (site.server_port,) = free_ports(1)
    site.write()
    command = [
        sys.executable,
        "-m",
        "pyftpdlib",
        "-i",
        "127.0.0.1",
        "-p",
        str(site.server_port),
        "-d",
        str(site.folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        until(lambda: can_connect(site.server_port))
        yield server
        server.kill()


def can_connect(port):
    with suppress(ConnectionRefusedError, ConnectionResetError):  # A reset is for who still queued at the end.
        return bool(connect(port))
    return False


def begin_download(port):
    client = ftplib.FTP()
    client.connect("127.0.0.1", port, timeout=20)
    client.login()
    return client, client.transfercmd("RETR large.bin")


def bytes_until_the_end(data):
    return sum(map(len, iter(lambda: data.recv(1 << 20), b"")))


def test_a_running_transfer_is_finished_before_the_end(site, real_server):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        client, data = begin_download(site.port)
        ftpair.process.send_signal(signal.SIGTERM)
        ftpair.heard("STOPPING=1")
        until(lambda: not can_connect(site.port))
        assert ftpair.api("/api/v1/status").json()["is_draining"]
        assert ftpair.api("/readyz").status_code == 503
        assert bytes_until_the_end(data) == SIZE
        assert client.voidresp().startswith("226")
        assert ftpair.process.wait(20) == 0


def test_a_supervisor_that_is_killed_costs_no_running_transfer(site, real_server):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        client, data = begin_download(site.port)
        ftpair.process.kill()
        assert bytes_until_the_end(data) == SIZE
        assert client.voidresp().startswith("226")


def test_systemd_leaves_the_children_of_a_killed_supervisor_alone():
    unit = (Path(__file__).parents[2] / "contrib" / "ftpair.service").read_text()
    assert "\nKillMode=process\n" in unit


def test_systemd_does_not_end_all_when_the_kernel_ends_one_for_want_of_memory():
    assert "\nOOMPolicy=continue\n" in (Path(__file__).parents[2] / "contrib" / "ftpair.service").read_text()


def test_systemd_lets_the_file_be_written_that_the_web_ui_changes():
    unit = (Path(__file__).parents[2] / "contrib" / "ftpair.service").read_text()
    assert "\nReadWritePaths=/etc/ftpair\n" in unit


def test_a_second_signal_ends_everything_at_once(site, real_server):
    site.write(more="shutdown_timeout_s: 300")
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        _client, data = begin_download(site.port)
        ftpair.process.send_signal(signal.SIGTERM)
        ftpair.heard("STOPPING=1")
        time.sleep(1)
        assert ftpair.process.poll() is None
        pids = [pid for pids in ftpair.children().values() for pid in pids]
        assert ftpair.end() == 0
        assert not any(is_alive(pid) for pid in pids)
        assert ftpair.log.read_text().count("died") == 0
        data.close()


def test_a_drained_server_stays_drained_over_a_restart(site):
    for is_first in (True, False):
        with running(site) as ftpair:
            ftpair.heard("READY=1")
            if is_first:
                said = ftpair.api("/api/v1/services/VIP/servers/FTP_SVR2/drain", "POST").json()
                assert said == {"sentence": "drain FTP_SVR2: 0 sessions stay, 0 transfers"}
            status = ftpair.api("/api/v1/status").json()
            assert [server["admin"] for server in status["services"][0]["servers"]] == ["online", "drain"]
            assert ftpair.end() == 0


def test_an_invalid_file_is_one_line_per_problem(site):
    site.write(more="colour: red\nshutdown_timeout_s: -1")
    status, said = refused(site)
    assert status == 3
    assert len(said.splitlines()) == 2
    assert all(re.match(r"ftpair: line \d+, (colour|shutdown_timeout_s): ", line) for line in said.splitlines())


def test_a_port_in_use_is_one_sentence(site):
    with socket.socket() as other:
        other.bind(("127.0.0.1", site.port))
        other.listen()
        status, said = refused(site)
    assert status == 1
    assert f"VIP: cannot listen on 127.0.0.1:{site.port} (explicit): the port is in use by" in said
    assert "Traceback" not in said
    assert not (site.folder / "run" / "ftpair.sock").exists()


@pytest.mark.parametrize("engine", ["haproxy", "builtin"])
def test_an_address_that_is_not_on_this_machine_is_one_sentence_whoever_carries_tcp_mode(site, engine):
    site.path.write_text(f"""
paths: {{runtime: {site.folder}/run, state: {site.folder}/state}}
virtual_services:
  VIP:
    mode: tcp
    engine: {engine}
    address: 192.0.2.1
    ports: {{explicit: {site.port}, passive: 20000-20027}}
    health: {{check: "off"}}
    real_servers: {{A: {{address: 127.0.0.2}}}}
""")
    status, said = refused(site)
    assert status == 1
    sentence = f"VIP: cannot listen on 192.0.2.1:{site.port} (explicit): the address is not on this machine; add it"
    assert said.count("cannot") == 1
    assert sentence in said


@pytest.mark.parametrize("form", ["json", "auto", "text"])
def test_why_it_does_not_start_is_a_line_of_the_log(site, form):
    site.write(more=f"log: {{format: {form}}}")
    with socket.create_server(("127.0.0.1", site.port)):
        status, said = refused(site)
    assert status == 1
    if form == "text":
        assert said.splitlines()[-1].startswith("ftpair: VIP: cannot listen on 127.0.0.1")
    else:
        last = [json.loads(line) for line in said.splitlines()][-1]
        assert last["level"] == "error"
        assert last["event"].startswith("VIP: cannot listen on 127.0.0.1")


def test_a_second_ftpair_is_refused_and_the_first_goes_on(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        status, said = refused(site)
        assert (status, "ftpair runs already" in said) == (1, True)
        assert ftpair.api("/livez").status_code == 200


def test_workers_that_cannot_start_are_one_sentence(site):
    (site.folder / "broken").mkdir()
    (site.folder / "broken" / "uvloop.py").write_text("raise SystemExit('no loop')")
    status, said = refused(site, PYTHONPATH=f"{site.folder / 'broken'}:{os.environ.get('PYTHONPATH', '')}")
    assert status == 1
    assert "worker 0, worker 1 cannot start; the lines above say why" in said


def test_the_log_tells_the_life_of_every_child(site):
    site.write(more="log: {format: json}")
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        assert ftpair.end() == 0
        lines = [json.loads(line) for line in ftpair.log.read_text().splitlines()]
    assert {line.get("child") for line in lines} >= {"worker 0", "worker 1", "prober", "api"}


def test_an_haproxy_that_answers_nonsense_does_not_end_the_supervisor(site):
    site.path.write_text(f"""
paths: {{runtime: {site.folder}/run, state: {site.folder}/state}}
virtual_services:
  VIP:
    mode: tcp
    engine: haproxy
    address: 127.0.0.1
    ports: {{explicit: {site.port}, passive: 20000-20027}}
    health: {{check: "off"}}
    real_servers: {{A: {{address: 127.0.0.2}}}}
""")
    nonsense = {
        "show proc": b"4194301 master 0 [failed: 0] 0d 2.6.12\n# workers\n4194302 worker 0 0d 2.6.12\n\n",
        "@!4194302 show stat": b"# pxname,svname,\nVIP,A,\n\n",
    }
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        (master,) = site.folder.rglob("master.sock")
        away = master.rename(master.with_name("away"))
        try:
            with answering(master, lambda command: [nonsense.get(command, b"\n")]):
                until(lambda: ftpair.log.read_text().count("a look at HAProxy failed") > 1)
            assert ftpair.api("/api/v1/status").status_code == 200
        finally:
            away.rename(master)
            assert ftpair.end() == 0


def test_a_refusal_stands_in_the_audit_trail(site):
    site.write(more="    limits: {sessions_per_address: 1}\n", workers=1)
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        with socket.create_connection(("127.0.0.1", site.port), 20) as first:
            assert first.recv(500).startswith(b"220")
            with socket.create_connection(("127.0.0.1", site.port), 20) as second:
                assert second.recv(500).startswith(b"421")
        until(lambda: "ftpair_refusals_total{" in ftpair.api("/metrics").text)
        assert ftpair.end() == 0
    trail = Audit(site.folder / "state" / "audit.sqlite", print)
    (row,) = trail.page(GetAudit(action="refuse"))
    trail.close()
    assert (row.name, row.subject, row.outcome) == ("ftpair", "VIP", "happened")
    assert row.sentence.startswith("1 refusal for ")
