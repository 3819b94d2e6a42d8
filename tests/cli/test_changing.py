"""`drain`, `halt`, `online`, `kill`."""

import json

import pytest

from ftpair.core.actions import GetStatus, KillSession, Said, SetAdmin, StatusIs
from ftpair.core.drain import DrainStatus
from ftpair.core.status import Admin
from tests.api.supervisor import node, server, service
from tests.cli.terminal import Terminal


@pytest.mark.parametrize(
    ("command", "admin"),
    [(["drain"], Admin.DRAIN), (["halt", "--yes"], Admin.HALT), (["online"], Admin.ONLINE)],
)
def test_the_supervisors_sentence_is_what_is_said(ftpair, supervisor, command, admin):
    ran = ftpair(*command, "FTPS_VIP", "FTP_SVR2")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"{admin.value} FTP_SVR2: 3 sessions stay, 1 transfer\n"
    assert supervisor.actions == [SetAdmin("FTPS_VIP", "FTP_SVR2", admin)]


def test_the_service_may_be_left_out_where_the_servers_name_is_unique(ftpair, supervisor):
    assert ftpair("drain", "FTP_SVR9").status == 0
    assert supervisor.actions[-1] == SetAdmin("OTHER_VIP", "FTP_SVR9", Admin.DRAIN)


def test_a_name_that_two_services_have_is_wrong_use_and_changes_nothing(ftpair, supervisor):
    ran = ftpair("drain", "FTP_SVR1")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "ftpair: Services FTPS_VIP, OTHER_VIP have a server FTP_SVR1 each; say which: FTPS_VIP FTP_SVR1.\n"
    )
    assert supervisor.actions == [GetStatus()]


def test_a_name_that_nobody_has_fails_with_the_names_there_are(ftpair, supervisor):
    ran = ftpair("drain", "NONE")
    assert ran.status == 1
    assert "FTPS_VIP FTP_SVR2" in ran.err


def test_the_name_of_a_service_alone_is_wrong_use_and_its_servers_are_told(ftpair, supervisor):
    ran = ftpair("drain", "FTPS_VIP")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "ftpair: FTPS_VIP is a service; name one of its servers: FTP_SVR1, FTP_SVR2.\n"


def test_a_name_that_is_nearly_right_is_suggested(ftpair, supervisor):
    ran = ftpair("drain", "ftp_svr9")
    assert (ran.status, ran.err) == (1, "ftpair: No service has a real server ftp_svr9. Did you mean FTP_SVR9?\n")
    assert supervisor.actions == [GetStatus()]


def test_three_names_are_wrong_use(ftpair, supervisor):
    assert ftpair("drain", "A", "B", "C").status == 2
    assert supervisor.actions == []


def test_json_carries_the_sentence(ftpair, supervisor):
    ran = ftpair("drain", "FTPS_VIP", "FTP_SVR2", "--json")
    assert json.loads(ran.out) == {"sentence": "drain FTP_SVR2: 3 sessions stay, 1 transfer"}


def test_a_sentence_made_to_hurt_is_escaped(ftpair, supervisor):
    supervisor.answers[SetAdmin] = Said("done \x1b[2J")
    assert ftpair("drain", "FTPS_VIP", "X").out == "done \\x1b[2J\n"


def test_names_with_slashes_and_dots_stay_one_name(ftpair, supervisor):
    supervisor.answers[KillSession] = Said("done")
    assert ftpair("kill", "--yes", "a b?c#d%2e").status == 0
    assert supervisor.actions == [KillSession("a b?c#d%2e")]


@pytest.mark.parametrize("command", [("halt", "FTPS_VIP", "FTP_SVR2"), ("kill", "0-1f")])
def test_without_a_terminal_to_ask_on_nothing_is_ended(ftpair, supervisor, command):
    ran = ftpair(*command)
    assert (ran.status, ran.out) == (2, "")
    assert "say --yes" in ran.err
    assert supervisor.actions == []


@pytest.mark.parametrize(
    ("keys", "status", "actions"), [("y\n", 0, [KillSession("0-1f")]), ("n\n", 1, []), ("\n", 1, [])]
)
def test_on_a_terminal_a_person_is_asked(supervisor, keys, status, actions):
    terminal = Terminal(["kill", "0-1f"])
    terminal.wait_for("[y/N]")
    terminal.type(keys)
    assert terminal.end().status == status
    assert supervisor.actions == actions


def test_kill_ends_a_session(ftpair, supervisor):
    ran = ftpair("kill", "0-1f", "--yes")
    assert (ran.status, ran.out) == (0, "kill 0-1f: ended\n")


def test_a_session_that_is_gone_fails(ftpair, supervisor):
    ran = ftpair("kill", "9-9", "--yes")
    assert (ran.status, ran.err) == (1, "ftpair: no session 9-9\n")


class Emptying:
    """A node whose FTP_SVR2 loses a session with every look, and its transfer with the last."""

    def __init__(self, sessions, admin=Admin.DRAIN, drain=None):
        self.sessions, self.admin, self.drain = sessions, admin, drain

    def __call__(self, _action):
        now, self.sessions = self.sessions, max(0, self.sessions - 1)
        figures = {"sessions": now, "transfers": min(now, 1), "drain": self.drain}
        return StatusIs(node(services=(service(servers=(server("FTP_SVR2", admin=self.admin, **figures),)),)))


def test_drain_can_wait_until_the_server_is_empty(ftpair, supervisor):
    supervisor.answers[GetStatus] = Emptying(3)
    ran = ftpair("drain", "FTP_SVR2", "--wait", "--timeout", "30")
    assert ran.status == 0
    assert ran.out == "drain FTP_SVR2: 3 sessions stay, 1 transfer\n"
    assert ran.err.splitlines() == [
        "FTP_SVR2: 2 sessions, 1 transfer left",
        "FTP_SVR2: 1 session, 1 transfer left",
        "FTP_SVR2: no sessions, no transfers left",
    ]


def test_a_deadline_that_is_not_met_exits_with_8_and_the_drain_goes_on(ftpair, supervisor):
    ran = ftpair("drain", "FTPS_VIP", "FTP_SVR1", "--wait", "--timeout", "0")
    # The node of the test does not change: the server is online all the time.
    assert ran.status == 5
    supervisor.answers[GetStatus] = Emptying(1000)
    ran = ftpair("drain", "FTPS_VIP", "FTP_SVR2", "--wait", "--timeout", "0.2")
    assert ran.status == 8
    assert ran.err.splitlines()[-1] == (
        "ftpair: After 0.2 s FTP_SVR2 still has 999 sessions, 1 transfer; it goes on draining."
    )


def test_who_waits_hears_that_somebody_else_brought_the_server_online(ftpair, supervisor):
    supervisor.answers[GetStatus] = Emptying(1000, admin=Admin.ONLINE)
    ran = ftpair("drain", "FTPS_VIP", "FTP_SVR2", "--wait")
    assert ran.status == 5
    assert "Somebody else brought FTP_SVR2 online again" in ran.err


def test_a_timeout_without_wait_is_wrong_use(ftpair, supervisor):
    assert ftpair("drain", "FTP_SVR2", "--timeout", "3").status == 2
    assert supervisor.actions == []


def test_a_drain_has_its_way_and_its_deadline(ftpair, supervisor):
    assert ftpair("drain", "FTPS_VIP", "FTP_SVR2", "--wait-for", "transfers", "--deadline", "300").status == 0
    assert supervisor.actions == [SetAdmin("FTPS_VIP", "FTP_SVR2", Admin.DRAIN, wait_for="transfers", deadline_s=300.0)]


def test_a_deadline_that_had_to_end_sessions_exits_with_8(ftpair, supervisor):
    cut = DrainStatus("transfers", 0.0, 1.0, 0, 2, "drain FTP_SVR2: done, 2 sessions ended at the deadline")
    supervisor.answers[GetStatus] = Emptying(1, drain=cut)
    ran = ftpair("drain", "FTPS_VIP", "FTP_SVR2", "--wait")
    assert ran.status == 8
    assert "its deadline ended 2 sessions" in ran.err


def test_a_drain_is_watched_with_a_bar_and_its_sentence(supervisor):
    sentence = "drain FTP_SVR2: 3 sessions stay, 2 transfers move (1.2 GiB so far), 4 min 0 s left"
    supervisor.answers[GetStatus] = Emptying(3, drain=DrainStatus("transfers", 0.0, 240.0, 1 << 30, 0, sentence))
    terminal = Terminal(["drain", "FTPS_VIP", "FTP_SVR2", "--watch", "0.2"])
    terminal.wait_for("2 transfers move")
    assert terminal.end().status == 0


def test_without_a_terminal_who_watches_reads_lines(ftpair, supervisor):
    supervisor.answers[GetStatus] = Emptying(2)  # Names are looked up first.
    ran = ftpair("drain", "FTP_SVR2", "--watch", "0.1")
    assert ran.err.splitlines() == ["FTP_SVR2: 1 session, 1 transfer left", "FTP_SVR2: no sessions, no transfers left"]


def test_ctrl_c_ends_the_waiting_and_says_that_the_drain_goes_on(supervisor):
    supervisor.answers[GetStatus] = Emptying(1000)
    terminal = Terminal(["drain", "FTPS_VIP", "FTP_SVR2", "--wait"])
    terminal.wait_for("sessions, 1 transfer left")
    terminal.type("\x03")
    seen = terminal.end()
    assert seen.status == 6
    assert "No longer waiting; FTP_SVR2 goes on draining." in seen.text
