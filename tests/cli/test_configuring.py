"""`apply`, `confirm`, `diff`, `revisions`, `rollback`."""

import json
import re
import time

import pytest

from ftpair.core.actions import (
    Applied,
    Apply,
    ConfigurationIs,
    Confirm,
    GetConfiguration,
    GetRevisions,
    GetStatus,
    Problem,
    Refused,
    RevisionsAre,
    RollBack,
    StatusIs,
)
from ftpair.core.revisions import Revision, Unconfirmed
from tests.api.supervisor import node


@pytest.fixture(autouse=True)
def anna(monkeypatch):
    """She has become root with sudo."""
    monkeypatch.setenv("SUDO_USER", "anna")


def test_apply_tells_its_steps_on_stdout_and_the_rest_on_stderr(ftpair, supervisor):
    ran = ftpair("apply")
    assert (ran.status, ran.out, ran.err) == (0, "add server FTP_SVR3 to FTPS_VIP\n", "Revision 5 runs.\n")
    assert supervisor.actions == [Apply(dry_run=False, author="anna")]


def test_a_dry_run_says_that_nothing_was_changed(ftpair, supervisor):
    ran = ftpair("apply", "--dry-run")
    assert ran.err == "Nothing was changed; this would be revision 5.\n"
    assert supervisor.actions == [Apply(dry_run=True, author="anna")]


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
def test_an_equal_file_is_nothing_to_change(ftpair, supervisor, how):
    supervisor.answers[Apply] = Applied(4, ())
    ran = ftpair("apply", *how)
    assert (ran.status, ran.out, ran.err) == (0, "", "The file is what revision 4 already runs.\n")


def test_apply_as_json(ftpair, supervisor):
    assert json.loads(ftpair("apply", "--json").out) == {
        "revision": 5,
        "dry_run": False,
        "steps": ["add server FTP_SVR3 to FTPS_VIP"],
        "warnings": [],
        "confirm_until": 0.0,
    }


ODD = Problem("virtual_services.A.ports.passive", "overlaps what the kernel gives away: choose others", 7)


@pytest.mark.parametrize(
    ("steps", "how", "last"),
    [
        (("step",), (), "Revision 5 runs."),
        (("step",), ("--dry-run",), "Nothing was changed; this would be revision 5."),
        ((), (), "The file is what revision 5 already runs."),
    ],
)
def test_warnings_are_no_steps_and_stand_on_stderr(ftpair, supervisor, steps, how, last):
    supervisor.answers[Apply] = Applied(5, steps, (ODD,))
    ran = ftpair("apply", *how)
    assert (ran.status, ran.out.splitlines()) == (0, list(steps))
    assert ran.err.splitlines() == [f"warning: line 7, {ODD.path}: {ODD.sentence}", last]


def test_json_of_apply_has_warnings_of_their_own(ftpair, supervisor):
    supervisor.answers[Apply] = Applied(5, (), (ODD,))
    done = json.loads(ftpair("apply", "--json").out)
    assert (done["steps"], done["warnings"]) == ([], [{"path": ODD.path, "sentence": ODD.sentence, "line": 7}])


def test_an_invalid_file_exits_with_3_and_tells_every_place(ftpair, supervisor):
    problems = (Problem("virtual_services.A.ports", "is wrong", 7), Problem("", "is not YAML", 0))
    supervisor.answers[Apply] = Refused("invalid", "ftpair.yaml has 2 problems", problems)
    ran = ftpair("apply")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err.splitlines() == [
        "line 7, virtual_services.A.ports: is wrong",
        "is not YAML",
        "ftpair: The configuration is invalid; nothing was changed.",
    ]


@pytest.mark.parametrize(("kind", "status"), [("setup", 1), ("busy", 1), ("internal", 1)])
def test_a_refused_change_exits_with_1_and_its_sentence(ftpair, supervisor, kind, status):
    supervisor.answers[Apply] = Refused(kind, "port 21 is in use: stop what listens there")
    ran = ftpair("apply")
    assert (ran.status, ran.err) == (status, "ftpair: port 21 is in use: stop what listens there\n")


def test_an_apply_may_wait_to_be_confirmed(ftpair, supervisor):
    supervisor.answers[Apply] = Applied(5, ("step",), confirm_until=time.time() + 119.6)
    ran = ftpair("apply", "--confirm", "120", "-m", "new server")
    said = re.fullmatch(r"Revision 5 runs for (\d+) s, and stays if `ftpair confirm` comes before that\.\n", ran.err)
    assert 60 < int(said[1]) <= 120
    assert supervisor.actions == [Apply(False, "anna", "new server", 120.0)]


def test_confirm(ftpair, supervisor):
    assert ftpair("confirm").out == "revision 5 is confirmed and stays\n"
    supervisor.answers[Confirm] = Refused("not-found", "nothing waits to be confirmed")
    ran = ftpair("confirm")
    assert (ran.status, ran.err) == (1, "ftpair: nothing waits to be confirmed\n")


def test_status_tells_what_waits(ftpair, supervisor):
    waiting = Unconfirmed(5, 4, time.time() + 59)
    supervisor.answers[GetStatus] = StatusIs(node(unconfirmed=waiting))
    assert "revision 4 comes back in 5" in ftpair("status").out


def test_diff_compares_what_runs_with_the_file(ftpair, supervisor):
    ran = ftpair("diff")
    assert ran.out.splitlines()[:2] == ["--- revision 4, running", "+++ /etc/ftpair/ftpair.yaml"]
    assert supervisor.actions == [GetConfiguration("running"), GetConfiguration("file")]
    assert json.loads(ftpair("diff", "3", "running", "--json").out)["later"] == "revision 4, running"


def test_diff_of_equals_says_so(ftpair, supervisor):
    supervisor.answers[GetConfiguration] = lambda action: ConfigurationIs(action.which, "a: 1\n", '"a"')
    ran = ftpair("diff", "3", "4")
    assert (ran.status, ran.out, ran.err) == (0, "", "3 and 4 say the same.\n")


def test_a_control_character_of_a_file_does_not_reach_the_terminal(ftpair, supervisor):
    supervisor.answers[GetConfiguration] = lambda action: ConfigurationIs(
        action.which, f"# {action.which}\x1b[2J", '"a"'
    )
    assert "\x1b" not in ftpair("diff").out


def test_revisions_are_a_table(ftpair, supervisor):
    rows = (
        Revision(12, 1_700_000_000.0, "anna", "new server", 1_700_000_001.0),
        Revision(11, 1_600_000_000.0, "file", ""),
    )
    supervisor.answers[GetRevisions] = RevisionsAre(rows)
    lines = ftpair("revisions", "-n", "2").out.splitlines()
    assert lines[0].split() == ["REVISION", "MADE", "BY", "APPLIED", "COMMENT"]
    assert lines[1].split()[0] == "12"
    assert lines[1].endswith("new server")
    assert "never" in lines[2]
    assert supervisor.actions == [GetRevisions(2)]


def test_rollback(ftpair, supervisor):
    ran = ftpair("rollback", "3", "-m", "it was better")
    assert (ran.out, ran.err) == ("add server FTP_SVR3 to FTPS_VIP\n", "Revision 7 runs.\n")
    assert supervisor.actions == [RollBack(3, "anna", "it was better")]


def test_rollback_to_nothing_fails(ftpair, supervisor):
    supervisor.answers[RollBack] = Refused("not-found", "there is no revision 99; `ftpair revisions` lists them")
    ran = ftpair("rollback", "99")
    assert (ran.status, ran.err) == (1, "ftpair: there is no revision 99; `ftpair revisions` lists them\n")
