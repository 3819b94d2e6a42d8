"""`status`, `sessions`, `transfers`."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ftpair.cli.sheet import Cell, Line, Table
from ftpair.cli.views import BAD, GOOD, WARN, service_sheet
from ftpair.core.actions import ClientsAre, GetClients, GetSessions, GetStatus, SessionTable, StatusIs
from ftpair.core.clientele import Seen, client_rows
from ftpair.core.status import Admin, CertificateStatus, Health, PoolQuorum
from tests.api.supervisor import node, server, service, session, transfer
from tests.cli.terminal import Terminal, on_terminal


def test_status_shows_the_node_and_every_service_with_its_servers(ftpair, supervisor):
    ran = ftpair("status")
    assert ran.status == 0
    assert ran.err == ""
    lines = ran.out.splitlines()
    assert lines[0].startswith("ftpair 0.1.0 is ready, revision 4, up ")
    assert lines[1] == "last apply: revision 4: 2 steps"
    assert lines[3:9] == [
        "FTPS_VIP  serving: 2 of 2 servers take new sessions",
        "  192.0.2.10, explicit 21, implicit 990, passive 1025-1052, mode ftp, least-sessions",
        "  6 of 500 sessions, 2 transfers, 120.5 MiB/s",
        "  passive ports [######------------------] 7 of 28 waiting for a connection",
        "  certificate files 88 days left",
        lines[8],
    ]
    assert lines[8].split() == (
        ["SERVER", "ADDRESS", "TLS", "ADMIN", "HEALTH", "FOR", "WEIGHT", "SESSIONS", "TRANSFERS", "RATE", "WHY"]
    )
    assert lines[9].startswith("  FTP_SVR1  10.0.0.11:21  off  online  up")
    assert lines[10].endswith("connection refused")
    assert lines[12].startswith("OTHER_VIP  serving")


@pytest.mark.parametrize(
    ("days", "words", "style"),
    [(88, "88 days left", GOOD), (29, "29 days left", WARN), (1, "1 day left", BAD), (-1, "has expired", BAD)],
)
def test_a_certificate_says_how_long_it_lasts(days, words, style):
    shown = service(certificates=(CertificateStatus("files", 0.0, days),))
    cells = [cell for part in service_sheet(shown, 0.0) if isinstance(part, Line) for cell in part.cells]
    assert Cell(words, style) in cells


def test_a_quorum_is_told_lost_or_met_and_a_backup_beside_its_weight():
    lost = PoolQuorum("default", 2, 1, is_met=False, sentence="quorum of pool default is lost")
    met = PoolQuorum("new", 1, 1, is_met=True, sentence="quorum of pool new is met")
    shown = service(quorums=(lost, met), servers=(server("S", is_backup=True),), certificates=())
    sheet = service_sheet(shown, 0.0)
    cells = [cell for part in sheet if isinstance(part, Line) for cell in part.cells]
    assert Cell(lost.sentence, BAD) in cells
    assert Cell(met.sentence, GOOD) in cells
    assert any(Cell("100 backup") in row for part in sheet if isinstance(part, Table) for row in part.rows)


def test_bad_days_are_told_in_words(ftpair, supervisor):
    halted = server("S", admin=Admin.HALT, health=Health.UNKNOWN, max_sessions=10, since=0)
    dead = service(is_serving=False, reason="no server is up", servers=(halted,), implicit=None, max_sessions=0)
    supervisor.answers[GetStatus] = StatusIs(node(is_ready=False, services=(dead,), last_apply=""))
    out = ftpair("status").out
    assert "is not ready, revision 4" in out
    assert "last apply" not in out
    assert "FTPS_VIP  not serving: no server is up" in out
    assert "implicit" not in out
    assert "halt   unknown" in out
    assert "3/10" in out


def test_a_draining_node_and_lost_workers_are_told(ftpair, supervisor):
    (worker,) = node().workers
    lost = [worker, type(worker)(1, 0, is_ready=False, sessions=0, restarts=2, loop_lag_seconds=0, open_fds=0)]
    supervisor.answers[GetStatus] = StatusIs(node(is_draining=True, workers=tuple(lost)))
    assert "is draining," in ftpair("status").out
    assert "2 workers (1 ready), 2 restarts of workers" in ftpair("status").out


def test_a_worker_that_refuses_new_sessions_is_told_with_the_reason(ftpair, supervisor):
    (worker,) = node().workers
    supervisor.answers[GetStatus] = StatusIs(node(workers=(replace(worker, shortages=("descriptors",)),)))
    sentence = "Worker 0 refuses new sessions: no descriptors are left for further sessions"
    assert sentence in ftpair("status").out.splitlines()


def test_status_of_one_service_shows_only_that(ftpair, supervisor):
    out = ftpair("status", "OTHER_VIP").out
    assert out.startswith("OTHER_VIP  serving")
    assert "FTPS_VIP" not in out


def test_what_an_apply_removed_is_shown_while_sessions_stay(ftpair, supervisor):
    gone = server("FTP_SVR3", health=Health.UNKNOWN, reason="removed: its sessions end by themselves")
    living = service(removed_servers=(gone,))
    removed = service("OLD_VIP", is_serving=False, reason="removed", servers=(), removed_servers=(gone,))
    supervisor.answers[GetStatus] = StatusIs(node(services=(living,), removed_services=(removed,)))
    out = ftpair("status").out
    assert out.index("FTPS_VIP  serving") < out.index("OLD_VIP  not serving: removed")
    (row,) = [row.split() for row in ftpair("status", "OLD_VIP").out.splitlines() if "FTP_SVR3" in row]
    assert row[3:5] == ["removed", "-"]
    assert "FTP_SVR3" in ftpair("status", "FTPS_VIP").out
    rows = session(removed="service"), session(removed="server", id="1-3")
    supervisor.answers[GetSessions] = SessionTable(rows, ())
    assert "FTPS_VIP (removed)" in ftpair("sessions").out
    assert "FTP_SVR1 (removed)" in ftpair("sessions").out


def test_a_session_that_survived_its_server_tells_where_it_was(ftpair, supervisor):
    supervisor.answers[GetSessions] = SessionTable((session(rescued_from="FTP_SVR2"),), ())
    assert "FTP_SVR1 (rescued from FTP_SVR2)" in ftpair("sessions").out


def test_an_unknown_service_fails_with_the_names_there_are(ftpair, supervisor):
    ran = ftpair("status", "NONE")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "ftpair: There is no virtual service NONE; there is FTPS_VIP, OTHER_VIP.\n"


@pytest.mark.parametrize(
    ("command", "path"),
    [("status", "status"), ("sessions", "sessions"), ("transfers", "transfers")],
)
def test_json_is_what_the_api_says(ftpair, supervisor, command, path):
    ran = ftpair(command, "--json")
    with supervisor.http() as http:
        assert json.loads(ran.out) == http.get(f"/api/v1/{path}").json()
    assert (ran.status, ran.err) == (0, "")


def test_sessions_come_oldest_first(ftpair, supervisor):
    supervisor.answers[GetSessions] = SessionTable((session(id="new", seconds=1), session(id="old", seconds=9)), ())
    assert [row.split()[0] for row in ftpair("sessions").out.splitlines()] == ["SESSION", "old", "new"]


def test_a_session_before_its_login_has_dashes(ftpair, supervisor):
    supervisor.answers[GetSessions] = SessionTable((session(user="", server=""),), ())
    assert ftpair("sessions").out.splitlines()[1].split()[2] == "-"


def test_sessions_and_transfers_can_be_narrowed(ftpair, supervisor):
    assert len(ftpair("sessions", "--user", "bob").out.splitlines()) == 2
    assert len(ftpair("sessions", "--service", "OTHER_VIP", "--server", "FTP_SVR9").out.splitlines()) == 1
    assert len(ftpair("sessions", "--user", "nobody").out.splitlines()) == 1
    assert len(ftpair("transfers", "--service", "FTPS_VIP").out.splitlines()) == 2


@pytest.mark.parametrize("command", ["sessions", "transfers"])
def test_who_looks_for_a_user_is_told_where_tls_hides_the_names(ftpair, supervisor, command):
    assert ftpair(command, "--user", "nobody").err == ""
    supervisor.answers[GetStatus] = StatusIs(node(services=(service("TCP_VIP", mode="tcp"), service("FTP_VIP"))))
    for words in ((), ("--service", "TCP_VIP")):
        ran = ftpair(command, "--user", "nobody", *words)
        assert (ran.status, len(ran.out.splitlines())) == (0, 1)
        assert ran.err == "TLS hides the users of TCP_VIP (mode: tcp), so --user finds nobody there: leave it out\n"
    assert ftpair(command, "--user", "nobody", "--service", "FTP_VIP").err == ""
    assert json.loads(ftpair(command, "--user", "nobody", "--json").out) == []


@pytest.mark.parametrize("command", ["sessions", "transfers"])
@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (("--service", "NONE"), "There is no virtual service NONE; there is FTPS_VIP, OTHER_VIP."),
        (("--server", "NONE"), "There is no real server NONE; there is FTP_SVR1, FTP_SVR2, FTP_SVR9."),
        (
            ("--service", "OTHER_VIP", "--server", "NONE"),
            "Service OTHER_VIP has no real server NONE; there is FTP_SVR1, FTP_SVR9.",
        ),
    ],
)
def test_rows_of_a_name_that_nothing_has_are_an_error(ftpair, supervisor, command, wanted, sentence):
    ran = ftpair(command, *wanted)
    assert (ran.status, ran.out, ran.err) == (1, "", f"ftpair: {sentence}\n")


def test_sessions_of_a_server_that_was_taken_out_are_still_shown(ftpair, supervisor):
    supervisor.answers[GetSessions] = SessionTable((session(server="GONE"),), ())
    assert ftpair("sessions", "--server", "GONE").status == 0


def test_transfers_show_which_file_which_way_how_fast(ftpair, supervisor):
    row = ftpair("transfers").out.splitlines()[1]
    assert "RETR  100.0 MiB  2.0 s  50.0 MiB/s  backup.tar" in row


HOSTILE = "[red]\x1b[2J\u202e<b>"


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_s18_hostile_names_do_not_reach_the_output(ftpair, supervisor, how):
    supervisor.answers[GetSessions] = SessionTable((session(user=HOSTILE, command=HOSTILE),), (transfer(path=HOSTILE),))
    for command in ("sessions", "transfers"):
        out = ftpair(command, *how).out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "[red]" in out


def test_s18_hostile_names_do_not_reach_the_terminal(supervisor):
    supervisor.answers[GetSessions] = SessionTable((session(user=HOSTILE),), ())
    seen = on_terminal("sessions", columns=200)
    assert "\x1b[2J" not in seen.text
    assert "\u202e" not in seen.text
    assert r"[red]\x1b[2J\u202e<b>" in seen.text


def test_a_terminal_gets_colours_and_a_bar(supervisor):
    seen = on_terminal("status")
    assert seen.status == 0
    assert "\x1b[32monline" in seen.text
    assert "██████" in seen.text


def test_no_color_is_obeyed(supervisor):
    seen = on_terminal("status", NO_COLOR="1")
    assert "\x1b[32m" not in seen.text
    assert "online" in seen.text


def test_a_narrow_terminal_shows_what_matters(supervisor):
    seen = on_terminal("status", columns=60, NO_COLOR="1")
    table = next(row for row in seen.text.splitlines() if "SERVER" in row)
    assert "HEALTH" in table
    assert "ADDRESS" not in table


def test_80_columns_tell_why_a_server_is_down(supervisor):
    why = "down: connect refused (3 of 3 checks failed)"
    servers = (server("FTP_SVR1"), server("FTP_SVR2", health=Health.DOWN, reason=why))
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(servers=servers),)))
    assert f"  FTP_SVR2 is {why}" in on_terminal("status", columns=80, NO_COLOR="1").text
    assert "FTP_SVR2 is" not in on_terminal("status", columns=200, NO_COLOR="1").text


def test_what_is_amiss_with_a_server_that_is_up_is_told_too(ftpair, supervisor):
    warning = "certificate of FTP_SVR1 expires in 6 days"
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(servers=(server("A", warnings=(warning,)),)),)))
    assert f"  {warning}\n" in ftpair("status").out
    assert warning in on_terminal("status", columns=80, NO_COLOR="1").text


@pytest.mark.parametrize(("command", "sentence"), [("sessions", "No sessions."), ("transfers", "No transfers.")])
def test_a_terminal_is_told_that_there_is_none_and_a_pipe_gets_the_titles(ftpair, supervisor, command, sentence):
    supervisor.answers[GetSessions] = SessionTable((), ())
    assert on_terminal(command).text.strip() == sentence
    (titles,) = ftpair(command).out.splitlines()
    assert titles.startswith("SESSION  SERVICE  USER")


def test_watch_shows_it_again_until_ctrl_c_which_is_a_good_end(supervisor):
    terminal = Terminal(["status", "--watch", "0.2"])
    terminal.wait_for("2 of 2 servers")
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(reason="changed meanwhile"),)))
    terminal.wait_for("changed meanwhile")
    terminal.type("\x03")
    assert terminal.end().status == 0


def test_watch_outlives_an_api_that_does_not_answer(supervisor):
    terminal = Terminal(["status", "--watch", "0.2"], FTPAIR_SOCKET=str(supervisor.path))
    terminal.wait_for("2 of 2 servers")
    moved = supervisor.path.rename(supervisor.path.with_name("away"))
    supervisor.process.kill()
    terminal.wait_for("No ftpair answers")
    assert "2 of 2 servers" in terminal.text
    supervisor.start_api()
    moved.rename(supervisor.path)
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(reason="back again"),)))
    terminal.wait_for("back again")
    terminal.type("\x03")
    assert terminal.end().status == 0


def test_watch_as_json_is_one_value_a_line(supervisor):
    command = [sys.executable, "-m", "ftpair.cli.main", "sessions", "--watch", "0.1", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(3)]
        process.terminate()
    assert [json.loads(each)[0]["id"] for each in lines] == ["0-1f"] * 3


def test_watch_into_a_pipe_is_one_sheet_after_the_other(supervisor):
    command = [sys.executable, "-m", "ftpair.cli.main", "sessions", "--watch", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(5)]
        process.terminate()
    assert lines[0] == lines[4]
    assert lines[3] == "\n"


def test_the_socket_may_be_named_by_an_option(ftpair, supervisor, monkeypatch):
    monkeypatch.delenv("FTPAIR_SOCKET")
    assert ftpair("status", "--socket", str(supervisor.path)).status == 0


def test_proxies_of_the_environment_are_left_aside(ftpair, supervisor, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert ftpair("status").status == 0


def test_clients_shows_who_resumes_and_who_would_break(ftpair, supervisor):
    lines = ftpair("clients").out.splitlines()
    assert lines[0].split() == (
        ["SERVICE", "CLIENT", "USER", "PROGRAM", "TLS", "RESUMED", "NOT", "CLEAR", "AGO", "IF", "REQUIRED"]
    )
    assert lines[1].split()[:8] == ["FTPS_VIP", "198.51.100.7", "alice", "FileZilla", "TLSv1.3", "12", "0", "0"]
    assert lines[1].endswith("would work: 12 data connections resumed the session's TLS")
    assert lines[2].endswith("would break: it never resumes the session's TLS")
    assert "alice" not in ftpair("clients", "--service", "OTHER_VIP").out


def test_the_documentation_shows_clients_as_they_are_shown(ftpair, supervisor):
    now = time.time()
    supervisor.answers[GetClients] = ClientsAre(
        client_rows(
            (
                Seen("FTPS_VIP", "198.51.100.7", "alice", "FileZilla", resumed=12, tls="TLSv1.3", at=now - 30),
                Seen("FTPS_VIP", "198.51.100.9", "batch", "", not_resumed=3, tls="TLSv1.2", at=now - 7240),
            )
        )
    )
    shown = "\n".join(line.rstrip() for line in ftpair("clients").out.splitlines())
    document = (Path(__file__).parents[2] / "docs" / "data-binding.md").read_text(encoding="utf-8")
    assert f"$ ftpair clients\n{shown}\n" in document, shown


def test_clients_are_given_as_json(ftpair, supervisor):
    rows = json.loads(ftpair("clients", "--json").out)
    assert [row["would_break"] for row in rows] == [False, True]


def test_former_workers_are_told_with_their_sessions(ftpair, supervisor):
    (worker,) = node().workers
    supervisor.answers[GetStatus] = StatusIs(node(workers=(worker, replace(worker, is_former=True, sessions=3))))
    assert "1 worker, 1 former worker with 3 sessions\n" in ftpair("status").out


def test_what_former_workers_have_left_is_told_by_the_one_that_ends_first(ftpair, supervisor):
    (worker,) = node().workers
    former = [replace(worker, is_former=True, ends_at=ends_at) for ends_at in (0.0, time.time() + 7205, 4e9)]
    supervisor.answers[GetStatus] = StatusIs(node(workers=(worker, *former)))
    assert ", 3 former workers with 18 sessions (2 h 0 min left)" in ftpair("status").out
